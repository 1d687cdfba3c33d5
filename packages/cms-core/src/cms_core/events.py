"""Events: facts that happened, and who reacts to them at which of three moments.

``before_commit`` takes part in the transaction, ``after_commit`` is a hint that may be lost,
``eventually`` is written to the outbox in the same transaction and delivered at least once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from uuid import UUID

from pydantic import TypeAdapter

if TYPE_CHECKING:
    from cms_core.app import CMS
    from cms_core.db.session import TransactionSession


@dataclass(frozen=True)
class Event:
    """Base of all events: a frozen dataclass in the past tense with ids and plain values."""

    #: Stable public name: front-door package and class, such as ``cms_posts.PostPublished``.
    event_name: ClassVar[str] = "cms_core.Event"

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        cls.event_name = f"{cls.__module__.partition('.')[0]}.{cls.__name__}"

    @property
    def aggregate(self) -> str:
        """The thing this happened to; deliveries keep the order of events per aggregate."""
        raise NotImplementedError


E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of an event from the outbox; equal ids are the same event told again."""

    event_id: UUID
    attempt: int


class Moment(StrEnum):
    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"
    EVENTUALLY = "eventually"


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A reaction to one kind of event; make it with one of the three functions below."""

    event: type[Event]
    moment: Moment
    key: str
    handler: Callable[..., Awaitable[None]]


def before_commit(
    event: type[E], handler: Callable[[TransactionSession, E], Awaitable[None]]
) -> Subscriber:
    """React inside the emitting transaction; an exception vetoes the commit."""
    return Subscriber(event, Moment.BEFORE_COMMIT, _key_of(handler), handler)


def after_commit(event: type[E], handler: Callable[[CMS, E], Awaitable[None]]) -> Subscriber:
    """React once the commit has succeeded; failures are logged and forgotten (a hint)."""
    return Subscriber(event, Moment.AFTER_COMMIT, _key_of(handler), handler)


def eventually(
    event: type[E], handler: Callable[[CMS, E, Delivery], Awaitable[None]], *, key: str
) -> Subscriber:
    """React from the outbox, at least once and in order per aggregate.

    `key` is stored with each waiting delivery: never rename it while deliveries may be waiting.
    """
    return Subscriber(event, Moment.EVENTUALLY, key, handler)


def _key_of(handler: Callable[..., object]) -> str:
    return f"{handler.__module__}.{getattr(handler, '__qualname__', 'handler')}"


class Subscribers:
    """All subscribers of a CMS, in dependency order of their plugins."""

    def __init__(self, subscribers: Iterable[Subscriber] = ()) -> None:
        self._by_moment: dict[tuple[type[Event], Moment], list[Subscriber]] = {}
        self._eventual: dict[str, Subscriber] = {}
        for subscriber in subscribers:
            self._by_moment.setdefault((subscriber.event, subscriber.moment), []).append(subscriber)
            if subscriber.moment is Moment.EVENTUALLY:
                self._eventual[subscriber.key] = subscriber

    def of(self, event: Event, moment: Moment) -> list[Subscriber]:
        """Those who react to exactly this kind of event at this moment."""
        return self._by_moment.get((type(event), moment), [])

    def eventual(self, key: str) -> Subscriber | None:
        """The outbox subscriber of that key, if its plugin is still present."""
        return self._eventual.get(key)


def to_plain(event: Event) -> dict[str, Any]:
    """Return the event's fields as JSON values, for the outbox."""
    plain: dict[str, Any] = _adapter(type(event)).dump_python(event, mode="json")
    return plain


def from_plain(kind: type[E], plain: dict[str, Any]) -> E:
    """Rebuild an event from `to_plain`'s output; unknown fields of a newer version are dropped."""
    known = {key: plain[key] for key in kind.__dataclass_fields__ if key in plain}
    event: E = _adapter(kind).validate_python(known)
    return event


def _adapter(kind: type[Event]) -> TypeAdapter[Any]:
    # Making one takes a millisecond: more than all else that an event costs.
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


_adapters: dict[type[Event], TypeAdapter[Any]] = {}
