"""GIF: blocks, most of which are made of sub-blocks of at most 255 bytes."""

import re

from cms_media.content.metadata.window import REST, Walk, Window

_HEADER_BYTES = 13
_IMAGE_BYTES = 10
#: Sub-blocks of images are full, but the last one.
_LARGE = 64
_EXTENSION, _IMAGE = b"!", b","
# What is no block is searched through, as some decoders do.
_BLOCK = re.compile(rb"[!,;]")
_PLAIN_TEXT, _CONTROL, _APPLICATION = 0x01, 0xF9, 0xFF
#: How often an animation repeats, and the colours; each after its length.
_NEEDED = frozenset({b"\x0bNETSCAPE2.0", b"\x0bANIMEXTS1.0", b"\x0bICCRGBG1012"})


def walk_gif(window: Window) -> Walk:
    """Take out comments, what programs left for themselves, and what comes after the end."""
    head = yield from window.need(_HEADER_BYTES)
    yield from window.keep(_HEADER_BYTES + _table_bytes(head[10]))
    while True:
        window.begin_part()
        yield from window.blank_until(_BLOCK)
        kind = yield from window.need(1)
        if kind == _IMAGE:
            yield from _walk_image(window)
        elif kind == _EXTENSION:
            yield from _walk_extension(window)
        else:
            break
    yield from window.keep(1)
    yield from window.blank(REST)


def _table_bytes(flags: int) -> int:
    """The size of the table of colours that follows these flags."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _walk_image(window: Window) -> Walk:
    head = yield from window.need(_IMAGE_BYTES)
    yield from window.keep(_IMAGE_BYTES + _table_bytes(head[9]) + 1)
    yield from _walk_sub_blocks(window, needed=True)


def _walk_extension(window: Window) -> Walk:
    label = (yield from window.need(2))[1]
    yield from window.keep(2)
    needed = label in (_PLAIN_TEXT, _CONTROL)
    if label == _APPLICATION:
        needed = (yield from window.peek(12)) in _NEEDED
    yield from _walk_sub_blocks(window, needed=needed)


def _walk_sub_blocks(window: Window, *, needed: bool) -> Walk:
    """Up to the empty one, which ends them."""
    size = _LARGE
    while size:
        _pass_over_large(window, needed=needed)
        size = (yield from window.need(1))[0]
        if size < _LARGE:
            window.begin_part()
        yield from window.keep(1)
        yield from (window.keep if needed else window.blank)(size)


def _pass_over_large(window: Window, *, needed: bool) -> None:
    """Go past those that are wholly here: images have too many to wait for each of them."""
    data, at, end = window.data, window.at, len(window.data)
    while at < end and (size := data[at]) >= _LARGE and at + size < end:
        if not needed:
            data[at + 1 : at + 1 + size] = bytes(size)
        at += size + 1
    window.at = at
