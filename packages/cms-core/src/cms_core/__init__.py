"""cms-core: what plugin authors build with. Everything else in this package is private."""

from cms_core.app import CMS, build_cms
from cms_core.commands.context import run_with_cms
from cms_core.commands.tables import show_table
from cms_core.db.clock import db_now
from cms_core.db.faults import unique_or
from cms_core.db.reads import Read, Write
from cms_core.db.session import fetch, recall, remember
from cms_core.db.several import among
from cms_core.db.types import Base, Instant, Json
from cms_core.errors import (
    BadRequest,
    ChecksumMismatch,
    CMSError,
    Conflict,
    FieldError,
    Forbidden,
    InsufficientStorage,
    Invalid,
    NotFound,
    PreconditionFailed,
    Quota,
    RangeNotSatisfiable,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
    reason_of,
)
from cms_core.events import (
    Delivery,
    Event,
    Subscriber,
    after_commit,
    before_commit,
    eventually,
)
from cms_core.health import HealthCheck
from cms_core.hookspecs import hookimpl, hookspec
from cms_core.http.answers import add_headers, answer
from cms_core.http.conditional import ANY_VERSION, IfMatch, Precondition, none_match
from cms_core.http.fields import Sparse
from cms_core.http.guards import authenticate, requires
from cms_core.http.idempotency import shown_once
from cms_core.http.instants import InstantInput
from cms_core.http.listing import Listing, listing
from cms_core.http.openapi import may_answer
from cms_core.http.pagination import Page, Sort
from cms_core.http.routers import AdminRouter, DeliveryRouter, OpenRouter, RootRouter
from cms_core.http.sessions import Snapshot, Transaction
from cms_core.http.streaming import streamed, wants_body
from cms_core.http.transaction import transact
from cms_core.ids import new_id
from cms_core.jobs import Job
from cms_core.plugins.contributions import Models
from cms_core.ratelimit import (
    RateLimit,
    RateLimiter,
    canonical_address,
    rate_limit_headers,
    spend,
)
from cms_core.references import ReferencesChanged, ReferencesEnded, Resolved, Resolver
from cms_core.security import BUILT_IN_ROLES, Authenticator, Permission, Principal
from cms_core.seeds import Seed
from cms_core.settings import PluginSettings, Settings
from cms_core.signing import BadSignature

__all__ = [
    "ANY_VERSION",
    "BUILT_IN_ROLES",
    "CMS",
    "AdminRouter",
    "Authenticator",
    "BadRequest",
    "BadSignature",
    "Base",
    "CMSError",
    "ChecksumMismatch",
    "Conflict",
    "Delivery",
    "DeliveryRouter",
    "Event",
    "FieldError",
    "Forbidden",
    "HealthCheck",
    "IfMatch",
    "Instant",
    "InstantInput",
    "InsufficientStorage",
    "Invalid",
    "Job",
    "Json",
    "Listing",
    "Models",
    "NotFound",
    "OpenRouter",
    "Page",
    "Permission",
    "PluginSettings",
    "Precondition",
    "PreconditionFailed",
    "Principal",
    "Quota",
    "RangeNotSatisfiable",
    "RateLimit",
    "RateLimiter",
    "Read",
    "ReferencesChanged",
    "ReferencesEnded",
    "Resolved",
    "Resolver",
    "RootRouter",
    "Seed",
    "Settings",
    "Snapshot",
    "Sort",
    "Sparse",
    "Subscriber",
    "TooLarge",
    "TooManyRequests",
    "Transaction",
    "Unauthenticated",
    "Unavailable",
    "UnsupportedMediaType",
    "Write",
    "add_headers",
    "after_commit",
    "among",
    "answer",
    "authenticate",
    "before_commit",
    "build_cms",
    "canonical_address",
    "db_now",
    "eventually",
    "fetch",
    "hookimpl",
    "hookspec",
    "listing",
    "may_answer",
    "new_id",
    "none_match",
    "rate_limit_headers",
    "reason_of",
    "recall",
    "remember",
    "requires",
    "run_with_cms",
    "show_table",
    "shown_once",
    "spend",
    "streamed",
    "transact",
    "unique_or",
    "wants_body",
]
