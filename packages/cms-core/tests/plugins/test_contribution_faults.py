"""Faults of what plugins contribute: hooks, tables, routes, keys."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from cms_core import CMS
from cms_core.faults import Fault

Faults = Callable[..., list[Fault]]
Build = Callable[..., CMS]

TABLE = """
from sqlalchemy.orm import Mapped, mapped_column
from pathlib import Path

class Thing(Base):
    __tablename__ = "{table}"
    id: Mapped[int] = mapped_column(primary_key=True)

@hookimpl
def register_models():
    return Models({classes}, tables=frozenset({claims}))

@hookimpl
def register_migrations():
    return Path(__file__).parent / "versions"
"""

ROUTE = """
from typing import Annotated

@hookimpl
def register_permissions():
    return [Permission("{plugin}:write", "write")]

router = {router}

@router.{method}("{path}")
async def act({arguments}) -> None:
    return None

@hookimpl
def register_routers(cms):
    return [router]
"""


def table(
    site: Any, name: str, table: str = "", classes: str = "[Thing]", claims: str = "()"
) -> str:
    (site.folder / "versions").mkdir(exist_ok=True)
    (site.folder / "versions" / "0001.py").touch()
    code = TABLE.format(table=table or f"{name}_things", classes=classes, claims=claims)
    return str(site.plugin(name, code))


def route(
    site: Any,
    name: str,
    router: str,
    path: str = "",
    method: str = "get",
    arguments: str = "",
) -> str:
    code = ROUTE.format(plugin=name, router=router, path=path, method=method, arguments=arguments)
    return str(site.plugin(name, code))


def codes(faults: list[Fault]) -> list[str]:
    return [fault.code for fault in faults]


@pytest.mark.parametrize(
    "code",
    [
        "@hookimpl\ndef register_routers(cms, app):\n    return []",
        "def register_routers(cms):\n    return []\n@hookimpl\ndef register_jobs():\n    return []",
    ],
    ids=["unknown argument", "not marked"],
)
def test_p040_hooks_fit_their_specs(site: Any, faults: Faults, code: str) -> None:
    site.plugin("toy", code)
    assert codes(faults("toy")) == ["P040"]


def test_p041_an_unknown_hook_gets_a_suggestion(site: Any, faults: Faults) -> None:
    site.plugin("toy", "@hookimpl\ndef register_router(cms):\n    return []")
    (fault,) = faults("toy")
    assert fault.code == "P041"
    assert "Did you mean 'register_routers'?" in fault.remedy


def test_hooks_of_an_absent_plugin_may_be_implemented_as_optional(site: Any, build: Build) -> None:
    site.plugin("toy", "@hookimpl(optionalhook=True)\ndef gallery_formats():\n    return []")
    assert build("toy").contributions.extensions["gallery_formats"]


def test_hooks_of_a_plugin_reach_it_in_dependency_order(site: Any, build: Build) -> None:
    specs = site.module("acme_specs", "@hookspec\ndef base_formats(cms, post):\n    ...")
    site.plugin(
        "base", f"@hookimpl\ndef register_hookspecs():\n    import {specs} as s\n    return s"
    )
    implementation = "@hookimpl\ndef base_formats({}):\n    return {}"
    site.plugin("aaa", implementation.format("post", "['last', post]"), requires=("acme-zzz",))
    site.plugin("zzz", implementation.format("", "['first']"), requires=("acme-base",))
    hooks = build("aaa", "base", "zzz").contributions.extensions["base_formats"]
    assert [hook(cms=None, post=1) for hook in hooks] == [["first"], ["last", 1]]


@pytest.mark.parametrize(
    "body",
    ["return [42]", "return None", "raise KeyError('x')"],
    ids=["strange part", "no sequence", "failure"],
)
def test_p042_hooks_return_what_they_promise(site: Any, faults: Faults, body: str) -> None:
    site.plugin("toy", f"@hookimpl\ndef register_jobs(cms):\n    {body}")
    (fault,) = faults("toy")
    assert fault.code == "P042"
    assert "register_jobs" in fault.message


def test_p042_hooks_are_synchronous(site: Any, faults: Faults) -> None:
    site.plugin("toy", "@hookimpl\nasync def register_jobs(cms):\n    return []")
    assert codes(faults("toy")) == ["P042"]


def test_p042_settings_are_a_class_of_settings(site: Any, faults: Faults) -> None:
    site.plugin("toy", "@hookimpl\ndef register_settings():\n    return dict")
    assert codes(faults("toy")) == ["P042"]


def test_who_requires_a_faulty_plugin_is_not_blamed_for_what_it_misses(
    site: Any, faults: Faults
) -> None:
    site.plugin("base", "@hookimpl\ndef register_settings():\n    raise ValueError")
    missing = "@hookimpl\ndef register_jobs(cms):\n    raise LookupError('settings of base')"
    site.plugin("toy", missing, requires=("acme-base",))
    site.plugin("zoo", missing, requires=("acme-toy",))
    assert [fault.plugin for fault in faults("base", "toy", "zoo")] == ["base"]


def test_hooks_can_be_traced(site: Any, build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    site.plugin("toy", "@hookimpl\ndef register_jobs(cms):\n    return ()")
    monkeypatch.setenv("CMS_TRACE_HOOKS", "1")
    with capture_logs() as lines:
        build("toy")
    assert {
        "event": "hook_called",
        "log_level": "info",
        "hook": "register_jobs",
        "of": "toy",
        "result": "()",
    } in lines


def test_p050_models_come_with_migrations(site: Any, faults: Faults) -> None:
    table(site, "toy")
    Path(site.folder, "versions", "0001.py").unlink()
    (fault,) = faults("toy")
    assert fault.code == "P050"
    assert "no migration was installed" in fault.message


def test_p052_a_table_that_no_plugin_returns_is_claimed_by_nobody(
    site: Any, faults: Faults
) -> None:
    table(site, "toy", classes="[]")
    (fault,) = faults("toy")
    assert fault.code == "P052"
    assert "'toy_things' is claimed by nobody" in fault.message


def test_p052_a_table_has_one_owner(site: Any, faults: Faults) -> None:
    table(site, "alpha")
    table(site, "beta", claims="{'alpha_things'}")
    found = faults("alpha", "beta", grants={"beta": ["alpha_things"]})
    assert [(fault.code, fault.plugin) for fault in found] == [("P052", "beta")]


def test_p053_a_table_outside_the_own_prefix_needs_a_grant(site: Any, faults: Faults) -> None:
    table(site, "toy", table="pages")
    (fault,) = faults("toy")
    assert fault.code == "P053"
    assert fault.remedy == 'Grant it in cms.toml: [plugins.grants] toy = ["pages"]'


def test_a_granted_table_may_be_owned(site: Any, build: Build) -> None:
    table(site, "toy", table="pages")
    assert "toy" in build("toy", grants={"toy": ["pages"]}).contributions.models


def test_p070_a_path_is_answered_once_whatever_its_parameters_are_called(
    site: Any, faults: Faults
) -> None:
    route(site, "alpha", "DeliveryRouter('/alpha')", "/{slug}", arguments="slug: str")
    route(site, "beta", "DeliveryRouter('/alpha')", "/{id}", arguments="id: str")
    (fault,) = faults("alpha", "beta", grants={"beta": ["/alpha"]})
    assert (fault.code, fault.plugin) == ("P070", "beta")
    assert "answered by alpha" in fault.message


def test_p071_operations_have_different_names(site: Any, faults: Faults) -> None:
    route(site, "alpha", "DeliveryRouter('/alpha')", "/{slug}", arguments="slug: str")
    route(site, "beta", "OpenRouter('/alpha', reason='x')", "/{a}/{b}", arguments="a: str, b: str")
    (fault,) = faults("alpha", "beta", grants={"beta": ["/alpha"]})
    assert (fault.code, fault.plugin) == ("P071", "beta")


@pytest.mark.parametrize(
    ("router", "path"),
    [
        ("DeliveryRouter('/posts')", "/posts"),
        ("DeliveryRouter('/toys')", "/toys"),
        ("OpenRouter('/auth', reason='sign-in')", "/auth"),
        ("RootRouter('/robots.txt')", "/robots.txt"),
    ],
)
def test_p072_a_path_outside_the_own_prefix_needs_a_grant(
    site: Any, build: Build, faults: Faults, router: str, path: str
) -> None:
    route(site, "toy", router)
    (fault,) = faults("toy")
    assert fault.code == "P072"
    assert f'toy = ["{path}"]' in fault.remedy
    granted = build("toy", grants={"toy": [path]}).contributions.routers
    assert [plugin for plugin, _ in granted if plugin != "core"] == ["toy"]


def test_p072_a_root_route_does_not_enter_the_doors(site: Any, faults: Faults) -> None:
    route(site, "toy", "RootRouter('/api/v1/toy')")
    assert codes(faults("toy")) == ["P072"]


ADMIN = "AdminRouter('/toy')"
GUARDED = "by: Annotated[Principal, requires('toy:write')]"
UNKNOWN = "by: Annotated[Principal, requires('toy:wirte')]"
BYPASS = """
from starlette.routing import Route
router = AdminRouter('/toy')
router.routes.append(Route('/api/v1/admin/toy', lambda request: None))

