"""The judge of reads: what is stale is told from what is merely new, and from what is wrong."""

from __future__ import annotations

import pytest
from campaigns.campaign import Size
from campaigns.published.board import Board
from campaigns.published.connections import Answer
from campaigns.published.judging import Judge, Read, list_of, post_by_id, post_by_name
from campaigns.published.shapes import CYCLE, Change, Shapes, title

SHAPES = Shapes(posts=3, tags=3)
NOTHING = {"stale": 0, "wrong": 0, "invented": 0, "failed": 0}


def answer(status: int, *shown: tuple[int, int]) -> Answer:
    """An answer that shows these posts, each in a version."""
    return Answer(status, b"", " ".join(title(*each) for each in shown).encode())


def judged(read: Read, given: Answer, least: int, most: int) -> str | None:
    """What the answer is called when each post has at least and at most this version."""
    judge = Judge(SHAPES)
    judge.judge(read, given, [least] * SHAPES.posts, [most] * SHAPES.posts)
    return next((kind for kind, count in judge.found.counts.items() if count), None)


BY_ID, BY_NAME, BY_OTHER_NAME = post_by_id(1, "id"), post_by_name(1, 0), post_by_name(1, 1)


@pytest.mark.parametrize(
    ("read", "given", "least", "most", "called"),
    [
        (BY_ID, answer(200, (1, 5)), 5, 5, None),
        (BY_ID, answer(200, (1, 6)), 5, 6, None),
        (BY_ID, answer(200, (1, 4)), 5, 6, "stale"),
        (BY_ID, answer(200, (1, 7)), 5, 6, "invented"),
        (BY_ID, answer(200, (2, 5)), 5, 5, "wrong"),
        (BY_ID, answer(404), 5, 5, "stale"),
        (BY_ID, answer(404), 7, 8, None),  # the eighth version takes it down
        (BY_ID, answer(404), 8, 8, None),
        (BY_ID, answer(404), 9, 9, "stale"),
        (BY_ID, answer(500), 5, 5, "failed"),
        (BY_NAME, answer(308), 12, 12, None),  # the twelfth gives it its other name
        (BY_NAME, answer(308), 11, 11, "stale"),
        (BY_NAME, answer(200, (1, 12)), 11, 12, "wrong"),
        (BY_OTHER_NAME, answer(404), 11, 11, None),
        (BY_OTHER_NAME, answer(404), 12, 12, "stale"),
    ],
)
def test_a_post_is_held_against_the_versions_that_it_may_show(
    read: Read, given: Answer, least: int, most: int, called: str | None
) -> None:
    assert judged(read, given, least, most) == called


ALL = [(0, 5), (1, 5), (2, 5)]


@pytest.mark.parametrize(
    ("tag", "shown", "least", "most", "called"),
    [
        (None, ALL, 5, 5, None),
        (None, ALL[:2], 5, 5, "stale"),
        (None, ALL[:2], 7, 8, "stale"),
        (None, [], 8, 8, None),
        (None, [(0, 4), *ALL[1:]], 5, 5, "stale"),
        (None, [(0, 8), *ALL[1:]], 5, 8, "wrong"),
        (1, [(0, 5)], 5, 5, None),
        (1, [], 5, 5, "stale"),
        (1, [(1, 2)], 2, 3, None),  # the third version gives it another tag
        (1, [(1, 5), (0, 5)], 5, 5, "wrong"),
    ],
)
def test_a_list_is_held_against_what_it_must_show(
    tag: int | None, shown: list[tuple[int, int]], least: int, most: int, called: str | None
) -> None:
    assert judged(list_of(tag), answer(200, *shown), least, most) == called


def test_what_somebody_has_seen_everybody_must_see() -> None:
    board = Board(3)
    judge = Judge(SHAPES, board.see)
    board.begin(1, 6)
    assert judge.judge(BY_ID, answer(200, (1, 6)), board.all_least(), board.all_most())
    assert board.least(1) == 6
    assert not judge.judge(BY_ID, answer(200, (1, 5)), board.all_least(), board.all_most())


def test_what_is_stale_obliges_nobody() -> None:
    board = Board(3)
    judge = Judge(SHAPES, board.see)
    board.begin(1, 4)
    board.acknowledge(1, 4)
    judge.judge(BY_ID, answer(200, (1, 3)), board.all_least(), board.all_most())
    assert board.least(1) == 4


def test_acknowledged_versions_are_counted_and_the_last_one_is_known() -> None:
    board = Board(3, writers=2)
    board.acknowledge(1, 2, writer=0)
    board.acknowledge(2, 2, writer=1)
    assert (board.writes, board.newest) == (2, 2)
    assert {1, 2} <= set(board.latest)


@pytest.mark.parametrize(("size", "counted"), [(Size.CI, {}), (Size.FULL, {"refused": 1})])
def test_a_refusal_counts_in_full_size_only(size: Size, counted: dict[str, int]) -> None:
    judge = Judge(SHAPES)
    judge.judge(BY_ID, answer(503), [5] * 3, [5] * 3)
    assert judge.outcome(size).counts == NOTHING | counted


def test_every_kind_of_change_comes_round_and_the_first_version_is_live() -> None:
    assert {SHAPES.change(version) for version in range(1, CYCLE + 1)} == set(Change)
    assert SHAPES.is_live(1)


def test_without_plans_nothing_is_planned() -> None:
    shapes = Shapes(posts=3, tags=3, plans=False)
    assert Change.PLAN not in {shapes.change(version) for version in range(1, CYCLE + 1)}
