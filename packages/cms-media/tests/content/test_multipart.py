"""Upload forms, in chunks of any size."""

import asyncio
from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms_media.content.errors import BadForm
from cms_media.content.multipart import MAX_FIELD_BYTES, UploadForm

TYPE = "multipart/form-data; boundary=XyZ"
NAMES = frozenset({"alt", "title", *(f"f{number}" for number in range(30))})
ALT = b'--XyZ\r\nContent-Disposition: form-data; name="alt"\r\n\r\nA c\xc3\xa4t\r\n'
TITLE = b'--XyZ\r\nContent-Disposition: form-data; name="title"\r\n\r\nCat\r\n'
FILE = (
    b'--XyZ\r\nContent-Disposition: form-data; name="file"; filename="cat.png"\r\n'
    b"Content-Type: image/png\r\n\r\n\x89PNG\r\n--Xy\r\n\r\n--XyZ!\r\n"
)
END = b"--XyZ--\r\n"
FORM = ALT + FILE + TITLE + END
CONTENT = b"\x89PNG\r\n--Xy\r\n\r\n--XyZ!"
Answer = tuple[str, str, bytes, dict[str, str]]


async def stream(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def read(chunks: Iterable[bytes], content_type: str = TYPE) -> Answer:
    form = UploadForm(stream(chunks), content_type, names=NAMES)
    file = await form.begin()
    content = b"".join([chunk async for chunk in file.chunks])
    return file.filename, file.content_type, content, await form.finish()


def part(name: str, value: bytes = b"x") -> bytes:
    disposition = f'form-data; name="{name}"'.encode()
    return b"--XyZ\r\nContent-Disposition: " + disposition + b"\r\n\r\n" + value + b"\r\n"


def named(parameters: bytes) -> bytes:
    disposition = b"form-data; name=file; " + parameters
    return b"--XyZ\r\nContent-Disposition: " + disposition + b"\r\n\r\nx\r\n" + END


async def test_a_form_gives_its_file_and_the_fields_on_both_sides_of_it() -> None:
    fields = {"alt": "A cät", "title": "Cat"}
    assert await read([FORM]) == ("cat.png", "image/png", CONTENT, fields)


async def test_a_form_is_the_same_wherever_it_is_split() -> None:
    whole = await read([FORM])
    for at in range(len(FORM)):
        assert await read([FORM[:at], b"", FORM[at:]]) == whole


async def test_a_form_may_arrive_byte_by_byte() -> None:
    assert await read(bytes([byte]) for byte in FORM) == await read([FORM])


async def test_fields_before_the_file_are_known_when_it_begins() -> None:
    form = UploadForm(stream([FORM]), TYPE, names=NAMES)
    await form.begin()
    assert form.fields == {"alt": "A cät"}


async def test_the_file_is_handed_out_while_it_arrives() -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        yield FILE
        for _ in range(1000):
            taken += 1
            yield b"z" * 1000

    file = await UploadForm(endless(), TYPE, names=NAMES).begin()
    for read_already in range(4):
        await anext(file.chunks)
        assert taken <= read_already + 1


async def test_what_is_left_of_the_file_is_skipped() -> None:
    form = UploadForm(stream([FORM]), TYPE, names=NAMES)
    await form.begin()
    assert (await form.finish())["title"] == "Cat"


async def test_what_follows_the_closing_boundary_is_read_and_ignored() -> None:
    chunks = stream([FORM, b"more", b"--XyZ\r\n"])
    form = UploadForm(chunks, TYPE, names=NAMES)
    await form.begin()
    await form.finish()
    assert [chunk async for chunk in chunks] == []


async def test_a_file_may_be_empty() -> None:
    empty = FILE.partition(b"\x89")[0] + b"\r\n" + END
    assert (await read([empty]))[2] == b""


@pytest.mark.parametrize(
    ("parameters", "filename"),
    [
        (b'filename="plain.png"', "plain.png"),
        (b"filename=bare.png ; x=y", "bare.png"),
        ('filename="кот.png"'.encode(), "кот.png"),
        (b'filename="caf\xe9.png"', "café.png"),
        (rb'filename="a \"b\" \\ c.png"', 'a "b" \\ c.png'),
        (rb'filename="C:\dir\new.png"', r"C:\dir\new.png"),
        (b"filename=a.png; filename*=UTF-8''%e2%82%ac.png", "€.png"),
        (b"filename*=utf-8'en'a%20b.png; filename=a.png", "a b.png"),
        (b"filename*=iso-8859-1''caf%e9.png", "café.png"),
        (b"filename=a.png; filename*=UTF-8''%ff", "a.png"),
        (b"filename=a.png; filename*=klingon''b", "a.png"),
        (b'filename=""', ""),
    ],
)
async def test_file_names_are_decoded(parameters: bytes, filename: str) -> None:
    assert (await read([named(parameters)]))[0] == filename


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "closing boundary"),
        (FORM[:60], "closing boundary"),
        (FORM[:-5], "closing boundary"),
        (b"hello", "Expected boundary"),
        (b"--XyZ--\r\n", "no part named `file`"),
        (ALT + END, "no part named `file`"),
        (FILE + FILE + END, "more than one"),
        (part("file") + END, "no `filename`"),
        (part("colour") + FILE + END, "no field `colour`"),
        (FILE + part("colour") + END, "no field `colour`"),
        (ALT + ALT + FILE + END, "`alt` is one too many"),
        (b"".join(part(f"f{n}") for n in range(21)) + FILE + END, "`f20` is one too many"),
        (part("alt", b"x" * (MAX_FIELD_BYTES + 1)) + FILE + END, "longer than 8192 bytes"),
        (part("alt", b"\xff") + FILE + END, "not UTF-8"),
        (FILE.replace(b'"file"', b'"alt"') + END, "`alt` is not a file"),
        (b"--XyZ\r\n\r\nx\r\n" + END, "no Content-Disposition"),
        (b"--XyZ\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + END, "with its name"),
        (named(b'filename="a'), "can't be read"),
        (named(b"filename=a; filename=b"), "can't be read"),
        (named(b"filename=" + b"a" * 5000), "header size"),
        (named(b"filename=a\r\nContent-Transfer-Encoding: base64"), "Transfer-Encoding"),
        (named(b"filename=a\r\nContent-Disposition: form-data"), "twice"),
        (b"--XyZ\r\n" + b"A: b\r\n" * 9 + b"\r\n", "header"),
    ],
)
async def test_malformed_forms_are_refused(body: bytes, detail: str) -> None:
    with pytest.raises(BadForm, match=detail):
        await read([body])


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain; boundary=XyZ",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary="a\r\nb"',
        "multipart/form-data; boundary=é",
        "multipart/form-data; boundary=" + "a" * 71,
        "multipart/form-data; boundary=a; boundary=b",
        'multipart/form-data; boundary="a',
    ],
)
async def test_unusable_content_types_are_refused(content_type: str) -> None:
    with pytest.raises(BadForm):
        await read([FORM], content_type)


