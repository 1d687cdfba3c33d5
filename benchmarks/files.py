"""Files: a large one that comes in, one of 1 MB that readers get, and a variant of an image."""

from __future__ import annotations

import asyncio
import http.client
import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from statistics import median
from uuid import uuid4

from PIL import Image

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
    """Measure uploads of 200 MB and downloads of smaller files, by ratio to what does no more."""
    folder = stage.folder()
    with ExitStack() as stack:
        command = ("-m", "benchmarks.bare_files", folder)
        bare = stack.enter_context(python(command, {}, stage.folder()))
        bare.address()
        database = stage.copy(Content(100, drafts=100))
        ours = stack.enter_context(stage.serve(database, CMS_LOG_LEVEL=plan.log_level, **_ROOM))
        with Reader(ours) as api:
            token = api.post("/api/v1/auth/login", ADMIN).json["access_token"]
            api.headers["Authorization"] = f"Bearer {token}"
            photo = _publish(api, ours, token, _photo(), "photo.png")
            served = {
                "download of 1 MB": _publish(api, ours, token, _text(), "served.txt"),
                "download of a variant": f"{photo}?v=1280.webp",
            }
            for number, address in enumerate(served.values()):
                (folder / f"{number}").write_bytes(api.get(address).body)
        figures = []
        with bar("files", 3 * plan.rounds) as progress:
            for number, (what, address) in enumerate(served.items()):
                figure = Figure(what, "of FileResponse", floor=DOWNLOAD)
                figure.details["bytes"] = (folder / f"{number}").stat().st_size
                ceiling = reader(bare, gets([f"/{number}"]), plan)
                mine = reader(ours, gets([address]), plan)
                asyncio.run(compare(figure, ceiling, mine, plan, progress))
                figures.append(figure)
            uploads = _uploads(bare, ours, token, plan)
            progress(plan.rounds)
        return [*figures, *uploads]


def _text() -> bytes:
    return random.Random(1).randbytes(SERVED // 2).hex().encode()


def _photo() -> bytes:
    """A picture as rich in detail as a photo, of 2400 by 1600 pixels."""
    grain = Image.effect_noise((600, 400), 90).resize((2400, 1600))
    fade = Image.linear_gradient("L").resize((2400, 1600))
    output = BytesIO()
    Image.merge("RGB", (grain, fade, Image.blend(grain, fade, 0.5))).save(output, "PNG")
    return output.getvalue()


def _publish(api: Reader, process: Process, token: str, content: bytes, name: str) -> str:
    """Upload a file, show it in a post, and return its path."""
    path = f"{MEDIA}/{uuid4()}/{name}"
    _put(process, path, token, iter([content]), len(content))
    id = path.split("/")[-2]
    post = api.post(POSTS, {"title": "Shows a file", "cover": id}).json
    api.post(f"{POSTS}/{post['id']}/publish", {})
    return f"/media/{id}/{name}"


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
