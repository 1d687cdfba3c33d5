from .apart import run_apart

STORE = """
import resource
asyncio.run(storage.put("ab/small", zeros(1)))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
asyncio.run(storage.put("ab/large", zeros(200)))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
READ = """
import resource
async def read():
    return sum([len(piece) async for piece in storage.read("ab/large")])
asyncio.run(storage.put("ab/large", zeros(100)))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert asyncio.run(read()) == 100 << 20
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


async def test_a_large_upload_is_stored_in_little_memory(url: str) -> None:
    assert int(await run_apart(STORE, url)) < 80 * 1024  # in KiB


async def test_a_large_object_is_read_in_little_memory(url: str) -> None:
    assert int(await run_apart(READ, url)) < 40 * 1024  # in KiB
