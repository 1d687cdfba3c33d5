"""What happens before a process serves or works: the schema is looked at, plugins start."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import structlog

from cms_core import migrate
from cms_core.app import CMS
from cms_core.faults import Fault, PluginFaults
from cms_core.migrate import PluginSchema, SchemaAhead, SchemaState

log = structlog.get_logger(__name__)


@asynccontextmanager
async def running(cms: CMS) -> AsyncIterator[None]:
    """Enter the plugins' lifespans in dependency order; leave them in reverse, close the CMS."""
    async with AsyncExitStack() as stack:
        stack.push_async_callback(cms.close)
        for _, enter in cms.contributions.lifespans:
            await stack.enter_async_context(enter(cms))
        yield


def keep_for_good() -> None:
    """Spare the collector what a process has made to serve with: it lives as long as the process.

    Else each full collection goes through all of it, amid somebody's request.
    """
    gc.collect()
    gc.freeze()


async def prepare_schema(cms: CMS) -> None:
    """Upgrade an embedded database; of a shared one only look whether its schema fits.

    Raises `PluginFaults` (P054, P055): several processes share such a database, so only a command
    that somebody gave may change it.
    """
    if cms.settings.embedded:
        cms.settings.data.mkdir(parents=True, exist_ok=True)
        with suppress(SchemaAhead):  # told below, like that of a shared database
            await migrate.upgrade(cms)
    schemas = await migrate.status(cms)
    if faults := schema_faults(cms, schemas):
        raise PluginFaults(faults)
    for schema in schemas:
        if schema.state is SchemaState.LEFT:
            log.warning("tables_left_behind", plugin=schema.plugin, revision=schema.current)


def schema_faults(cms: CMS, schemas: Sequence[PluginSchema]) -> list[Fault]:
    """Return what keeps this code from working with this database."""
    distributions = {plugin.name: plugin.distribution for plugin in cms.contributions.plugins}
    faults = []
    for schema in schemas:
        distribution = distributions.get(schema.plugin, "")
        if schema.state is SchemaState.BEHIND:
            message = f"the schema is at {schema.current}, the code needs {schema.head}"
            remedy = "Run: cms db upgrade"
            faults.append(Fault("P054", schema.plugin, distribution, message, remedy))
        elif schema.state is SchemaState.AHEAD:
            message = f"the schema is at {schema.current}, which this code does not know"
            remedy = "Install the newer release again, or restore a backup."
            faults.append(Fault("P055", schema.plugin, distribution, message, remedy))
    return faults


async def plant_seeds(cms: CMS, *, demo: bool) -> dict[str, str]:
    """Run the plugins' seeds, and return by label what the developer should read."""
    found: dict[str, str] = {}
    for seed in cms.contributions.seeds:
        if demo or not seed.demo:
            found |= await seed.run(cms)
    return found
