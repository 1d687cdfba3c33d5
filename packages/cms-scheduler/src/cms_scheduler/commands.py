"""``cms scheduler``: the plan of all posts from the command line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Annotated
from uuid import UUID

import typer
from pydantic import TypeAdapter

from cms_core import CMS, CMSError, Principal, Transaction, run_with_cms, show_table
from cms_posts import (
    AlreadyCancelled,
    PostTransition,
    TransitionNotFound,
    TransitionState,
    cancel_transition,
    retry_transition,
    transitions,
)
from cms_scheduler.presentation import OPEN, Presenter
from cms_scheduler.schemas import ListedTransition, Transition

app = typer.Typer(no_args_is_help=True, help="Planned changes of what readers see.")

#: Whoever may run commands on the server; no account has this id.
_OPERATOR = UUID(int=0)

Ids = Annotated[list[UUID], typer.Argument(metavar="ID...", help="Ids that `list` shows.")]
Change = Callable[[Transaction, UUID, UUID, Principal], Awaitable[object]]


@app.command("list")
def list_(
    state: Annotated[
        list[TransitionState] | None,
        typer.Option(help="May be repeated; without: planned and failed."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """Show what is planned for all posts, the earliest first.

    Examples:

    cms scheduler list

    cms scheduler list --state failed --json
    """
    found = run_with_cms(lambda cms: _list(cms, state or OPEN))
    if as_json:
        typer.echo(TypeAdapter(list[ListedTransition]).dump_json(found))
        return
    headings = ("id", "at", "action", "revision", "state", "attempts", "post", "last error")
    show_table(headings, map(_row, found))


@app.command()
def retry(ids: Ids) -> None:
    """Try transitions that have failed again, at once.

    Example: cms scheduler retry 01980d6e-7c5f-7d5a-9d0c-2f6f0e7a5b11
    """

    async def change(session: Transaction, post_id: UUID, id: UUID, by: Principal) -> None:
        await retry_transition(session, post_id, id, by=by)

    _change_each(ids, change, "is due now")


@app.command()
def cancel(ids: Ids) -> None:
    """Cancel planned transitions, or such as have failed; those that were applied stay so.

    Example: cms scheduler cancel 01980d6e-7c5f-7d5a-9d0c-2f6f0e7a5b11
    """

    async def change(session: Transaction, post_id: UUID, id: UUID, by: Principal) -> None:
        with suppress(AlreadyCancelled):
            await cancel_transition(session, post_id, id, by=by)

    _change_each(ids, change, "is cancelled")


async def _list(cms: CMS, states: Sequence[TransitionState]) -> list[ListedTransition]:
    ordered = transitions(states=states).order_by(PostTransition.due_at, PostTransition.id)
    async with cms.db.snapshot() as session:
        rows = (await session.execute(ordered)).mappings().all()
        return await Presenter(cms).listed(session, rows)


def _row(item: Transition) -> Sequence[str]:
    revision = "-" if item.revision is None else str(item.revision)
    what = (f"{item.at:%Y-%m-%dT%H:%M:%SZ}", item.action, revision, item.state)
    return (str(item.id), *what, str(item.attempts), item.post.slug, item.last_error or "-")


def _change_each(ids: Sequence[UUID], change: Change, done: str) -> None:
    async def work(cms: CMS) -> bool:
        # One by one: what can't be done with one is no reason to leave the others.
        return all([await _change(cms, id, change, done) for id in ids])

    if not run_with_cms(work):
        raise typer.Exit(1)


async def _change(cms: CMS, id: UUID, change: Change, done: str) -> bool:
    by = _operator(cms)

    async def work(session: Transaction) -> None:
        row = (await session.execute(transitions().where(PostTransition.id == id))).one_or_none()
        if row is None:
            raise TransitionNotFound
        await change(session, row.post_id, id, by)

    try:
        await cms.db.run(work)
    except CMSError as error:
        typer.echo(f"{id}: {error}", err=True)
        return False
    typer.echo(f"{id} {done}.")
    return True


def _operator(cms: CMS) -> Principal:
    rights = (key for key in cms.contributions.permissions if key.startswith("posts:"))
    return Principal(_OPERATOR, "operator", frozenset(rights))
