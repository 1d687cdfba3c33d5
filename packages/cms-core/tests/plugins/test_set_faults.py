"""Faults of the set: found from metadata and by importing, before any hook is called."""

import sys
from collections.abc import Callable
from typing import Any

import pytest

from cms_core import CMS
from cms_core.faults import Fault

Faults = Callable[..., list[Fault]]
Build = Callable[..., CMS]


def test_p010_names_file_and_line_of_a_failing_import(site: Any, faults: Faults) -> None:
    site.plugin("toy", "\n\nraise ValueError('no such key')")
    (fault,) = faults("toy")
    assert (fault.code, fault.plugin, fault.distribution) == ("P010", "toy", "acme-toy")
    assert "acme_toy.py, line 5" in fault.message
    assert "ValueError: no such key" in fault.message


@pytest.mark.parametrize("code", ["import sys; sys.exit(3)", "def broken(:", "import no_such"])
def test_p010_covers_exits_syntax_and_missing_modules(site: Any, faults: Faults, code: str) -> None:
    site.plugin("toy", code)
    assert [fault.code for fault in faults("toy")] == ["P010"]


def test_p011_a_module_without_hooks_is_not_a_plugin(site: Any, faults: Faults) -> None:
    site.plugin("toy", "answer = 42")
    assert [fault.code for fault in faults("toy")] == ["P011"]


def test_p011_an_entry_point_names_a_module_not_an_object(site: Any, faults: Faults) -> None:
    site.plugin("toy", value="acme_toy:plugin")
    assert [fault.code for fault in faults("toy")] == ["P011"]


@pytest.mark.parametrize("name", ["Toy", "x", "core", "plugins"])
def test_p012_refuses_names_that_settings_and_tables_cannot_carry(
    site: Any, faults: Faults, name: str
) -> None:
    site.plugin(name)
    assert [fault.code for fault in faults(name)] == ["P012"]


def test_p013_refuses_both_claimants_of_a_name_without_importing_them(
    site: Any, faults: Faults
) -> None:
    site.plugin("toy", "import never_imported")
    site.plugin("toy", distribution="other-toy", value="never_imported_either")
    (fault,) = faults("toy")
    assert fault.code == "P013"
    assert "acme-toy 1.0, other-toy 1.0" in fault.message


def test_a_pin_decides_between_two_claimants(site: Any, build: Build) -> None:
    site.plugin("toy")
    site.plugin("toy", distribution="other-toy", value="never_imported")
    cms = build("toy", distributions={"toy": "acme-toy>=1"})
    assert [plugin.distribution for plugin in cms.contributions.plugins] == ["cms-core", "acme-toy"]


@pytest.mark.parametrize("pin", ["acme-toy>=2", "other-toy", "not a requirement"])
def test_p091_refuses_a_distribution_outside_its_pin(site: Any, faults: Faults, pin: str) -> None:
    site.plugin("toy")
    assert [fault.code for fault in faults("toy", distributions={"toy": pin})] == ["P091"]


def test_p021_names_a_requirement_that_is_not_installed(site: Any, faults: Faults) -> None:
    site.plugin("toy", requires=("acme-engine>=2",))
    (fault,) = faults("toy")
    assert fault.code == "P021"
    assert "acme-engine>=2" in fault.message


def test_p022_names_wanted_and_installed_version_and_imports_nothing(
    site: Any, faults: Faults
) -> None:
    site.plugin("toy", requires=("cms-core>=9,<10",))
    (fault,) = faults("toy")
    assert fault.code == "P022"
    assert "requires cms-core<10,>=9, but 0.1.0 is installed" in fault.message
    assert "acme_toy" not in sys.modules


def test_requirements_of_other_environments_and_extras_do_not_count(
    site: Any, build: Build
) -> None:
    requires = ('absent; python_version < "3"', 'absent; extra == "fast"')
    site.plugin("toy", requires=requires)
    assert build("toy").contributions.plugins[-1].name == "toy"


def test_p030_a_required_plugin_must_be_in_the_set(site: Any, faults: Faults) -> None:
    site.plugin("base")
    site.plugin("toy", requires=("acme-base",))
    (fault,) = faults("toy")
    assert fault.code == "P030"
    assert "'base'" in fault.message


def test_p031_prints_the_cycle_as_a_path(site: Any, faults: Faults) -> None:
    site.plugin("one", requires=("acme-two",))
    site.plugin("two", requires=("acme-three",))
    site.plugin("three", requires=("acme-one",))
    (fault,) = faults("one", "two", "three")
    assert fault.code == "P031"
    turns = {"one → two → three → one", "two → three → one → two", "three → one → two → three"}
    assert fault.message in turns


def test_p090_an_unknown_name_in_the_set_gets_a_suggestion(site: Any, faults: Faults) -> None:
    site.plugin("gallery")
    (fault,) = faults("galery")
    assert (fault.code, fault.plugin) == ("P090", "galery")
    assert "Did you mean 'gallery'?" in fault.remedy


def test_every_fault_of_a_run_is_reported_at_once(site: Any, faults: Faults) -> None:
    site.plugin("broken", "raise ValueError")
    site.plugin("demanding", requires=("absent",))
    site.plugin("strange", "@hookimpl\ndef register_routes(cms):\n    return []")
    found = {fault.code for fault in faults("broken", "demanding", "strange", "unknown")}
    assert found == {"P010", "P021", "P041", "P090"}


def test_required_plugins_come_first_and_ties_go_by_name(site: Any, build: Build) -> None:
    site.plugin("zebra")
    site.plugin("apple", requires=("acme-zebra",))
    site.plugin("mango")
    names = [plugin.name for plugin in build("apple", "mango", "zebra").contributions.plugins]
    assert names == ["core", "mango", "zebra", "apple"]


def test_disabled_plugins_are_left_out(site: Any, build: Build) -> None:
    site.plugin("one")
    site.plugin("two")
    cms = build("one", "two", disabled=("two",))
    assert [plugin.name for plugin in cms.contributions.plugins] == ["core", "one"]


def test_a_module_of_the_project_is_a_plugin_too(site: Any, build: Build) -> None:
    site.module("mysite", "@hookimpl\ndef register_permissions():\n    return []")
    cms = build(modules=("mysite",))
    assert [plugin.name for plugin in cms.contributions.plugins] == ["core", "mysite"]


async def test_skip_leaves_out_the_faulty_plugin_and_its_dependants_and_says_so(
    site: Any, build: Build
) -> None:
    site.plugin("broken", "raise ValueError")
    site.plugin("dependant", requires=("acme-broken",))
    site.plugin("sound")
    site.plugin("misspelt", "@hookimpl\ndef register_routes():\n    return []")
    contributions = build(
        "broken", "dependant", "sound", "misspelt", on_failure="skip"
    ).contributions
    assert [plugin.name for plugin in contributions.plugins] == ["core", "sound"]
    assert [fault.code for fault in contributions.faults] == ["P010", "P041"]
    (check,) = (each for each in contributions.health_checks if each.name == "plugins")
    assert await check.check() == "faulty: broken, misspelt"
