"""The process that decodes images: a program of its own, which nothing imports.

What decoders make of hostile bytes must not reach the API. So each task gets a fork of this process
with limits of its own; one that crashes, or needs too much, is an answer like any other.

A request on standard input is a line of JSON: `task` (`inspect` or `derive`), `path`, `decoder`
and the limits `memory` (bytes), `seconds` (of processor time) and `pixels`. To derive an image
takes also `box` (left, top, right, bottom) and `size` (width, height), both in pixels of the image
when it stands upright, `format` and `quality`.

An answer on standard output is a line of JSON, followed by `length` bytes of a derived image. It
has `peak` (bytes of memory that were in use at most) and either what was asked for, or `refused`:
why the image is not taken (`broken`, `pixels`, `passes`, `memory` or `time`).
"""

import json
import os
import re
import resource
import signal
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import Any, BinaryIO

from PIL import AvifImagePlugin, ExifTags, Image, ImageCms, ImageOps

#: Politeness towards those who answer requests.
_NICENESS = 5
#: Open files that a task needs at most.
_FILES = 16
#: Seconds of processor time after which a task is killed that did not end when it was told to.
_LENIENCE = 1
#: To what an image is reduced before its colour is taken, and among how many that is chosen.
_SMALL = (64, 64)
_COLOURS = 8
#: How much larger than needed an image is decoded at least before it is reduced well.
_GAP = 2.0
_WHITE = (255, 255, 255, 255)
#: Where a pass over the pixels of a JPEG begins. Most have one, progressive ones about ten, and one
#: that has thousands is a small file that takes minutes. Two bytes alone are in every film that is
#: behind a photo.
_PASS = re.compile(rb"\xff\xda\0[\x08\x0a\x0c\x0e][\1-\4]")
#: Pixels that all passes of an image go over at most, together.
_PASSED = 800_000_000
_CHUNK = 1024 * 1024


class TooManyPasses(Exception):
    """An image would have to be gone over more often than any image needs."""


_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"progressive": True, "optimize": True},
    "WEBP": {"method": 4},
    "AVIF": {"speed": 8, "max_threads": 1},
}
_SRGB = ImageCms.createProfile("sRGB")


def main() -> None:
    """Answer one request after the other, until nobody is there any more."""
    Image.init()  # what is loaded now is there in every fork
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    os.nice(_NICENESS)
    for line in sys.stdin.buffer:
        _write(sys.stdout.buffer, *_apart(json.loads(line)))
        sys.stdout.buffer.flush()


