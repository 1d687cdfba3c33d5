"""The content that is measured on is always the same, and looks as it is said to."""

from __future__ import annotations

from collections import Counter
from itertools import islice

from benchmarks.articles import BODY, FIRST, LAST, MONTHS, NEEDLE, articles

from cms_posts.models import BodyFormat
from cms_posts.rendering import render


def test_a_seed_gives_the_same_articles_again() -> None:
    assert list(articles(20, 5, seed=7)) == list(articles(20, 5, seed=7))
    assert list(articles(20, 5, seed=7)) != list(articles(20, 5, seed=8))


def test_drafts_come_last_and_have_no_date() -> None:
    dated = [article.published_at is not None for article in articles(10, 3)]

    assert dated == [True] * 10 + [False] * 3


def test_bodies_are_as_long_as_is_said() -> None:
    assert all(BODY <= len(article.body) < BODY + 250 for article in articles(50))


def test_the_html_is_what_the_cms_renders() -> None:
    for article in islice(articles(1_000), 45, 55):  # the one with the needle is among them
        assert article.html == render(article.body, BodyFormat.MARKDOWN)


def test_one_in_a_hundred_has_the_needle() -> None:
    found = [article.body.count(NEEDLE) for article in articles(300, 100)]

    assert Counter(found) == {1: 3, 0: 397}


def test_slugs_are_unique_and_tags_differ() -> None:
    made = list(articles(200))

    assert len({article.slug for article in made}) == 200
    assert all(len(set(article.tags)) == 3 for article in made)
    assert len({article.author for article in made}) == 20


def test_every_month_has_its_share_however_many_articles_there_are() -> None:
    for count in (300, 600):
        dates = [article.published_at for article in articles(count)]
        months = Counter(f"{date:%Y-%m}" for date in dates if date is not None)
        assert set(months) == set(MONTHS)
        assert min(months.values()) >= count / len(MONTHS) * 0.8


def test_all_dates_lie_between_the_two_that_are_named() -> None:
    dates = [article.published_at for article in articles(100)]

    assert all(date is not None and FIRST <= date < LAST for date in dates)
