from cms_core.circuit import CircuitBreaker


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def fail_one_call(breaker: CircuitBreaker, clock: Clock) -> None:
    started = clock.now
    clock.now += 0.05
    breaker.fail(started)


def opened(clock: Clock) -> CircuitBreaker:
    breaker = CircuitBreaker(failures=3, pause=1.0, clock=clock)
    for _ in range(3):
        fail_one_call(breaker, clock)
    return breaker


def test_stays_closed_below_the_number_of_failures() -> None:
    clock = Clock()
    breaker = CircuitBreaker(failures=3, clock=clock)
    fail_one_call(breaker, clock)
    fail_one_call(breaker, clock)
    assert breaker.closed
    assert breaker.admit()


def test_opens_after_failures_in_a_row_and_refuses() -> None:
    breaker = opened(Clock())
    assert not breaker.closed
    assert not breaker.admit()


def test_an_answer_between_failures_starts_the_count_anew() -> None:
    clock = Clock()
    breaker = CircuitBreaker(failures=2, clock=clock)
    fail_one_call(breaker, clock)
    breaker.succeed()
    fail_one_call(breaker, clock)
    assert breaker.closed


def test_calls_that_were_under_way_together_count_as_one_failure() -> None:
    clock = Clock()
    breaker = CircuitBreaker(failures=2, clock=clock)
    started = [clock.now + delay for delay in (0.0, 0.01, 0.02)]
    clock.now += 0.06
    for start in started:
        breaker.fail(start)
    assert breaker.closed


def test_an_open_circuit_admits_one_probe_per_pause() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 1.0
    assert [breaker.admit() for _ in range(3)] == [True, False, False]
    clock.now += 1.0
    assert breaker.admit()


def test_a_failed_probe_keeps_the_circuit_open_for_another_pause() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 1.0
    assert breaker.admit()
    fail_one_call(breaker, clock)
    clock.now += 0.99
    assert not breaker.admit()


def test_a_probe_that_is_answered_closes_the_circuit() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 1.0
    assert breaker.admit()
    breaker.succeed()
    assert breaker.closed
    assert all(breaker.admit() for _ in range(5))
