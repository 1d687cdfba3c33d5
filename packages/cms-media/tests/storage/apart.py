"""Runs a few lines in a process of their own, for what concerns a whole process."""

import asyncio
import sys

_BEFORE = """
import asyncio, sys
from pathlib import Path
from cms_media.storage import open_storage

async def zeros(megabytes):
    for _ in range(megabytes):
        yield bytes(1 << 20)

storage = open_storage(sys.argv[1], Path())
"""
_AFTER = """
asyncio.run(storage.close())
"""


async def run_apart(lines: str, url: str) -> str:
    """Return what the lines print; they have `storage`, at the address, and `zeros(megabytes)`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _BEFORE + lines + _AFTER, url, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode().strip()
