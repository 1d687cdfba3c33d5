"""Settings of the core: command line, variables, ``cms.toml``, defaults."""

from pathlib import Path

import pytest

from cms_core.configuration import load_settings
from cms_core.faults import Fault, PluginFaults
from cms_core.settings import LogLevel


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cms.toml"


def faults(config: Path) -> list[Fault]:
    with pytest.raises(PluginFaults) as caught:
        load_settings(config=config)
    return list(caught.value.faults)


def test_variables_go_before_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('[cms]\npublic_url = "https://a.example"\nlog_level = "DEBUG"')
    monkeypatch.setenv("CMS_PUBLIC_URL", "https://b.example/")
    settings = load_settings(config=file)
    assert (settings.public_url, settings.log_level) == ("https://b.example", LogLevel.DEBUG)


def test_the_command_line_goes_before_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMS_DATA", "elsewhere")
    assert load_settings(data=tmp_path).data == tmp_path


def test_the_set_is_read_from_file_and_variables(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(
        '[plugins]\nmode = "allowlist"\nenabled = ["posts"]\n'
        '[plugins.grants]\nseo = ["pages"]\n[seo]\nsitemap_limit = 5000'
    )
    monkeypatch.setenv("CMS_PLUGINS__DISABLED", "search, media")
    settings = load_settings(config=file)
    assert settings.plugins.enabled == ("posts",)
    assert settings.plugins.disabled == ("search", "media")
    assert settings.plugins.grants == {"seo": ("pages",)}
    assert settings.plugin_settings == {"seo": {"sitemap_limit": 5000}}


def test_a_variable_names_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('[cms]\nlog_level = "ERROR"')
    monkeypatch.setenv("CMS_CONFIG", str(file))
    assert load_settings().log_level is LogLevel.ERROR


@pytest.mark.parametrize(
    "text", ["no toml", 'log_level = "INFO"', None], ids=["syntax", "outside", "missing"]
)
def test_an_unusable_file_is_a_fault(file: Path, text: str | None) -> None:
    if text is not None:
        file.write_text(text)
    (fault,) = faults(file)
    assert fault.code == "P080"
    assert str(file) in fault.message


def test_all_faults_of_the_core_are_told_at_once_without_values(file: Path) -> None:
    file.write_text(
        '[cms]\nprocesses = "hunter2"\nlog_levle = "INFO"\n[plugins]\nmode = "some"\nlok = "x"'
    )
    found = faults(file)
    assert [fault.code for fault in found] == ["P080", "P080", "P081", "P081"]
    assert "CMS_PROCESSES" in found[0].message
    assert "hunter2" not in str(found)
    remedies = {fault.remedy for fault in found[2:]}
    assert remedies == {"Did you mean CMS_LOG_LEVEL?", "Did you mean CMS_PLUGINS__LOCK?"}


@pytest.mark.parametrize(
    "line",
    [
        'database_url = "mysql://root:hunter2@db"',
        'database_url = "postgresql://cms:hunter2@db:many/cms"',
        'cache_url = "memcached://hunter2"',
        'log_level = "hunter2"',
        'public_url = "hunter2"',
    ],
)
def test_values_that_nothing_can_work_with_are_refused(file: Path, line: str) -> None:
    file.write_text(f"[cms]\n{line}")
    (fault,) = faults(file)
    assert fault.code == "P080"
    assert "hunter2" not in str(fault)
