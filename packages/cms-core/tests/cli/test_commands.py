"""Commands that end by themselves."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Cms = Callable[..., tuple[int, str, str]]


def test_the_schema_is_upgraded_and_then_current(cms: Cms) -> None:
    assert cms("db", "status")[0] == 1
    assert cms("db", "upgrade")[0] == 0
    code, out, _ = cms("db", "status")
    assert code == 0
    assert out.splitlines()[1].split()[0::3] == ["core", "current"]


def test_tables_are_as_the_models_say(cms: Cms) -> None:
    cms("db", "upgrade")
    assert cms("db", "check")[0] == 0
    cms("db", "downgrade", "core", "base")
    assert cms("db", "check")[0] == 1


@pytest.mark.parametrize(
    "line",
    [
        ["--data", "{}", "db", "upgrade"],
        ["db", "--data", "{}", "upgrade"],
        ["db", "upgrade", "--data", "{}"],
    ],
)
def test_the_data_folder_may_stand_anywhere_on_the_line(
    cms: Cms, tmp_path: Path, line: list[str]
) -> None:
    other = tmp_path / "other"
    assert cms(*[word.format(other) for word in line])[0] == 0
    assert (other / "cms.sqlite3").exists()


def test_a_data_folder_is_forgotten_after_its_command(cms: Cms, tmp_path: Path, data: Path) -> None:
    cms("db", "upgrade", "--data", str(tmp_path / "other"))
    cms("db", "upgrade")
    assert (data / "cms.sqlite3").exists()


def test_errors_are_one_readable_line(cms: Cms) -> None:
    code, _, err = cms("db", "upgrade", "nobody")
    assert (code, err) == (1, "Error: 'nobody' has no migrations.\n")


def test_a_database_that_refuses_is_told_with_its_reason(
    cms: Cms, monkeypatch: pytest.MonkeyPatch, cms_postgres: str
) -> None:
    monkeypatch.setenv("CMS_DATABASE_URL", cms_postgres.rpartition("/")[0] + "/nowhere")
    code, _, err = cms("db", "status")
    assert code == 1
    assert err.splitlines() == [
        "Error: The database is not answering.",
        '  database "nowhere" does not exist',
    ]


def test_invalid_settings_are_told_with_exit_code_78(
    cms: Cms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMS_DATABASE_POOL_SIZE", "many")
    code, _, err = cms("db", "status")
    assert code == 78
    assert err.startswith("P080 core (cms-core): CMS_DATABASE_POOL_SIZE: ")


def test_a_faulty_set_is_told_by_check_and_does_not_stop_db(
    cms: Cms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMS_PLUGINS__ENABLED", "absent")
    assert cms("plugins", "check")[0] == 78
    code, _, err = cms("db", "upgrade")
    assert code == 0
    assert err.startswith("Warning: P090 absent")


def test_plugins_are_listed_with_their_state(cms: Cms) -> None:
    code, out, _ = cms("plugins", "list")
    assert code == 0
    assert out.splitlines()[1].split() == ["core", "0.1.0", "cms-core", "enabled"]


def test_a_frozen_set_is_verified_until_something_changes(
    cms: Cms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "plugins.lock"
    monkeypatch.setenv("CMS_PLUGINS__LOCK", str(lock))
    assert cms("plugins", "verify")[0] == 1
    assert cms("plugins", "freeze")[:2] == (0, "cms-core==0.1.0\n")
    assert cms("plugins", "verify")[0] == 0
    lock.write_text(lock.read_text().replace("0.1.0", "0.0.9") + "[gone]\nversion = '1'")
    code, _, err = cms("plugins", "verify")
    assert code == 78
    assert [line.split()[1].strip(":") for line in err.splitlines()] == ["core", "gone"]
    assert "says cms-core 0.0.9 at revision" in err
    assert cms("plugins", "freeze")[0] == 0
    assert cms("plugins", "verify")[0] == 0


def test_the_api_is_described(cms: Cms, tmp_path: Path) -> None:
    cms("openapi", "--output", str(tmp_path / "openapi.json"))
    assert json.loads((tmp_path / "openapi.json").read_text())["openapi"].startswith("3.1")


def test_every_hook_is_listed_with_its_signature(cms: Cms) -> None:
    assert "register_routers(cms" in cms("hooks")[1]


def test_every_command_has_an_example(cms: Cms) -> None:
    for line in (
        ["dev"],
        ["serve"],
        ["worker"],
        ["openapi"],
        ["hooks"],
        ["jobs"],
        ["outbox", "list"],
        ["outbox", "replay"],
        ["outbox", "discard"],
        ["db", "upgrade"],
        ["db", "downgrade"],
        ["db", "status"],
        ["db", "check"],
        ["db", "revision"],
        ["plugins", "list"],
        ["plugins", "check"],
    ):
        assert f"cms {' '.join(line)}" in cms(*line, "--help")[1]
