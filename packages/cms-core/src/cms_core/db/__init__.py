"""Sessions, clock, column types and generations on SQLite and PostgreSQL."""

from cms_core.db.clock import db_now
from cms_core.db.database import Database
from cms_core.db.faults import unique_or
from cms_core.db.session import SnapshotSession, TransactionSession
from cms_core.db.types import Base, Instant, Json

__all__ = [
    "Base",
    "Database",
    "Instant",
    "Json",
    "SnapshotSession",
    "TransactionSession",
    "db_now",
    "unique_or",
]
