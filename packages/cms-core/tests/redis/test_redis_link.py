import asyncio
import random
import socket
import threading
import time
from collections.abc import Iterator
from typing import Protocol

import pytest

from cms_core.redis_link import RedisLink, RedisUnavailable


class Server(Protocol):
    url: str

    def start(self) -> None: ...
    def freeze(self) -> None: ...
    def thaw(self) -> None: ...
    def kill(self) -> None: ...


async def is_up(link: RedisLink) -> None:
    """Wait until the link works again, at most as long as is promised for its return."""
    async with asyncio.timeout(5.0):
        while not await link.ping():  # noqa: ASYNC110 - a server does not say that it is back
            await asyncio.sleep(0.02)


async def is_down(link: RedisLink) -> None:
    """Use the link until its circuit opens."""
    async with asyncio.timeout(5.0):
        while link.available:
            await link.ping()


async def test_answers_come_back(link: RedisLink) -> None:
    await link.run(lambda redis: redis.set("key", b"value"))
    assert await link.run(lambda redis: redis.get("key")) == b"value"
    assert link.available
    assert await link.health_check.check() is None


async def test_an_error_that_redis_reports_does_not_open_the_circuit(link: RedisLink) -> None:
    await link.run(lambda redis: redis.set("key", b"text"))
    for _ in range(10):
        with pytest.raises(RedisUnavailable):
            await link.run(lambda redis: redis.lpush("key", b"item"))
    assert link.available


async def test_full_memory_leaves_reading_intact(link: RedisLink) -> None:
    await link.run(lambda redis: redis.set("key", b"value"))
    await link.run(lambda redis: redis.config_set("maxmemory", "1"))
    try:
        for _ in range(5):
            with pytest.raises(RedisUnavailable):
                await link.run(lambda redis: redis.set("other", b"value"))
        assert await link.run(lambda redis: redis.get("key")) == b"value"
    finally:
        await link.run(lambda redis: redis.config_set("maxmemory", "0"))


async def test_a_frozen_server_costs_no_more_than_the_budget(
    breakable: Server,
) -> None:
    link = RedisLink(breakable.url, budget=0.05)
    await is_up(link)
    breakable.freeze()
    started = time.monotonic()
    with pytest.raises(RedisUnavailable):
        await link.run(lambda redis: redis.get("key"))
    assert 0.04 <= time.monotonic() - started < 0.5
    breakable.thaw()
    await link.close()


async def test_a_frozen_server_opens_the_circuit_and_thawing_closes_it(
    breakable: Server, breakable_link: RedisLink
) -> None:
    await is_up(breakable_link)
    breakable.freeze()
    await is_down(breakable_link)
    assert await breakable_link.health_check.check() is not None
    breakable.thaw()
    await is_up(breakable_link)
    assert breakable_link.available
    assert await breakable_link.health_check.check() is None


async def test_an_open_circuit_refuses_without_waiting(
    breakable: Server, breakable_link: RedisLink
) -> None:
    breakable.freeze()
    await is_down(breakable_link)
    started = time.monotonic()
    for _ in range(100):
        with pytest.raises(RedisUnavailable):
            await breakable_link.run(lambda redis: redis.get("key"))
    assert time.monotonic() - started < 0.5
    breakable.thaw()


async def test_a_killed_server_is_noticed_and_found_again_after_its_restart(
    breakable: Server, breakable_link: RedisLink
) -> None:
    await asyncio.gather(*(breakable_link.ping() for _ in range(50)))
    breakable.kill()
    await is_down(breakable_link)
    breakable.start()
    await is_up(breakable_link)
    assert all(await asyncio.gather(*(breakable_link.ping() for _ in range(50))))


async def test_more_commands_than_connections_wait_for_their_turn(redis_url: str) -> None:
    link = RedisLink(redis_url, connections=2, budget=5.0)
    assert all(await asyncio.gather(*(link.ping() for _ in range(200))))
    connected = await link.run(lambda redis: redis.info("clients"))
    assert connected["connected_clients"] <= 3
    await link.close()


async def test_cancelled_commands_never_hand_their_answer_to_another(redis_url: str) -> None:
    link = RedisLink(redis_url, connections=4, budget=5.0)
    values = {f"k{number}": f"v{number}".encode() for number in range(300)}
    await link.run(lambda redis: redis.mset(dict(values)))
    chance = random.Random(7)

    async def read(key: str) -> bytes | str | None:
        return await link.run(lambda redis: redis.get(key))

    for _ in range(5):
        tasks = {key: asyncio.create_task(read(key)) for key in values}
        for task in tasks.values():
            if chance.random() < 0.5:
                asyncio.get_running_loop().call_later(chance.random() / 50, task.cancel)
        await asyncio.wait(tasks.values())
        for key, task in tasks.items():
            assert task.cancelled() or task.result() == values[key]
    assert all(await asyncio.gather(*(link.ping() for _ in range(20))))
    await link.close()


async def test_timed_out_commands_never_hand_their_answer_to_another(
    breakable: Server, breakable_link: RedisLink
) -> None:
    await breakable_link.run(lambda redis: redis.mset({"a": b"A", "b": b"B"}))
    await asyncio.gather(*(breakable_link.ping() for _ in range(16)))
    breakable.freeze()
    await asyncio.gather(
        *(breakable_link.run(lambda redis: redis.get("a")) for _ in range(16)),
        return_exceptions=True,
    )
    breakable.thaw()
    await is_up(breakable_link)
    answers = await asyncio.gather(
        *(breakable_link.run(lambda redis: redis.get("b")) for _ in range(16))
    )
    assert answers == [b"B"] * 16


async def test_a_pause_of_this_process_does_not_open_the_circuit(redis_url: str) -> None:
    link = RedisLink(redis_url)
    await is_up(link)
    calls = [asyncio.create_task(link.ping()) for _ in range(10)]
    await asyncio.sleep(0)
    time.sleep(0.1)  # noqa: ASYNC251 - the loop must stand still
    await asyncio.gather(*calls)
    assert link.available
    await link.close()


async def test_closing_a_frozen_server_does_not_hang(
    breakable: Server, breakable_link: RedisLink
) -> None:
    await asyncio.gather(*(breakable_link.ping() for _ in range(16)))
    breakable.freeze()
    await breakable_link.ping()
    async with asyncio.timeout(2.0):
        await breakable_link.close()
    breakable.thaw()


@pytest.fixture
def impostor() -> Iterator[str]:
    """A server that answers every connection with something that is not Redis."""

    def talk() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.recv(100)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


async def test_a_server_that_is_not_redis_is_as_good_as_none(impostor: str) -> None:
    link = RedisLink(impostor)
    await is_down(link)
    await link.close()


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:1/0", "redis://redis.invalid:6379/0", "unix:///nowhere/redis.sock"]
)
async def test_a_server_that_is_not_there_is_unavailable(url: str) -> None:
    link = RedisLink(url)
    with pytest.raises(RedisUnavailable):
        await link.run(lambda redis: redis.get("key"))
    await link.close()
