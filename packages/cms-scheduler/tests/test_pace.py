"""How many posts a worker takes at once."""

from cms_scheduler.pace import FIRST, MOST, Pace


def test_full_batches_that_are_fast_grow_to_the_most() -> None:
    pace = Pace()

    sizes = []
    for _ in range(5):
        sizes.append(pace.batch)
        pace.learn(pace.batch, seconds=0.02)

    assert sizes == [FIRST, 2 * FIRST, 4 * FIRST, MOST, MOST]


def test_slow_ones_shrink_until_one_post_is_left() -> None:
    pace = Pace()

    for _ in range(10):
        pace.learn(pace.batch, seconds=1.0)

    assert pace.batch == 1


def test_a_batch_that_was_not_full_tells_nothing_of_a_larger_one() -> None:
    pace = Pace()

    pace.learn(FIRST - 1, seconds=0.001)

    assert pace.batch == FIRST


def test_on_a_busy_machine_batches_do_not_get_so_small_that_they_keep_it_busy() -> None:
    pace = Pace()

    for _ in range(8):
        pace.learn(pace.batch, seconds=0.3)

    assert pace.batch == FIRST


def test_a_slow_transaction_with_few_posts_makes_no_batch_smaller() -> None:
    pace = Pace()

    pace.learn(1, seconds=1.0)

    assert pace.batch == FIRST
