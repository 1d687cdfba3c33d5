"""Files: a large one that comes in, and one of 1 MB that readers get."""

from __future__ import annotations

import asyncio
import http.client
import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median
from uuid import uuid4

from benchmarks.figures import Figure
from benchmarks.measuring import Plan, compare, reader
from benchmarks.processes import Process, python
from benchmarks.progress import bar
from benchmarks.reader import Reader, Refused
from benchmarks.stage import ADMIN, Content, Stage
from benchmarks.targets import gets

MEDIA, POSTS = "/api/v1/admin/media", "/api/v1/admin/posts"
LARGE, SERVED = 200 * 1024 * 1024, 1024 * 1024
#: Of bare: the least rate of downloads, the most time of an upload.
DOWNLOAD, UPLOAD = 0.70, 1.5
#: MiB that a process may take for an upload beside what it takes anyway.
MEMORY = 64.0
_CHUNK = 1024 * 1024
_ROOM = {"CMS_MEDIA__MAX_DOCUMENT_BYTES": str(LARGE)}
#: Seconds between two looks at the memory.
_LOOK = 0.02


def run(stage: Stage, plan: Plan) -> list[Figure]:
    """Measure uploads of 200 MB and downloads of 1 MB, by ratio to what does no more."""
    folder = stage.folder()
    file = folder / "served.txt"
    file.write_bytes(random.Random(1).randbytes(SERVED // 2).hex().encode())
    with ExitStack() as stack:
        command = ("-m", "benchmarks.bare_files", file, folder)
        bare = stack.enter_context(python(command, {}, stage.folder()))
        bare.address()
        database = stage.copy(Content(100, drafts=100))
        ours = stack.enter_context(stage.serve(database, CMS_LOG_LEVEL=plan.log_level, **_ROOM))
        with Reader(ours) as api:
            token = api.post("/api/v1/auth/login", ADMIN).json["access_token"]
            api.headers["Authorization"] = f"Bearer {token}"
            address = _publish(api, ours, token, file.read_bytes())
        download = Figure("download of 1 MB", "of FileResponse", floor=DOWNLOAD)
        with bar("files", 2 * plan.rounds) as progress:
            ceiling = reader(bare, gets(["/file"]), plan)
            asyncio.run(
                compare(download, ceiling, reader(ours, gets([address]), plan), plan, progress)
            )
            uploads = _uploads(bare, ours, token, plan)
            progress(plan.rounds)
        return [download, *uploads]


def _publish(api: Reader, process: Process, token: str, content: bytes) -> str:
    """Upload a file, show it in a post, and return its path."""
    path = f"{MEDIA}/{uuid4()}/served.txt"
    _put(process, path, token, iter([content]), len(content))
    id = path.split("/")[-2]
    post = api.post(POSTS, {"title": "Shows a file", "cover": id}).json
    api.post(f"{POSTS}/{post['id']}/publish", {})
    return f"/media/{id}/served.txt"


def _uploads(bare: Process, ours: Process, token: str, plan: Plan) -> list[Figure]:
    took = Figure("upload of 200 MB", "of the time of bare", limit=UPLOAD)
    memory = Figure("memory for an upload of 200 MB", "MiB", limit=MEMORY)
    seconds: list[float] = []
    for number in range(plan.rounds):
        plain = _put(bare, "/upload", token, _large(number), LARGE)
        with _Memory(ours) as watched:
            path = f"{MEDIA}/{uuid4()}/large.txt"
            seconds.append(_put(ours, path, token, _large(number), LARGE))
        took.values.append(seconds[-1] / plain)
        memory.values.append(watched.most - watched.before)
    took.details["seconds"] = round(median(seconds), 2)
    return [took, memory]


def _large(number: int) -> Iterator[bytes]:
    """Text that no other round has sent, in pieces."""
    piece = random.Random(number).randbytes(_CHUNK // 2).hex().encode()
    for _ in range(LARGE // _CHUNK):
        yield piece


def _put(process: Process, path: str, token: str, pieces: Iterator[bytes], size: int) -> float:
    """Send a body and return how many seconds it took. Raises `Refused`."""
    connection = http.client.HTTPConnection(*process.address(), timeout=120)
    headers = {"Authorization": f"Bearer {token}", "Content-Length": str(size)}
    begun = time.perf_counter()
    connection.request("PUT", path, body=pieces, headers=headers)
    answer = connection.getresponse()
    told = answer.read()
    took = time.perf_counter() - begun
    connection.close()
    if answer.status != 201:
        raise Refused(f"{path}: {answer.status}, {told[:500]!r}")
    return took


class _Memory:
    """Looks again and again how much memory a process takes."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.before = self.most = process.memory()

    def __enter__(self) -> _Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_LOOK):
            self.most = max(self.most, self._process.memory())
