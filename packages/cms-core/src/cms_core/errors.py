"""The kinds of failure that domain code may raise.

    CMSError
    ├── NotFound            404   ├── Unauthenticated      401   ├── TooLarge         413
    ├── Conflict            409   ├── Forbidden            403   ├── TooManyRequests  429
    ├── Invalid             422   ├── PreconditionFailed   412   └── Unavailable      503
    ├── BadRequest          400       └── PreconditionRequired 428
    ├── UnsupportedMediaType 415  ├── RangeNotSatisfiable  416
    ├── InsufficientStorage 507   └── ChecksumMismatch     460

Domain code subclasses a kind (``class SlugTaken(Conflict)``); the class docstring's first line is
the message and the class name in kebab-case is the stable ``code``. Nothing here knows HTTP:
`cms_core.problems` renders the kinds.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault of the input: a JSON pointer (``/title``) or parameter name, and what is wrong."""

    pointer: str
    message: str


class CMSError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if "code" not in cls.__dict__:
            cls.code = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.title())
        self.detail = detail

    @classmethod
    def title(cls) -> str:
        """The first line of the class docstring: the same sentence for every occurrence."""
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0]


class BadRequest(CMSError):
    """The request can't be read."""


class NotFound(CMSError):
    """There is no such thing, or you may not see it."""


class Conflict(CMSError):
    """The request conflicts with the present state."""


class Invalid(CMSError):
    """The request is well-formed but its content is not acceptable."""

    def __init__(self, detail: str | None = None, *, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.errors = tuple(errors)

    @classmethod
    def at(cls, pointer: str, message: str) -> "Invalid":
        """The same error for exactly one field."""
        return cls(message, errors=[FieldError(pointer, message)])


class Unauthenticated(CMSError):
    """Sign in first."""


class Forbidden(CMSError):
    """You are signed in, but you lack the permission for this."""


class PreconditionFailed(CMSError):
    """The resource has changed since you read it."""

    def __init__(self, detail: str | None = None, *, etag: str | None = None) -> None:
        super().__init__(detail)
        self.etag = etag


class PreconditionRequired(PreconditionFailed):
    """Send If-Match with the ETag that you read."""


class TooLarge(CMSError):
    """The request is larger than this server accepts."""


class ChecksumMismatch(CMSError):
    """The bytes that came are not those whose checksum was sent."""


class UnsupportedMediaType(CMSError):
    """The body is of a kind that is not accepted here."""


class RangeNotSatisfiable(CMSError):
    """The file has no bytes in the range that was asked for."""

    def __init__(self, detail: str | None = None, *, size: int) -> None:
        super().__init__(detail)
        #: Bytes of the whole file.
        self.size = size


class InsufficientStorage(CMSError):
    """There is no room to store this."""


@dataclass(frozen=True, slots=True)
class Quota:
    """What a limit allows: requests per window, what is left, seconds until it is whole again."""

    name: str
    limit: int
    window: float
    remaining: int = 0
    reset: float = field(default=0.0)


class TooManyRequests(CMSError):
    """You are asking too often."""

    def __init__(
        self, detail: str | None = None, *, retry_after: float, quota: Quota | None = None
    ) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.quota = quota


class Unavailable(CMSError):
    """The service can't answer right now; try again soon."""

    def __init__(self, detail: str | None = None, *, retry_after: float = 1.0) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


def reason_of(error: BaseException) -> str:
    """One line about any error, for tables that people look at."""
    # The further lines of a database error quote the statement and its values.
    first_line = str(error).partition("\n")[0]
    return ": ".join(filter(None, (type(error).__name__, first_line))).replace("\0", "")[:2000]
