"""What `docker compose up` starts, started from the same file, with its commands and variables."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

if TYPE_CHECKING:
    from tests.e2e.deploy.conftest import Compose, Installation

TOKEN = "prometheus-may-look"
ADA = {"email": "ada@example.com", "password": "a lighthouse made of paper"}

# Each starts up to a dozen processes, on machines that may have other things to do.
pytestmark = pytest.mark.timeout(300)


def seen_by_every_process(url: str, path: str, requests: int) -> bool:
    """Whether each of the processes that answer tells of all these requests."""
    for _ in range(requests):
        httpx2.get(url + path)
    figure = re.compile(rf'^cms_http_requests_total{{.*route="{path}".*}} (\S+)$', re.MULTILINE)
    scrapes = [
        httpx2.get(f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
        for _ in range(8)
    ]
    return all(float(figure.findall(text)[0]) >= requests for text in scrapes)


def test_an_installation_publishes_and_finds_everything_after_a_restart(
    installation: Installation,
    compose: Callable[..., Compose],
    sign_in: Callable[..., httpx2.Client],
    publish: Callable[..., Any],
) -> None:
    def up(installed: Compose) -> Callable[[], list[int]]:
        """Start everything; return how to stop it again."""
        assert installation.run("migrate", installed).ended() == 0
        processes = [installation.run(service, installed) for service in ("api", "worker")]
        installation.await_health(installed)
        return lambda: [process.stop() for process in processes]

    installed = compose(CMS_METRICS_TOKEN=TOKEN)
    stop = up(installed)
    assert installation.check(installed.image.health_check) == 0
    post = publish(sign_in(installation.url, ADA), "From the cellar")
    assert httpx2.get(f"{installation.url}/metrics").status_code == 404
    assert seen_by_every_process(installation.url, "/livez", requests=20)
    assert stop() == [0, 0]

    stop = up(compose(CMS_ADMIN_EMAIL="eve@example.com", CMS_PROCESSES="1"))
    ada = sign_in(installation.url, ADA)
    assert ada.get(f"/api/v1/posts/{post['slug']}").json() == post
    accounts = ada.get("/api/v1/admin/users").json()["items"]
    assert [account["email"] for account in accounts] == [ADA["email"]]
    assert stop() == [0, 0]


def test_the_api_refuses_a_database_without_schema_and_names_the_command(
    installation: Installation, compose: Callable[..., Compose]
) -> None:
    api = installation.run("api", compose())

    assert api.ended() == 78
    assert "P054" in api.output
    assert "cms db upgrade" in api.output


def test_the_api_refuses_to_start_without_a_secret_key(
    installation: Installation, compose: Callable[..., Compose]
) -> None:
    api = installation.run("api", compose(), CMS_SECRET_KEY="")

    assert api.ended() != 0
    assert "CMS_SECRET_KEY is not set" in api.output
    assert "Traceback" not in api.output


def test_a_folder_for_uploads_that_cannot_be_written_is_explained(
    installation: Installation, compose: Callable[..., Compose]
) -> None:
    installed = compose(CMS_PROCESSES="1")
    uploads = installation.disk / "uploads"
    uploads.touch()  # even root can't write into a file as if it were a folder

    for service in ("migrate", "api"):
        process = installation.run(service, installed)
        assert process.ended() != 0
        assert "chown -R" in process.output
        assert str(uploads) in process.output
        assert "Traceback" not in process.output