def _apart(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Let a fork of this process answer."""
    receiver, sender = os.pipe()
    child = os.fork()
    if not child:
        os.close(receiver)
        with open(sender, "wb") as answer:
            _write(answer, *_limited(request))
        os._exit(0)
    os.close(sender)
    with open(receiver, "rb") as answer:
        head, content = answer.readline(), answer.read()
    _, status, usage = os.wait4(child, 0)
    with suppress(ValueError):  # it died while it wrote
        found: dict[str, Any] = json.loads(head)
        if len(content) == found["length"]:
            return found, content
    killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    reason = "time" if killed in (signal.SIGXCPU, signal.SIGKILL) else "broken"
    return {"refused": reason, "peak": _bytes(usage)}, b""


def _limited(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    _limit(request)
    content = b""
    try:
        answer, content = _TASKS[request["task"]](request)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        answer = {"refused": "pixels"}
    except TooManyPasses:
        answer = {"refused": "passes"}
    except MemoryError:
        answer = {"refused": "memory"}
    except Exception:  # decoders raise whatever they like for what they can't read
        answer = {"refused": "broken"}
    return answer | {"peak": _bytes(resource.getrusage(resource.RUSAGE_SELF))}, content


def _limit(request: dict[str, Any]) -> None:
    Image.MAX_IMAGE_PIXELS = request["pixels"]
    seconds = request["seconds"]
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + _LENIENCE))
    resource.setrlimit(resource.RLIMIT_DATA, (request["memory"], request["memory"]))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _inspect(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """How large it is when it stands upright, whether it moves, and which colour it has most of."""
    with _opened(request) as image:
        width, height = image.size
        image.draft(image.mode, _SMALL)
        image.load()
        turned = _orientation(image) >= 5
        small = _srgb(_true_colour(image.resize(_SMALL, Image.Resampling.NEAREST)))
        moves = bool(getattr(image, "is_animated", False))
    size = {"width": height, "height": width} if turned else {"width": width, "height": height}
    return size | {"animated": moves, "color": _dominant(small)}, b""


def _derive(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """A part of it, in another size and format, without anything but its pixels."""
    # What it was cut from is let go of before it is encoded, which takes a lot of memory too.
    return {}, _encoded(_srgb(_cut(request)), request["format"], request["quality"])


def _cut(request: dict[str, Any]) -> Image.Image:
    left, top, right, bottom = request["box"]
    width, height = request["size"]
    reduced = _GAP * max(width / (right - left), height / (bottom - top))
    with _opened(request) as image:
        full = max(image.size)
        image.draft(image.mode, (int(image.width * reduced), int(image.height * reduced)))
        image.load()
        scale = max(image.size) / full
        with suppress(Exception):  # a broken orientation is none
            ImageOps.exif_transpose(image, in_place=True)
        box = (
            left * scale,
            top * scale,
            min(right * scale, image.width),
            min(bottom * scale, image.height),
        )
        part = _true_colour(image).resize(
            (width, height), Image.Resampling.LANCZOS, box, reducing_gap=_GAP
        )
        part.info = image.info
        return part


_TASKS: dict[str, Callable[[dict[str, Any]], tuple[dict[str, Any], bytes]]] = {
    "inspect": _inspect,
    "derive": _derive,
}


def _opened(request: dict[str, Any]) -> Image.Image:
    image = Image.open(request["path"], formats=[request["decoder"]])
    passes = _passes(request["path"]) if request["decoder"] == "JPEG" else 1
    if passes > 1 and passes * image.width * image.height > _PASSED:
        raise TooManyPasses
    return image


def _passes(path: str) -> int:
    count, last = 0, b""
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            count += len(_PASS.findall(last + chunk))
            last = chunk[-4:]
    return count


def _orientation(image: Image.Image) -> int:
    with suppress(Exception):  # a broken one is none
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    return 1


def _true_colour(image: Image.Image) -> Image.Image:
    """The same in a mode whose pixels can be mixed."""
    if image.mode in ("P", "PA"):
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode.startswith("I"):
        return image.point(lambda value: value / 256).convert("L")
    if image.mode in ("1", "F"):
        return image.convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image


def _srgb(image: Image.Image) -> Image.Image:
    """The same in the colours that everybody takes it to be in."""
    profile = image.info.get("icc_profile")
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        with suppress(ImageCms.PyCMSError, OSError, ValueError):  # a broken profile is none
            given = ImageCms.ImageCmsProfile(BytesIO(profile))
            turned = ImageCms.profileToProfile(image, given, _SRGB, outputMode=mode)
            if turned is not None:
                return turned
    return image.convert(mode)


def _dominant(image: Image.Image) -> str:
    flat = Image.alpha_composite(Image.new("RGBA", image.size, _WHITE), image.convert("RGBA"))
    few = flat.convert("RGB").quantize(_COLOURS)
    most = 3 * few.histogram().index(max(few.histogram()))
    palette = few.getpalette() or []
    return f"#{bytes(palette[most : most + 3]).hex()}"


def _encoded(image: Image.Image, format: str, quality: int) -> bytes:
    if format == "JPEG" and image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, _WHITE), image).convert("RGB")
    image.info.clear()  # else some of it would be written too
    output = BytesIO()
    image.save(output, format, quality=quality, **_OPTIONS[format])
    return output.getvalue()


def _bytes(usage: resource.struct_rusage) -> int:
    return usage.ru_maxrss if sys.platform == "darwin" else usage.ru_maxrss * 1024


def _write(stream: BinaryIO, answer: dict[str, Any], content: bytes) -> None:
    head = json.dumps(answer | {"length": len(content)})
    stream.write(head.encode() + b"\n" + content)


if __name__ == "__main__":
    main()
