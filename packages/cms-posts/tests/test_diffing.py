import json
import random
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms_posts.diffing import DiffOp, FieldChange, Segment, diff_fields, diff_text

LINES = st.lists(st.sampled_from(["a\n", "b\n", "c d\n", "\n", "c e f"]), max_size=12).map("".join)


def ops(old: str, new: str) -> list[str]:
    return [hunk.op for hunk in diff_text(old, new)]


def test_equal_texts_are_one_hunk() -> None:
    assert ops("a\nb\n", "a\nb\n") == ["equal"]


def test_empty_texts_have_no_hunks() -> None:
    assert diff_text("", "") == []


def test_added_and_removed_lines_are_told_with_their_numbers() -> None:
    hunks = diff_text("a\nb\nc\nd\n", "a\nc\nx\nd\n")
    assert [(hunk.op, hunk.old_start, hunk.new_start) for hunk in hunks] == [
        ("equal", 1, 1),
        ("delete", 2, 2),
        ("equal", 3, 2),
        ("insert", 4, 3),
        ("equal", 4, 4),
    ]
    assert hunks[1].old_lines == ("b\n",)
    assert hunks[3].new_lines == ("x\n",)


def test_replaced_lines_are_compared_by_words() -> None:
    [hunk] = diff_text("the quick fox", "the slow fox")
    assert hunk.segments == (
        Segment(DiffOp.EQUAL, "the ", "the "),
        Segment(DiffOp.REPLACE, "quick", "slow"),
        Segment(DiffOp.EQUAL, " fox", " fox"),
    )


def test_scripts_without_spaces_are_compared_by_characters() -> None:
    [hunk] = diff_text("東京に行く", "京都に行く")
    assert Segment(DiffOp.EQUAL, "に行く", "に行く") in hunk.segments


def test_letters_stay_together_with_their_marks() -> None:
    [hunk] = diff_text("हिन्दी a", "हिन्दी b")
    assert hunk.segments[0] == Segment(DiffOp.EQUAL, "हिन्दी ", "हिन्दी ")


def test_a_lost_last_line_end_is_a_change() -> None:
    assert ops("a\n", "a") == ["replace"]


@given(LINES, LINES)
def test_hunks_and_segments_add_up_to_both_texts(old: str, new: str) -> None:
    hunks = diff_text(old, new)
    assert "".join("".join(hunk.old_lines) for hunk in hunks) == old
    assert "".join("".join(hunk.new_lines) for hunk in hunks) == new
    for hunk in hunks:
        if hunk.op is DiffOp.REPLACE:
            assert "".join(segment.old for segment in hunk.segments) == "".join(hunk.old_lines)
            assert "".join(segment.new for segment in hunk.segments) == "".join(hunk.new_lines)


@given(LINES, LINES)
def test_line_numbers_are_where_the_lines_stand(old: str, new: str) -> None:
    for hunk in diff_text(old, new):
        at, size = hunk.old_start - 1, len(hunk.old_lines)
        assert tuple(old.splitlines(keepends=True)[at : at + size]) == hunk.old_lines
        at, size = hunk.new_start - 1, len(hunk.new_lines)
        assert tuple(new.splitlines(keepends=True)[at : at + size]) == hunk.new_lines


def test_hunks_are_ready_for_json() -> None:
    assert json.loads(json.dumps([asdict(hunk) for hunk in diff_text("a", "b")]))[0]["op"] == (
        "replace"
    )


def text_of(words: int, seed: int, vocabulary: int) -> str:
    source = random.Random(seed)
    lines = (" ".join(str(source.randrange(vocabulary)) for _ in range(10)) for _ in range(words))
    return "\n\n".join(lines)


def test_a_few_edits_in_a_long_text_are_found_exactly() -> None:
    old = text_of(8000, 1, 500)
    lines = old.split("\n")
    for at in range(100, 15_000, 500):
        lines[at] += " edited"
    hunks = diff_text(old, "\n".join(lines))
    assert sum(hunk.op is not DiffOp.EQUAL for hunk in hunks) == 30
    assert not any(hunk.coarse for hunk in hunks)


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a\nb\n" * 250_000, "b\nb\na\n" * 160_000),
        (
            "".join(f"{n % 150}\n" for n in range(250_000)),
            "".join(f"{n % 149}\n" for n in range(250_000)),
        ),
        (text_of(20_000, 1, 500), text_of(20_000, 2, 500)),
        (" ".join(map(str, range(150_000))), " ".join(map(str, range(150_000, 0, -1)))),
        ("x" * 1_000_000, "y" * 1_000_000),
        ("漢字" * 300_000, "字漢漢" * 200_000),
        (
            "".join(f"{n}\n{n}x\n" for n in range(40_000)),
            "".join(f"{n}\n{n}y\n" for n in range(40_000)),
        ),
    ],
)
def test_texts_of_a_megabyte_that_resemble_nowhere_are_compared_coarsely(
    old: str, new: str
) -> None:
    hunks = diff_text(old, new)
    assert "".join("".join(hunk.new_lines) for hunk in hunks) == new


def test_what_was_not_compared_closely_says_so() -> None:
    old = "".join(f"{number % 150}\n" for number in range(100_000))
    new = "".join(f"{number % 149}\n" for number in range(100_000))
    coarse = [hunk for hunk in diff_text("start\n" + old, "start\n" + new) if hunk.coarse]
    assert coarse
    assert all(hunk.op is DiffOp.REPLACE and not hunk.segments for hunk in coarse)


def test_fields_that_differ_are_told_in_the_order_of_the_new_ones() -> None:
    old = {"title": "A", "tags": ["x"], "slug": "a", "gone": 1}
    new = {"slug": "b", "title": "A", "tags": ["x", "y"], "cover": "c"}
    assert diff_fields(old, new) == [
        FieldChange("slug", "a", "b"),
        FieldChange("tags", ["x"], ["x", "y"]),
        FieldChange("cover", None, "c"),
        FieldChange("gone", 1, None),
    ]


def test_fields_of_mappings_are_told_one_by_one() -> None:
    old = {"seo": {"title": "A", "description": "B"}}
    new = {"seo": {"title": "C", "description": "B"}}
    assert diff_fields(old, new) == [FieldChange("seo.title", "A", "C")]


def test_an_absent_field_is_like_none() -> None:
    assert diff_fields({"cover": None}, {}) == []
