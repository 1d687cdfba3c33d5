"""An S3 server of our own with one bucket, and where storages look for it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from campaigns.wire import Address
from cms_core.testing.servers import ServerUnavailable

BUCKET = "campaign"
#: What `media_storage_url` has to be.
STORAGE_URL = f"s3://{BUCKET}/files"
#: Seconds that it may take to answer.
READY_WITHIN = 60.0


@contextmanager
def s3_server(folder: Path) -> Iterator[Address]:
    """Start one and yield its address; it keeps nothing. It ends with our process group.

    Raises `ServerUnavailable`.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        host, port = free.getsockname()
    command = [sys.executable, "-m", "moto.server", "-H", host, "-p", str(port)]
    with (folder / "s3-log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        _make_bucket(f"http://{host}:{port}/{BUCKET}", process, folder / "s3-log")
        yield host, port
    finally:
        process.kill()
        process.wait()


def _make_bucket(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while True:
        try:
            httpx2.put(url).raise_for_status()
        except httpx2.TransportError:
            if time.monotonic() > deadline or process.poll() is not None:
                raise ServerUnavailable(log.read_text()[-2000:]) from None
            time.sleep(0.02)
        else:
            return


def look_at(address: Address) -> None:
    """Let storages that this process opens from now on find the bucket at this address."""
    host, port = address
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "campaign",
        "AWS_SECRET_ACCESS_KEY": "campaign",
    }