@hookimpl
def register_routers(cms):
    return [router]
"""


@pytest.mark.parametrize(
    ("router", "method", "arguments"),
    [
        (ADMIN, "get", ""),
        (ADMIN, "get", UNKNOWN),
        ("DeliveryRouter('/toy')", "post", ""),
        ("RootRouter('/toy')", "delete", ""),
        ("OpenRouter('/toy', reason=' ')", "post", ""),
        ("OpenRouter('/admin/toy', reason='because')", "post", ""),
        ("DeliveryRouter('/admin/toy')", "get", ""),
    ],
)
def test_p073_a_route_is_guarded_or_public_by_declaration(
    site: Any, faults: Faults, router: str, method: str, arguments: str
) -> None:
    route(site, "toy", router, method=method, arguments=arguments)
    assert codes(faults("toy")) == ["P073"]


def test_p073_a_foreign_route_would_bypass_the_door(site: Any, faults: Faults) -> None:
    site.plugin("toy", BYPASS)
    assert codes(faults("toy")) == ["P073"]


def test_a_guarded_route_and_a_reasoned_open_one_are_built(site: Any, build: Build) -> None:
    route(site, "toy", ADMIN, method="post", arguments=GUARDED)
    route(site, "open", "OpenRouter('/open', reason='sign-in')", method="post")
    built = build("toy", "open").contributions.routers
    assert sorted(plugin for plugin, _ in built if plugin != "core") == ["open", "toy"]


@pytest.mark.parametrize(
    ("hook", "part"),
    [
        ("register_permissions", "Permission('shared', 'x')"),
        ("register_jobs", "Job('shared', None, None)"),
        ("register_resolvers", "Resolver('shared', None)"),
        ("register_subscribers", "eventually(Event, print, key='shared')"),
        ("register_health_checks", "HealthCheck('shared', None)"),
    ],
)
def test_p075_a_key_is_taken_once(site: Any, faults: Faults, hook: str, part: str) -> None:
    code = f"from cms_core import eventually\n@hookimpl\ndef {hook}():\n    return [{part}]"
    site.plugin("alpha", code)
    site.plugin("beta", code)
    (fault,) = faults("alpha", "beta")
    assert (fault.code, fault.plugin) == ("P075", "beta")
    assert "'shared' is taken by alpha" in fault.message


def test_p075_commands_share_one_namespace(site: Any, faults: Faults) -> None:
    command = "import typer\n@hookimpl\ndef register_commands():\n    return typer.Typer({})"
    site.plugin("alpha", command.format(""))
    site.plugin("beta", command.format("name='alpha'"))
    assert codes(faults("alpha", "beta")) == ["P075"]
