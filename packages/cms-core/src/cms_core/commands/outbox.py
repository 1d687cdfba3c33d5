"""``cms outbox``: events on their way to subscribers, and those that do not arrive."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer
from pydantic import TypeAdapter

from cms_core import outbox
from cms_core.app import CMS
from cms_core.commands.context import run_with_cms, warn
from cms_core.commands.jobs import moment
from cms_core.commands.tables import show_table
from cms_core.db.outbox import OutboxRow
from cms_core.db.session import TransactionSession
from cms_core.outbox import MAX_ID, DeliveryState, deliveries
from cms_core.system.schemas import ShownDelivery

app = typer.Typer(no_args_is_help=True, help="Look after deliveries of events.")

Subscriber = Annotated[str | None, typer.Option(help="Only deliveries to this subscriber.")]


@app.command("list")
def list_(
    parked: Annotated[bool, typer.Option("--parked", help="Only those given up.")] = False,
    subscriber: Subscriber = None,
    limit: Annotated[int, typer.Option(min=1, help="Show no more than these.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """Show the deliveries that have not arrived yet, the oldest first.

    Examples:

    cms outbox list

    cms outbox list --parked --subscriber mail:send --json
    """
    state = DeliveryState.PARKED if parked else None
    wanted = deliveries(subscriber=subscriber, state=state).order_by(OutboxRow.id)

    async def work(cms: CMS) -> list[ShownDelivery]:
        async with cms.db.snapshot() as session:
            rows = await session.execute(wanted.limit(limit + 1))
            return [ShownDelivery.model_validate(row) for row in rows]

    found = run_with_cms(work)
    _show(found[:limit], as_json=as_json)
    if len(found) > limit:
        warn(f"There are more; show them with --limit {10 * limit}")


@app.command()
def replay(
    ids: Annotated[
        list[int] | None,
        typer.Argument(metavar="ID", min=1, max=MAX_ID, help="Ids that `list` shows."),
    ] = None,
    subscriber: Subscriber = None,
    event: Annotated[str | None, typer.Option(help="Only events of this name.")] = None,
) -> None:
    """Try parked deliveries again, at once: all of them, or those that are named.

    Examples:

    cms outbox replay

    cms outbox replay 4711 4712

    cms outbox replay --subscriber mail:send --event cms_posts.PostPublished
    """
    work = partial(outbox.replay, subscriber=subscriber, event=event, ids=ids or ())
    count = run_with_cms(lambda cms: cms.db.run(work))
    typer.echo(f"Due again: {count}")


@app.command()
def discard(
    ids: Annotated[
        list[int], typer.Argument(metavar="ID", min=1, max=MAX_ID, help="Ids that `list` shows.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Discard deliveries: their subscribers never hear of these events. Later ones go on.

    Example:

    cms outbox discard 4711
    """

    async def read(cms: CMS) -> list[ShownDelivery]:
        wanted = deliveries().where(OutboxRow.id.in_(ids)).order_by(OutboxRow.id)
        async with cms.db.snapshot() as session:
            return [ShownDelivery.model_validate(row) for row in await session.execute(wanted)]

    async def work(session: TransactionSession) -> int:
        for each in set(ids):
            await outbox.discard(session, each)
        return len(set(ids))

    if not yes:
        _show(run_with_cms(read))
        typer.confirm("Discard them?", abort=True)
    count = run_with_cms(lambda cms: cms.db.run(work))
    typer.echo(f"Discarded: {count}")


def _show(found: Sequence[ShownDelivery], *, as_json: bool = False) -> None:
    if as_json:
        typer.echo(TypeAdapter(list[ShownDelivery]).dump_json(list(found), indent=2))
        return
    headings = ("id", "subscriber", "event", "aggregate", "state", "attempts", "due", "last error")
    show_table(headings, map(_row, found))


def _row(shown: ShownDelivery) -> Sequence[str]:
    what = (str(shown.id), shown.subscriber, shown.event, shown.aggregate)
    how = (shown.state, str(shown.attempts), moment(shown.due_at), shown.last_error or "-")
    return (*what, *how)
