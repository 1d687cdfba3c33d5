"""Settings of plugins: variables before the file, and no silent mistake in either."""

from collections.abc import Callable
from typing import Any

import pytest

from cms_core import CMS
from cms_core.faults import Fault

Faults = Callable[..., list[Fault]]
Build = Callable[..., CMS]

SETTINGS = """
from pydantic import SecretStr

class ToySettings(PluginSettings):
    limit: int = 3
    path: str = "none"
    names: tuple[str, ...] = ()
    token: SecretStr = SecretStr("")

@hookimpl
def register_settings():
    return ToySettings
"""


@pytest.fixture(autouse=True)
def toy(site: Any) -> None:
    site.plugin("toy", SETTINGS)


def settings_of(cms: CMS) -> dict[str, object]:
    return cms.contributions.settings["toy"].model_dump(exclude={"token"})


def test_variables_go_before_the_file_which_goes_before_the_defaults(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMS_TOY__LIMIT", "9")
    monkeypatch.setenv("CMS_TOY__NAMES", "one, two")
    cms = build("toy", values={"toy": {"limit": 5, "path": "file"}})
    assert settings_of(cms) == {"limit": 9, "path": "file", "names": ("one", "two")}


def test_a_field_is_not_read_from_a_variable_of_the_system(build: Build) -> None:
    assert settings_of(build("toy"))["path"] == "none"


def test_p080_names_the_variable_and_never_its_value(
    faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMS_TOY__LIMIT", "hunter2")
    (fault,) = faults("toy")
    assert (fault.code, fault.plugin) == ("P080", "toy")
    assert fault.message.startswith("CMS_TOY__LIMIT: ")
    assert "hunter2" not in str(fault)


def test_p081_an_unknown_variable_of_a_plugin_gets_a_suggestion(
    faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMS_TOY__LIMT", "1")
    (fault,) = faults("toy")
    assert fault.code == "P081"
    assert fault.remedy == "Did you mean CMS_TOY__LIMIT?"


def test_p081_an_unknown_key_of_the_file_gets_a_suggestion(faults: Faults) -> None:
    (fault,) = faults("toy", values={"toy": {"limitt": 1}})
    assert (fault.code, fault.remedy) == ("P081", "Did you mean CMS_TOY__LIMIT?")


@pytest.mark.parametrize(
    ("variable", "remedy"),
    [
        ("CMS_DATABSE_URL", "Did you mean CMS_DATABASE_URL?"),
        ("CMS_PLUGINS__ENABELD", "Did you mean CMS_PLUGINS__ENABLED?"),
        ("CMS_TOYS__LIMIT", "Did you mean the plugin 'toy'?"),
    ],
)
def test_p081_an_unknown_variable_of_the_core_gets_a_suggestion(
    faults: Faults, monkeypatch: pytest.MonkeyPatch, variable: str, remedy: str
) -> None:
    monkeypatch.setenv(variable, "1")
    (fault,) = faults("toy")
    assert (fault.code, fault.remedy) == ("P081", remedy)


def test_p081_a_table_for_a_misspelt_plugin_gets_a_suggestion(faults: Faults) -> None:
    (fault,) = faults("toy", values={"tyo": {"limit": 1}})
    assert (fault.code, fault.remedy) == ("P081", "Did you mean the plugin 'toy'?")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CMS_PORT", "tcp://10.0.0.7:8000"),
        ("CMS_SERVICE_HOST", "10.0.0.7"),
        ("CMS_API_SERVICE_PORT_HTTP", "8000"),
        ("CMS_PORT_8000_TCP_PROTO", "tcp"),
        ("CMS_TEST_POSTGRES_URL", "postgresql://"),
        ("CMS_GALLERY__COLUMNS", "3"),
    ],
)
def test_service_links_and_settings_of_uninstalled_plugins_are_no_mistake(
    build: Build, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert build("toy").contributions.faults == ()


def test_settings_of_a_disabled_plugin_are_kept_for_its_return(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMS_TOY__LIMIT", "1")
    cms = build("toy", disabled=("toy",), values={"toy": {"anything": 1}})
    assert cms.contributions.faults == ()
