"""What a failing database is telling us: run it again, come back later, or a defect of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from cms_core.errors import CMSError, Unavailable

#: What statements on the driver itself raise; SQLAlchemy wraps the same in a `DBAPIError`.
DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


def wrapped(error: Exception, sql: str) -> DBAPIError:
    """Return what SQLAlchemy would have raised, had it run the statement."""
    broken_rule = isinstance(error, asyncpg.IntegrityConstraintViolationError)
    kind = IntegrityError if broken_rule else DBAPIError
    return kind(sql, None, error, hide_parameters=True, connection_invalidated=_is_lost(error))


class Fault(Enum):
    RETRY = "rolled back by a race with another transaction: the same work may succeed"
    GONE = "connection lost: the same work may succeed on another one, if it had not committed"
    UNAVAILABLE = "the database can't serve this now"
    DEFECT = "anything else"


_RETRY_STATES = {"40001", "40P01"}  # serialization_failure, deadlock_detected
_GONE_STATES = {"57P01", "57P02", "08000", "08003", "08006"}  # shutdown, crash, connection
_BUSY_STATES = {
    "55P03",  # lock_not_available: lock_timeout
    "57014",  # query_canceled: statement_timeout
    "53100",  # disk_full
    "53200",  # out_of_memory
    "53300",  # too_many_connections
    "57P03",  # cannot_connect_now
    "25P03",  # idle_in_transaction_session_timeout
    "25006",  # read_only_sql_transaction: a standby after a failover
    "28000",  # invalid_authorization_specification
    "28P01",  # invalid_password: it was changed here or there, and not yet in the other place
    "3D000",  # invalid_catalog_name: no such database, as while a backup is restored
}
_SQLITE_BUSY = (
    "database is locked",
    "database or disk is full",
    "disk i/o error",
    "unable to open",
)


def classify(error: BaseException) -> Fault:
    """Return what kind of fault an exception of the database layer is."""
    if isinstance(error, (PoolTimeout, OSError, TimeoutError)):
        return Fault.UNAVAILABLE
    if not isinstance(error, (DBAPIError, *DRIVER_ERRORS)):
        return Fault.DEFECT
    told = error.orig if isinstance(error, DBAPIError) else error
    state = str(getattr(told, "sqlstate", None) or "")
    text = str(told).lower()
    if state in _RETRY_STATES or "cached statement plan is invalid" in text:
        return Fault.RETRY
    if state in _GONE_STATES or _is_lost(error):
        return Fault.GONE
    if state in _BUSY_STATES or any(part in text for part in _SQLITE_BUSY):
        return Fault.UNAVAILABLE
    return Fault.DEFECT


def _is_lost(error: BaseException) -> bool:
    """Whether the connection is gone, as SQLAlchemy or the driver noticed."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated
    if isinstance(error, asyncpg.InternalClientError):
        return True  # between the server's word that it ends the connection, and the end
    return isinstance(error, asyncpg.InterfaceError) and "closed" in str(error)


#: Limits that one statement has reached: another one need not.
_OWN_STATES = {"55P03", "57014"}  # lock_timeout, statement_timeout


def concerns_transaction(error: BaseException) -> bool:
    """Tell what spoils a whole transaction from what a savepoint can take back."""
    if not isinstance(error, (DBAPIError, PoolTimeout)):
        return False
    own = getattr(getattr(error, "orig", None), "sqlstate", None) in _OWN_STATES
    return classify(error) is not Fault.DEFECT and not own


_UNWRITABLE_STATES = {"53100", "25006"}  # disk_full, read_only_sql_transaction
_SQLITE_UNWRITABLE = ("database or disk is full", "disk i/o error")


def refuses_writes(error: BaseException | None) -> bool:
    """Tell a full disk or a standby, which may still be read, from every other fault."""
    if not isinstance(error, DBAPIError):
        return False
    text = str(error.orig).lower()
    state = getattr(error.orig, "sqlstate", None)
    return state in _UNWRITABLE_STATES or any(part in text for part in _SQLITE_UNWRITABLE)


class outages_as_unavailable:  # noqa: N801 - used like a function
    """Turn outages and exhausted pools into `Unavailable`; leave defects as they are.

    A bare `OSError` is the database's only while connecting; later it is the caller's own.
    Every read passes here several times: a generator would take longer.
    """

    __slots__ = ("_connecting",)

    def __init__(self, *, connecting: bool = False) -> None:
        self._connecting = connecting

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if not isinstance(error, _OUTAGES):
            return
        foreign = isinstance(error, OSError) and not self._connecting
        if not foreign and classify(error) is not Fault.DEFECT:
            raise Unavailable("The database is not answering.") from error


_OUTAGES = (DBAPIError, PoolTimeout, OSError, *DRIVER_ERRORS)


@contextmanager
def unique_or(error: CMSError) -> Iterator[None]:
    """Raise `error` where the statements inside violate a unique constraint.

    Flush inside the block: no look before the leap can win the race that the constraint decides.
    """
    try:
        yield
    except IntegrityError as violation:
        if is_unique_violation(violation):
            raise error from violation
        raise


def is_unique_violation(error: IntegrityError) -> bool:
    """Tell unique violations from other broken constraints, on both engines."""
    return getattr(error.orig, "sqlstate", None) == "23505" or "UNIQUE constraint failed" in str(
        error.orig
    )


def is_lock_timeout(error: BaseException) -> bool:
    """Tell a row that others kept locked for too long from every other fault (PostgreSQL)."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) == "55P03"
