"""The command line."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from campaigns import documents
from campaigns.campaign import Assignment, Engine, Size
from campaigns.catalogue import CAMPAIGNS
from campaigns.ci import assignments
from campaigns.faults import FAULTS
from campaigns.processes import ProcessFailed
from campaigns.results import Record, Results
from campaigns.runs import Stage, stage

app = typer.Typer(
    help="Put what the CMS promises to the test: kills, races, skewed clocks, bad receivers.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
console = Console(highlight=False, soft_wrap=True)

Name = Annotated[str, typer.Argument(help="Campaign; `list` names them.")]
Engines = Annotated[Engine, typer.Option("--engine", help="Database to run on.")]


@app.command()
def run(
    name: Name,
    size: Annotated[Size, typer.Option(help="How much is done.")] = Size.CI,
    engine: Engines = Engine.POSTGRESQL,
    seeds: Annotated[str, typer.Option(help="Seeds, comma-separated.")] = "1",
    variant: Annotated[str, typer.Option(help="Variant; without it, all of them.")] = "",
    fault: Annotated[str, typer.Option(help="Fault to plant first; it must be caught.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Repeat seeds that have passed.")] = False,
) -> None:
    """Run one campaign, seed by seed.

    Full runs are kept in campaigns/results and shown in docs/campaigns.md; a seed that has passed
    with the same load is not run again. Exit code 1 when a promise was broken, the load was not
    reached, or a planted fault was not caught.

    Examples:

    python -m campaigns run due-posts --size full --seeds 1,2,3,4,5

    python -m campaigns run events --engine sqlite --fault outbox-outside-transaction
    """
    wanted = _wanted(name, size, engine, seeds, variant, fault)
    results = Results()
    if size is Size.FULL and not again:
        wanted = [each for each in wanted if not _done(results, each)]
    with stage([engine]) as ready:
        failed = [each for each in wanted if _perform(ready, each, results)]
    raise typer.Exit(1 if failed else 0)


@app.command("list")
def list_campaigns() -> None:
    """List the campaigns, their variants, and the faults that each must catch."""
    table = Table("campaign", "promise", "variants", "planted faults")
    for campaign in CAMPAIGNS.values():
        faults = [fault.name for fault in FAULTS.values() if fault.campaign == campaign.name]
        table.add_row(
            campaign.name, campaign.promise, "\n".join(campaign.variants), "\n".join(faults)
        )
    console.print(table)


@app.command()
def ci() -> None:
    """Run every campaign in the size of CI on both engines, and plant every fault.

    Gates on counts, never on times: a slow machine is no failure.
    """
    results = Results()
    with stage(list(Engine)) as ready:
        failed = {each: why for each in assignments() if (why := _perform(ready, each, results))}
    # Once more and last, with the reason: of a long output often its end alone is kept.
    for each, why in failed.items():
        console.print(f"failed: {each}\n{why}", markup=False)
    raise typer.Exit(1 if failed else 0)


@app.command()
def report(
    write: Annotated[bool, typer.Option("--write", help="Into docs/campaigns.md.")] = False,
) -> None:
    """Print the tables of the kept results, as docs/campaigns.md holds them."""
    if write:
        documents.write(Results())
    else:
        typer.echo(documents.tables(Results()))


def _wanted(
    name: str, size: Size, engine: Engine, seeds: str, variant: str, fault: str
) -> list[Assignment]:
    if name not in CAMPAIGNS:
        raise typer.BadParameter(f"no campaign {name!r}; there are {', '.join(CAMPAIGNS)}")
    if fault and (fault not in FAULTS or FAULTS[fault].campaign != name):
        raise typer.BadParameter(f"no fault {fault!r} belongs to {name}")
    known = CAMPAIGNS[name].variants
    variants = [FAULTS[fault].variant] if fault and not variant else [variant] if variant else known
    if unknown := set(variants) - set(known):
        raise typer.BadParameter(f"no variant {unknown.pop()!r}; there are {', '.join(known)}")
    return [
        Assignment(name, size, engine, int(seed), each, fault or None)
        for each in variants
        for seed in seeds.split(",")
    ]


def _done(results: Results, assignment: Assignment) -> bool:
    parameters = CAMPAIGNS[assignment.campaign].parameters(assignment)
    if held := results.holds(assignment, parameters):
        console.print(f"kept    {assignment}")
    return held


def _perform(ready: Stage, assignment: Assignment, results: Results) -> str | None:
    """Do one run and tell how it went; return why it did not pass."""
    try:
        record = ready.run(assignment)
    except ProcessFailed as error:
        console.print(f"FAILED  {assignment}\n{error}", markup=False)
        return str(error)
    if assignment.size is Size.FULL:
        results.append(record)
        documents.write(results)
    _tell(record)
    return record.failure


def _tell(record: Record) -> None:
    outcome, failure = record.outcome, record.failure
    verdict = "FAILED" if failure else "caught" if record.assignment.fault else "held"
    console.print(f"{verdict:7} {record.assignment} · {record.seconds:.0f} s", markup=False)
    counted = {**outcome.injected, **outcome.load, **outcome.violations, **outcome.figures}
    told = ", ".join(f"{name} {value:g}" for name, value in counted.items())
    console.print(f"        {outcome.cases} cases; {told}", markup=False)
    if failure:
        console.print("        " + "\n        ".join([failure, *outcome.examples]), markup=False)
