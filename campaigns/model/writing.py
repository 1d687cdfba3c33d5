"""What happens to the database and to Redis without any reader."""

from __future__ import annotations

from collections.abc import Iterator

from campaigns.model.rules import Act, Rules, Setting
from campaigns.model.states import PLANNED, Database, Phase, State

Step = tuple[str, State]


def steps(setting: Setting, state: State) -> Iterator[Step]:
    """Yield what writers, the worker, time and bad luck may do next."""
    yield from _arrivals(setting, state)
    # What happens after the last answer can't make it wrong.
    if not setting.world.calm and any(each.phase != Phase.ANSWERED for each in state.readers):
        yield from _writers(setting, state)
        yield from _plan(setting, state)
        yield from _losses(state)


def apply_plan(setting: Setting, db: Database) -> Database:
    """Commit what was planned, unless somebody did before."""
    if not db.planned:
        return db
    return _commit(setting.rules, db, len(db.body) - 1, PLANNED)._replace(planned=False)


def _writers(setting: Setting, state: State) -> Iterator[Step]:
    acts = setting.rules.acts
    for number, done in enumerate(state.writers):
        before = setting.writer_before[number]
        if done < len(acts) and (before is None or state.writers[before]):
            writers = (*state.writers[:number], done + 1, *state.writers[number + 1 :])
            changed = _act(setting, state, number, acts[done])
            yield f"writer {number + 1} {acts[done]}", changed._replace(writers=writers)


def _act(setting: Setting, state: State, writer: int, act: Act) -> State:
    db, target = state.db, setting.world.writers[writer]
    if act is Act.DELETE:
        return state if setting.world.hostile else state._replace(shared=())
    if act is Act.COMMIT:
        return state._replace(db=_commit(setting.rules, db, target, writer + 1))
    if act is Act.WRITE:
        return state._replace(db=_write(db, target, writer + 1))
    if act is Act.RENEW:
        return state._replace(db=_renew(setting.rules, db, target))
    if act is Act.TIDY:
        return state._replace(db=_replaced_gen(db, target, 0))
    made = next(at for at, body in enumerate(db.history) if body[target] == writer + 1)
    return state._replace(db=db._replace(known=max(db.known, made)))


def _commit(rules: Rules, db: Database, target: int, label: int) -> Database:
    return _renew(rules, _write(db, target, label), target)


def _write(db: Database, target: int, label: int) -> Database:
    body = (*db.body[:target], label, *db.body[target + 1 :])
    return db._replace(body=body, history=(*db.history, body))


def _renew(rules: Rules, db: Database, target: int) -> Database:
    drawn = db.drawn + rules.random
    gen = drawn if rules.random else db.gens[target] + 1
    return _replaced_gen(db._replace(drawn=drawn), target, gen)


def _replaced_gen(db: Database, target: int, gen: int) -> Database:
    return db._replace(gens=(*db.gens[:target], gen, *db.gens[target + 1 :]))


def _arrivals(setting: Setting, state: State) -> Iterator[Step]:
    for number, entry in enumerate(state.puts):
        puts = (*state.puts[:number], *state.puts[number + 1 :])
        kept = (entry, *state.shared) if setting.world.hostile else (entry,)
        shared = tuple(sorted(set(kept)))
        yield f"Redis stores {entry.body}", state._replace(shared=shared, puts=puts)


def _plan(setting: Setting, state: State) -> Iterator[Step]:
    db = state.db
    if setting.world.plan and not db.passed:
        yield "the planned instant passes", state._replace(db=db._replace(passed=True))
    if db.overdue or (db.planned and not setting.rules.worker_minds_clock):
        yield "the worker applies the plan", state._replace(db=apply_plan(setting, db))


def _losses(state: State) -> Iterator[Step]:
    db = state.db
    if state.shared:
        yield "Redis loses everything", state._replace(shared=())
    for number, process in enumerate(state.processes):
        if process.local is not None:
            emptied = process._replace(local=None)
            yield f"process {number + 1} forgets", state.with_process(number, emptied)
    if db.restores:
        body, gens = db.history[0], (0,) * len(db.gens)
        history = (*db.history, body)
        restored = db._replace(body=body, gens=gens, history=history, restores=db.restores - 1)
        yield (
            "a backup of the beginning is restored",
            state._replace(db=restored._replace(known=len(history) - 1)),
        )