@pytest.mark.parametrize(
    "content_type",
    ['Multipart/Form-Data; charset=utf-8; Boundary="XyZ"', "multipart/form-data;boundary=XyZ;"],
)
async def test_a_content_type_may_be_spelled_in_many_ways(content_type: str) -> None:
    assert (await read([FORM], content_type))[0] == "cat.png"


async def test_a_field_of_the_greatest_length_is_taken() -> None:
    body = part("alt", b"x" * MAX_FIELD_BYTES) + FILE + END
    assert len((await read([body]))[3]["alt"]) == MAX_FIELD_BYTES


def outcome(chunks: list[bytes], content_type: str = TYPE) -> Answer | None:
    try:
        return asyncio.run(read(chunks, content_type))
    except BadForm:
        return None


PIECES = (ALT, FILE, TITLE, END, b"--XyZ", b"\r\n", b"--", b": ", b"\r", b'filename="')


@given(st.lists(st.binary(max_size=40) | st.sampled_from(PIECES), max_size=12))
def test_no_body_raises_anything_but_the_declared_error(chunks: list[bytes]) -> None:
    outcome(chunks)


@given(st.text())
def test_no_content_type_raises_anything_but_the_declared_error(text: str) -> None:
    outcome([FORM], text)
    outcome([FORM], "multipart/form-data; " + text)


@given(st.binary(max_size=60).filter(lambda each: b"\r\n--XyZ" not in b"\r\n" + each), st.data())
def test_any_content_arrives_as_it_is_in_any_chunks(content: bytes, data: st.DataObject) -> None:
    form = ALT + FILE.replace(CONTENT, content) + TITLE + END
    cuts = sorted(data.draw(st.lists(st.integers(0, len(form)), max_size=8)))
    chunks = [form[a:b] for a, b in zip([0, *cuts], [*cuts, len(form)], strict=True)]
    answer = outcome(chunks)
    assert answer is not None
    assert answer[2] == content


async def test_without_known_names_every_field_is_taken() -> None:
    form = UploadForm(stream([part("colour", b"red") + FILE + END]), TYPE)
    await form.begin()
    assert await form.finish() == {"colour": "red"}
