"""Ways to keep a cache that are known, and wrong: what each changes in the rules."""

from __future__ import annotations

from dataclasses import replace

from campaigns.model.rules import Act, Rules


def _cache_aside(rules: Rules, *acts: Act) -> Rules:
    """Whatever is found is answered; writers delete it. Redis alone, so that they can."""
    return replace(rules, acts=acts, validates=False, local=False)


def delete_after_commit(rules: Rules) -> Rules:
    """A slow reader puts the old answer back after it was deleted."""
    return _cache_aside(rules, Act.COMMIT, Act.DELETE, Act.ACKNOWLEDGE)


def delete_before_commit(rules: Rules) -> Rules:
    """A reader finds nothing, and loads and stores what is about to be replaced."""
    return _cache_aside(rules, Act.DELETE, Act.COMMIT, Act.ACKNOWLEDGE)


def delete_twice(rules: Rules) -> Rules:
    """The second time is as much later as it likes, and a put is later still."""
    return _cache_aside(rules, Act.DELETE, Act.COMMIT, Act.DELETE, Act.ACKNOWLEDGE)


def join_query_in_flight(rules: Rules) -> Rules:
    """The query may have been executed before the reader came."""
    return replace(rules, frozen=False)


def renew_after_commit(rules: Rules) -> Rules:
    """Between the two, or after a crash for ever, old entries pass for true."""
    return replace(rules, acts=(Act.WRITE, Act.RENEW, Act.ACKNOWLEDGE))


def renew_before_commit(rules: Rules) -> Rules:
    """Between the two, the old content is stored under the new generation."""
    return replace(rules, acts=(Act.RENEW, Act.WRITE, Act.ACKNOWLEDGE))


def delete_generations(rules: Rules) -> Rules:
    """An absent row is what entries from before the first change were stored under."""
    return replace(rules, acts=(Act.COMMIT, Act.ACKNOWLEDGE, Act.TIDY))


def read_gens_last(rules: Rules) -> Rules:
    """Old content is stored under the generation of the new."""
    return replace(rules, one_snapshot=False)


def count_generations(rules: Rules) -> Rules:
    """After a restore the numbers come again, for other content."""
    return replace(rules, random=False)


def join_older_load(rules: Rules) -> Rules:
    """The load may have read before the reader came."""
    return replace(rules, doubts_older_loads=False)


def ignore_due(rules: Rules) -> Rules:
    """Nothing was committed at the instant, so every entry passes for true."""
    return replace(rules, minds_due=False)


def trust_workers_clock(rules: Rules) -> Rules:
    """A worker whose clock is ahead shows what is planned before its instant."""
    return replace(rules, worker_minds_clock=False)
