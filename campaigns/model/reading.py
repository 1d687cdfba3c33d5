"""What a process does for its readers: look up, validate, catch up, load."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from campaigns.model.rules import Setting
from campaigns.model.states import (
    PLANNED,
    Database,
    Entry,
    Phase,
    Process,
    Reader,
    Stage,
    State,
    Told,
)
from campaigns.model.writing import Step, apply_plan


def steps(setting: Setting, state: State) -> Iterator[Step]:
    """Yield what readers and processes may do next."""
    for number, reader in enumerate(state.readers):
        if step := _OF_READERS.get(reader.phase):
            yield from step(setting, state, number)
    for number, process in enumerate(state.processes):
        yield from _query(setting, state, number, process)
        if process.load != Stage.NONE:
            yield from _load(setting, state, number, process)


def _come(setting: Setting, state: State, number: int) -> Iterator[Step]:
    """A read comes and looks into the caches; later would only be easier to answer."""
    if not _may_come(setting, state, number):
        return
    db, process = state.db, state.processes[setting.world.readers[number]]
    came = Reader(Phase.MISSED, db.known, db.passed, older=process.load != Stage.NONE)
    state = state.with_reader(number, came)
    for entry in _found(setting, state, process):
        if entry is None:
            yield f"reader {number + 1} comes and finds nothing", state
        else:
            words = f"reader {number + 1} comes and finds {entry.body}"
            yield words, _offer(setting, state, number, entry)


def _may_come(setting: Setting, state: State, number: int) -> bool:
    if setting.world.calm:
        earlier = state.readers[:number]
        return all(reader.phase == Phase.ANSWERED for reader in earlier) and not state.puts
    before = setting.reader_before[number]
    return before is None or state.readers[before].phase != Phase.HOME


def _found(setting: Setting, state: State, process: Process) -> tuple[Entry | None, ...]:
    if process.local is not None:
        return (process.local,)
    if setting.world.hostile:
        return (*state.shared, None)
    return state.shared[:1] or (None,)


def _offer(setting: Setting, state: State, number: int, entry: Entry) -> State:
    """Use the entry, or have it validated first."""
    if not setting.rules.validates:
        return _answer(setting, state, number, entry, hit=True)
    process = state.processes[setting.world.readers[number]]
    joins = process.sent and not setting.rules.frozen
    phase = Phase.SENT if joins else Phase.QUEUED
    return state.with_reader(number, state.readers[number]._replace(phase=phase, held=entry))


def _query(setting: Setting, state: State, number: int, process: Process) -> Iterator[Step]:
    """The validation query: one at a time, with those who were there when it was sent."""
    if process.told is not None:
        told, ended = process.told, process._replace(sent=False, told=None)
        state = state.with_process(number, ended)
        for each in _readers(setting, state, number, Phase.SENT):
            state = _validated(setting, state, each, told)
        yield f"the validation of process {number + 1} comes back", state
    elif process.sent:
        told = Told(state.db.gens, state.db.overdue)
        words = f"the database executes the validation of process {number + 1}"
        yield words, state.with_process(number, process._replace(told=told))
    elif batch := _readers(setting, state, number, Phase.QUEUED):
        sent = state.with_process(number, process._replace(sent=True))
        for each in batch:
            sent = sent.with_reader(each, sent.readers[each]._replace(phase=Phase.SENT))
        yield f"process {number + 1} sends its validation", sent


def _validated(setting: Setting, state: State, number: int, told: Told) -> State:
    reader = state.readers[number]
    assert reader.held is not None
    if told.overdue and setting.rules.minds_due:
        return state.with_reader(number, reader._replace(phase=Phase.OVERDUE))
    if reader.held.gens == told.gens:
        return _answer(setting, state, number, reader.held, hit=True)
    missed = reader._replace(phase=Phase.MISSED, held=None, seen=told.gens)
    return state.with_reader(number, missed)


def _catch_up(setting: Setting, state: State, number: int) -> Iterator[Step]:
    held = state.readers[number].held
    assert held is not None
    applied = state._replace(db=apply_plan(setting, state.db))
    yield f"reader {number + 1} catches up", _offer(setting, applied, number, held)


def _miss(setting: Setting, state: State, number: int) -> Iterator[Step]:
    """Take what the shared cache has since; or begin a load, or wait for the one under way."""
    reader = state.readers[number]
    for entry in state.shared if reader.seen else ():
        if entry.gens == reader.seen:
            words = f"reader {number + 1} finds {entry.body} in Redis"
            yield words, _answer(setting, state, number, entry, hit=True)
    home = setting.world.readers[number]
    process = state.processes[home]
    waits = state.with_reader(number, reader._replace(phase=Phase.LOADING))
    if process.load == Stage.NONE:
        begun = waits.with_process(home, process._replace(load=Stage.BEGUN))
        yield f"reader {number + 1} begins a load", begun
    elif setting.rules.validates:
        yield f"reader {number + 1} joins the load", waits


def _load(setting: Setting, state: State, number: int, process: Process) -> Iterator[Step]:
    if process.load == Stage.DONE:
        yield f"the load of process {number + 1} comes back", _loaded(setting, state, number)
    elif process.load == Stage.BEGUN and state.db.overdue and setting.rules.minds_due:
        caught_up = state._replace(db=apply_plan(setting, state.db))
        yield f"the load of process {number + 1} catches up", caught_up
    else:
        what = "the generations" if process.load == Stage.HALF else state.db.body
        words = f"the load of process {number + 1} reads {what}"
        yield words, state.with_process(number, _read(setting, state.db, process))


def _read(setting: Setting, db: Database, process: Process) -> Process:
    if process.load == Stage.HALF:
        assert process.loaded is not None
        return process._replace(load=Stage.DONE, loaded=Entry(process.loaded.body, db.gens))
    stage = Stage.DONE if setting.rules.one_snapshot else Stage.HALF
    return process._replace(load=stage, loaded=Entry(db.body, db.gens))


def _loaded(setting: Setting, state: State, number: int) -> State:
    process = state.processes[number]
    entry = process.loaded
    assert entry is not None
    ended = process._replace(load=Stage.NONE, loaded=None)
    state = state.with_process(number, ended)
    state = _kept(setting, state, number, entry)
    state = state._replace(puts=tuple(sorted({*state.puts, entry})))
    for each in _readers(setting, state, number, Phase.LOADING):
        state = _take(setting, state, each, entry)
    for each, home in enumerate(setting.world.readers):
        if home == number and state.readers[each].older:
            state = state.with_reader(each, state.readers[each]._replace(older=False))
    return state


def _take(setting: Setting, state: State, number: int, entry: Entry) -> State:
    """Use what was loaded; if that began before the read came, only with its word."""
    reader = state.readers[number]
    doubts = reader.older and setting.rules.doubts_older_loads
    if doubts and reader.seen != entry.gens:
        return _offer(setting, state, number, entry)
    return _answer(setting, state, number, entry, hit=False)


def _answer(setting: Setting, state: State, number: int, entry: Entry, hit: bool) -> State:
    """Answer the read, and judge it: the stricter since nobody has to wait."""
    reader, db = state.readers[number], state.db
    shown = range(reader.since, len(db.history))
    position = next((at for at in shown if db.history[at] == entry.body), None)
    if position is None or (reader.due and entry.body[-1] != PLANNED):
        wrong: str | None = "stale"
    else:
        wrong = "early" if entry.body[-1] == PLANNED and not db.passed else None
        state = state._replace(db=db._replace(known=max(db.known, position)))
    if hit:
        state = _kept(setting, state, setting.world.readers[number], entry)
    return state.with_reader(number, Reader(Phase.ANSWERED, hit=hit, wrong=wrong))


def _kept(setting: Setting, state: State, number: int, entry: Entry) -> State:
    if not setting.rules.local:
        return state
    return state.with_process(number, state.processes[number]._replace(local=entry))


def _readers(setting: Setting, state: State, process: int, phase: int) -> list[int]:
    """The readers of a process that are in this phase."""
    homes = enumerate(setting.world.readers)
    return [each for each, home in homes if home == process and state.readers[each].phase == phase]


_OF_READERS: dict[int, Callable[[Setting, State, int], Iterator[Step]]] = {
    Phase.HOME: _come,
    Phase.OVERDUE: _catch_up,
    Phase.MISSED: _miss,
}
