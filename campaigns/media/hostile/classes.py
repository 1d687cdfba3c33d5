"""The kinds of hostile files, and how many of each make a run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial

from campaigns.media.hostile import bombs, descriptions, polyglots
from campaigns.media.hostile.mutations import MUTATIONS, Mutate
from campaigns.media.hostile.papers import papers
from campaigns.media.hostile.pictures import images
from campaigns.media.hostile.png import mended
from campaigns.media.hostile.recordings import recordings
from campaigns.media.hostile.specimens import ANY, CREATED, Make, Seed, Specimen

#: The part of mutated files that are images: only those are decoded.
_IMAGES = 0.75
#: The part of other files that a file is mixed with which are of the same type.
_OF_A_KIND = 0.7


def intact(chance: random.Random) -> Specimen:
    """A file to which nothing was done."""
    seed = any_seed(chance)
    return Specimen(seed.content, seed.extension, {CREATED}, seed.media_type, seed.told)


def mutated(mutate: Mutate, chance: random.Random) -> Specimen:
    """A file that was changed at random, often with right checksums all the same."""
    seed, other = any_seed(chance), any_seed(chance)
    if chance.random() < _OF_A_KIND:
        kin = [each for each in seeds() if each.media_type == seed.media_type]
        other = chance.choice(kin)
    content = mutate(chance, seed.content, other.content)
    if chance.random() < 0.5:
        content = mended(content)
    # What lands among the pixels nobody can tell from them.
    told = {*seed.told, *other.told}
    return Specimen(content, seed.extension, ANY, told=tuple(told), is_beside=False)


def any_seed(chance: random.Random) -> Seed:
    """A file as people have them, most often an image."""
    return chance.choice(images() if chance.random() < _IMAGES else (*recordings(), *papers()))


def seeds() -> tuple[Seed, ...]:
    """All of them."""
    return (*images(), *recordings(), *papers())


MUTATED: dict[str, Make] = {name: partial(mutated, each) for name, each in MUTATIONS.items()}
HANDMADE: dict[str, Make] = {
    "intact": intact,
    "halves": bombs.halves,
    "claims": bombs.claims,
    "pixels": bombs.pixels,
    "memory": bombs.memory,
    "brink": bombs.brink,
    "passes": bombs.passes,
    "frames": bombs.frames,
    "oversize": bombs.oversize,
    "crumbs": polyglots.crumbs,
    "unpacked": descriptions.unpacked,
    "profiles": descriptions.profiles,
    "loops": descriptions.loops,
    "with_archive": polyglots.with_archive,
    "with_page": polyglots.with_page,
    "in_jpeg": polyglots.in_jpeg,
    "in_png": polyglots.in_png,
    "in_gif": polyglots.in_gif,
    "in_container": polyglots.in_container,
    "in_pixels": polyglots.in_pixels,
    "gif_script": polyglots.gif_script,
    "page_with_image": polyglots.page_with_image,
    "vector": polyglots.vector,
}


def specimens(chance: random.Random, rounds: int, mutations: int) -> Iterator[tuple[str, Specimen]]:
    """Yield files with the names of their kinds: in each round all handmade ones, mixed."""
    for _ in range(rounds):
        kinds = [*HANDMADE, *list(MUTATED) * mutations]
        chance.shuffle(kinds)
        for kind in kinds:
            yield kind, (MUTATED.get(kind) or HANDMADE[kind])(chance)
