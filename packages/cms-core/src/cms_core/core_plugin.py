"""What cms-core contributes to a CMS, through the same hooks as every plugin."""

from cms_core.db.generations import Generation
from cms_core.db.outbox import OutboxRow
from cms_core.hookspecs import hookimpl
from cms_core.http.idempotency import IdempotencyRow
from cms_core.plugins.contributions import Models


@hookimpl
def register_models() -> Models:
    classes = (Generation, IdempotencyRow, OutboxRow)
    return Models(classes, tables=frozenset(cls.__tablename__ for cls in classes))
