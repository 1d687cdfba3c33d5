"""Articles to measure on: made from a seed, always the same, read from nowhere."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SEED = 20_240_601
#: Characters of a body, not counting how far the last sentence goes beyond.
BODY = 5_000
AUTHORS, TAGS, TAGS_OF_ONE = 20, 60, 3
#: Stands in one of a hundred published articles, for whoever measures search.
NEEDLE = "needleword"
#: All are published between these two, however many there are: as a site grows, its months do.
FIRST, LAST = datetime(2023, 1, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)
MONTHS = tuple(f"{year}-{month:02}" for year in (2023, 2024, 2025) for month in range(1, 13))[:30]
_VOCABULARY = 2_000
_ONSETS, _VOWELS, _CODAS = "bdfgklmnprstvz", "aeiou", ("", "", "n", "r", "s")


@dataclass(frozen=True, slots=True)
class Article:
    """One post; without `published_at` it is a draft."""

    number: int
    title: str
    slug: str
    paragraphs: Sequence[str]
    author: str
    tags: Sequence[str]
    created_at: datetime
    published_at: datetime | None

    @property
    def body(self) -> str:
        """The paragraphs as Markdown."""
        return "\n\n".join(self.paragraphs)

    @property
    def html(self) -> str:
        """The body as the CMS renders it: a paragraph of plain words is all there is to render."""
        return "".join(f"<p>{each}</p>\n" for each in self.paragraphs)


def articles(published: int, drafts: int = 0, *, seed: int = SEED) -> Iterator[Article]:
    """Yield so many published articles, the oldest first, and after them so many drafts."""
    writer = Writer(seed)
    names = [word.title() for word in writer.words[:AUTHORS]]
    tags = writer.words[AUTHORS : AUTHORS + TAGS]
    step = (LAST - FIRST) / max(published, 1)
    for number in range(published + drafts):
        live = number < published
        created_at = FIRST + step * number if live else LAST + timedelta(seconds=number)
        title = writer.title()
        yield Article(
            number=number,
            title=title,
            slug=f"{title.split()[0].lower()}-{number:06}",
            paragraphs=writer.paragraphs(needle=live and number % 100 == 50),
            author=f"Author {names[number % AUTHORS]}",
            tags=writer.choice.sample(tags, TAGS_OF_ONE),
            created_at=created_at,
            published_at=created_at if live else None,
        )


class Writer:
    """Writes what looks like prose from a distance: `choice` decides all of it."""

    def __init__(self, seed: int) -> None:
        self.choice = random.Random(seed)
        self.words = self._vocabulary()

    def title(self) -> str:
        """Return six words."""
        return " ".join(self.choice.choices(self.words, k=6)).capitalize()

    def paragraphs(self, *, needle: bool = False, size: int = BODY) -> list[str]:
        """Return paragraphs of six sentences, `size` characters in all, with or without needle."""
        sentences: list[str] = []
        written = 0
        while written < size:
            words = self.choice.choices(self.words, k=self.choice.randint(8, 16))
            if needle and written > size // 2:
                words[-1], needle = NEEDLE, False
            sentences.append(" ".join(words).capitalize() + ".")
            written += len(sentences[-1]) + 1
        return [" ".join(sentences[at : at + 6]) for at in range(0, len(sentences), 6)]

    def _vocabulary(self) -> list[str]:
        found: dict[str, None] = {}
        while len(found) < _VOCABULARY:
            found["".join(self._syllable() for _ in range(self.choice.randint(2, 4)))] = None
        return list(found)

    def _syllable(self) -> str:
        return "".join(self.choice.choice(part) for part in (_ONSETS, _VOWELS, _CODAS))
