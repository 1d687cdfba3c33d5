"""What is looked for in files as they are served, and that hostile files are hostile."""

from __future__ import annotations

import random
from dataclasses import replace
from io import BytesIO

import pytest
from campaigns.media.hostile.classes import HANDMADE, MUTATED, seeds, specimens
from campaigns.media.hostile.mutations import MUTATIONS
from campaigns.media.hostile.parts import parts_of
from campaigns.media.hostile.pictures import images
from campaigns.media.hostile.png import flat, mended
from campaigns.media.hostile.scan import complaints
from campaigns.media.hostile.specimens import CREATED, PAYLOAD, SECRET, Seed
from campaigns.wire import Answer
from PIL import Image

from cms_media.content.kinds import KINDS
from cms_media.content.sniffing import sniff

PIXELS = flat(8, 8)
SERVED = Answer(
    200,
    (
        ("content-type", "image/png"),
        ("content-disposition", 'inline; filename="cat.png"'),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("x-content-type-options", "nosniff"),
    ),
    PIXELS,
)


def served(name: str = "", value: str = "", body: bytes = PIXELS) -> Answer:
    """The same answer with one header that is different, or with another body."""
    others = tuple(each for each in SERVED.headers if each[0] != name)
    return replace(SERVED, headers=(*others, (name, value)) if name else others, body=body)


def kinds(answer: Answer, media_type: str = "image/png") -> set[str]:
    return {kind for kind, _ in complaints(answer, media_type, (SECRET,))}


def test_there_is_nothing_to_say_of_an_image_as_it_should_be() -> None:
    assert kinds(SERVED) == set()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("content-type", "text/html"),
        ("x-content-type-options", ""),
        ("content-security-policy", "sandbox"),
        ("content-security-policy", "default-src 'none'; sandbox allow-scripts"),
        ("content-security-policy", "default-src 'none'; sandbox; script-src *"),
    ],
)
def test_a_header_that_lets_a_browser_run_something_is_told(name: str, value: str) -> None:
    assert kinds(served(name, value)) == {"active"}


@pytest.mark.parametrize("marker", [b"<ScRipt", b"<html", b"<!DOCTYPE", b"<?php", b"%PDF-"])
def test_what_browsers_or_servers_would_run_is_told(marker: bytes) -> None:
    assert kinds(served(body=PIXELS + marker)) == {"active"}


def test_what_is_far_behind_is_no_beginning_of_anything() -> None:
    assert kinds(served(body=PIXELS + bytes(1024) + b"<script")) == set()


def test_an_archive_behind_an_image_is_told() -> None:
    packed = next(seed for seed in seeds() if seed.extension == ".zip").content

    assert kinds(served(body=PIXELS + packed)) == {"active"}


def test_a_body_of_another_type_is_told() -> None:
    assert kinds(served(body=b"GIF89a" + bytes(20))) == {"active"}


def test_a_document_that_is_shown_in_place_is_told() -> None:
    document = served("content-type", "application/pdf", b"%PDF-1.4")

    assert kinds(document, "application/pdf") == {"active"}


def test_what_the_image_tells_of_its_author_is_told() -> None:
    assert kinds(served(body=PIXELS + SECRET)) == {"told"}


@pytest.mark.parametrize(
    "value",
    [
        "",
        "inline",
        "inline; filename=cat.png",
        'inline; filename="a"; filename="b"',
        'inline; filename="../cat.png"',
        'inline; filename="a\\b.png"',
        'inline; filename=".htaccess"',
        'inline; filename="nul.png"',
        f'inline; filename="{"x" * 150}"',
        "inline; filename=\"a\"; filename*=UTF-8''a%2Fb.png",
        "inline; filename=\"a\"; filename*=UTF-8''%E2%80%AEgpj.exe",
    ],
)
def test_a_name_that_does_harm_or_cannot_be_read_is_told(value: str) -> None:
    assert kinds(served("content-disposition", value)) == {"misnamed"}


def test_a_header_that_came_with_a_name_is_told() -> None:
    assert kinds(served("x-quokka", "yes")) == {"misnamed"}


def test_there_is_a_real_file_of_every_type() -> None:
    assert {seed.media_type for seed in seeds()} == KINDS.keys()
    for seed in seeds():
        assert sniff(seed.content, f"cat{seed.extension}") == seed.media_type


@pytest.mark.parametrize("seed", images(), ids=lambda seed: seed.extension)
def test_real_images_can_be_decoded(seed: Seed) -> None:
    with Image.open(BytesIO(seed.content)) as image:
        image.load()


@pytest.mark.parametrize("seed", seeds(), ids=lambda seed: seed.extension)
def test_the_parts_of_a_file_are_the_file(seed: Seed) -> None:
    parts = parts_of(seed.content)

    assert len(parts) > 1
    assert b"".join(parts) == seed.content


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_mutation_changes_most_files(name: str) -> None:
    chance = random.Random(name)
    changed = [
        MUTATIONS[name](chance, seed.content, seed.content) != seed.content for seed in seeds()
    ]

    assert sum(changed) > 0.6 * len(changed)


def test_checksums_are_mended() -> None:
    at = PIXELS.index(b"IDAT") + 5
    broken = PIXELS[:at] + b"\x7f" + PIXELS[at + 1 :]

    assert mended(PIXELS) == PIXELS
    assert mended(broken)[: at + 1] == broken[: at + 1]
    assert mended(broken) != broken


def test_a_round_has_every_handmade_kind_and_all_mutations() -> None:
    made = [kind for kind, _ in specimens(random.Random(1), rounds=1, mutations=2)]

    assert sorted(made) == sorted([*HANDMADE, *MUTATED, *MUTATED])


def test_polyglots_hide_something_in_what_decoders_take() -> None:
    made = HANDMADE["in_jpeg"](random.Random(1))

    assert PAYLOAD in made.content
    assert CREATED in made.right
    with Image.open(BytesIO(made.content)) as image:
        image.load()
