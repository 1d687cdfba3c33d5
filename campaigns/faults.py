"""Faults that a campaign must notice, or it proves nothing.

Each replaces named functions of the shipped code, in the processes of one run only. The shipped
code knows nothing of them. A function that is gone or has another name stops the run.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.campaign import Engine
from campaigns.model import variants
from campaigns.planted import cache, outbox, plan, published, reading

BOTH = (Engine.SQLITE, Engine.POSTGRESQL)

#: Gets what it replaces and returns the replacement.
Replace = Callable[[Any], Any]


class FaultTargetGone(Exception):
    """The fault can't be planted: the shipped code no longer has what it replaces."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`replacements` are by target, as in ``cms_core.db.session:TransactionSession.emit``."""

    name: str
    campaign: str
    variant: str
    engines: tuple[Engine, ...]
    what: str
    replacements: Mapping[str, Replace]

    def plant(self) -> None:
        """Replace the targets in this process, and so in those that it forks.

        Raises `FaultTargetGone`.
        """
        for target, replace in self.replacements.items():
            holder, name = _resolve(target)
            setattr(holder, name, replace(getattr(holder, name)))


def _resolve(target: str) -> tuple[Any, str]:
    module, _, path = target.partition(":")
    *outer, name = path.split(".")
    try:
        holder: Any = importlib.import_module(module)
        for each in outer:
            holder = getattr(holder, each)
        getattr(holder, name)
    except (ImportError, AttributeError) as error:
        raise FaultTargetGone(f"{target}: {error}") from error
    return holder, name


_APPLYING = "cms_posts.service.applying"
_PLAN = "cms_posts.service.plan"
_SESSION = "cms_core.db.session"
_DELETING: Mapping[str, Replace] = {
    "cms_core.cache.published:Published._holds": cache.trust_what_is_there,
    "cms_core.cache.memory:Memory.put": cache.keep_nothing,
    "cms_core.front.published:PublishedAnswers._load": cache.load_slowly,
    f"{_SESSION}:TransactionSession.tell": cache.delete_then_tell,
}
_RULES = "campaigns.model.rules:RULES"

_ALL = (
    Fault(
        "no-state-guard",
        campaign="due-posts",
        variant="calm",
        engines=(Engine.POSTGRESQL,),  # SQLite has one writer at a time: nobody can be faster
        what="what is due is looked at before the lock, and applied without looking again",
        replacements={
            f"{_APPLYING}:_claim": plan.claim_without_lock,
            f"{_APPLYING}:_due_heads": plan.look_then_lock,
            f"{_APPLYING}:_mark_applied": plan.mark_blindly,
            "cms_posts.service.live:LiveChange.is_needed": plan.always_needed,
        },
    ),
    Fault(
        "event-in-second-commit",
        campaign="due-posts",
        variant="kills",
        engines=BOTH,
        what="the outbox is written in a transaction after the one that publishes",
        replacements={
            f"{_SESSION}:enqueue": outbox.enqueue_later,
            f"{_SESSION}:TransactionSession.tell": outbox.write_then_tell,
        },
    ),
    Fault(
        "boundary-ignored",
        campaign="exact-reads",
        variant="no-worker",
        engines=BOTH,
        what="readers don't catch up with what is overdue",
        replacements={"cms_core.catchup:Reader.waits_for": reading.never_wait},
    ),
    Fault(
        "catch-up-skips-locked",
        campaign="exact-reads",
        variant="stopped-worker",
        engines=(Engine.POSTGRESQL,),  # SQLite locks no rows
        what="readers who catch up skip the posts that others hold",
        replacements={"cms_scheduler.jobs:apply_due": reading.skip_locked},
    ),
    Fault(
        "no-version-guard",
        campaign="late-changes",
        variant="around",
        engines=BOTH,
        what="a change of the plan does not look whether it was applied",
        replacements={
            f"{_PLAN}:_lock_open": plan.lock_without_looking,
            f"{_PLAN}:_cancel": plan.cancel_blindly,
        },
    ),
    Fault(
        "workers-clock",
        campaign="clocks",
        variant="skewed",
        engines=BOTH,
        what="what is due is decided by the worker's clock",
        replacements={f"{_APPLYING}:_is_due": plan.due_by_own_clock},
    ),
    Fault(
        "gaps-accepted",
        campaign="time-zones",
        variant="all",
        engines=(Engine.SQLITE,),
        what="wall times that clocks skip are accepted",
        replacements={"cms_scheduler.zones:resolve": reading.accept_gaps},
    ),
    Fault(
        "outbox-outside-transaction",
        campaign="events",
        variant="kills",
        engines=BOTH,
        what="events are written to the outbox in transactions of their own",
        replacements={
            f"{_SESSION}:TransactionSession.emit": outbox.emit_aside,
            f"{_SESSION}:enqueue": outbox.enqueue_nothing,
        },
    ),
    Fault(
        "delete-after-commit",
        campaign="model",
        variant="two-processes",
        engines=(Engine.SQLITE,),
        what="writers delete what is cached after they commit",
        replacements={_RULES: variants.delete_after_commit},
    ),
    Fault(
        "delete-before-commit",
        campaign="model",
        variant="two-processes",
        engines=(Engine.SQLITE,),
        what="writers delete what is cached before they commit",
        replacements={_RULES: variants.delete_before_commit},
    ),
    Fault(
        "delete-twice",
        campaign="model",
        variant="two-processes",
        engines=(Engine.SQLITE,),
        what="writers delete what is cached before and, late, after they commit",
        replacements={_RULES: variants.delete_twice},
    ),
    Fault(
        "query-joined-in-flight",
        campaign="model",
        variant="one-process",
        engines=(Engine.SQLITE,),
        what="readers share a validation that was sent before they came",
        replacements={_RULES: variants.join_query_in_flight},
    ),
    Fault(
        "generation-after-commit",
        campaign="model",
        variant="two-processes",
        engines=(Engine.SQLITE,),
        what="generations are renewed in a transaction after the change",
        replacements={_RULES: variants.renew_after_commit},
    ),
    Fault(
        "generation-before-commit",
        campaign="model",
        variant="one-process",
        engines=(Engine.SQLITE,),
        what="generations are renewed in a transaction before the change",
        replacements={_RULES: variants.renew_before_commit},
    ),
    Fault(
        "generations-deleted",
        campaign="model",
        variant="one-process",
        engines=(Engine.SQLITE,),
        what="rows of generations are deleted at some time",
        replacements={_RULES: variants.delete_generations},
    ),
    Fault(
        "generations-read-last",
        campaign="model",
        variant="one-process",
        engines=(Engine.SQLITE,),
        what="what is loaded is stored under generations read after it",
        replacements={_RULES: variants.read_gens_last},
    ),
    Fault(
        "generations-counted",
        campaign="model",
        variant="restore",
        engines=(Engine.SQLITE,),
        what="generations are counted, and a backup is restored",
        replacements={_RULES: variants.count_generations},
    ),
    Fault(
        "older-load-joined",
        campaign="model",
        variant="one-process",
        engines=(Engine.SQLITE,),
        what="readers take the result of a load that began before they came",
        replacements={_RULES: variants.join_older_load},
    ),
    Fault(
        "due-ignored",
        campaign="model",
        variant="plan",
        engines=(Engine.SQLITE,),
        what="cached answers outlive the instant of a plan",
        replacements={_RULES: variants.ignore_due},
    ),
    Fault(
        "plan-applied-early",
        campaign="model",
        variant="plan",
        engines=(Engine.SQLITE,),
        what="the worker applies plans by a clock that is ahead",
        replacements={_RULES: variants.trust_workers_clock},
    ),
    Fault(
        "lists-depend-on-all",
        campaign="precision",
        variant="one-change",
        engines=BOTH[::-1],
        what="every list depends on all posts",
        replacements={"cms_posts.delivery.filters:Filters.scope": published.depend_on_all_posts},
    ),
    Fault(
        "filter-left-out-of-key",
        campaign="cached-uncached",
        variant="random",
        engines=BOTH[::-1],
        what="the key of a kept answer leaves out the tag that was asked for",
        replacements={
            "cms_core.front.hits:key_of": published.leave_tag_out,
            "cms_core.front.published:key_of": published.leave_tag_out,
        },
    ),
    Fault(
        "scope-not-touched",
        campaign="cached-uncached",
        variant="random",
        engines=BOTH[::-1],
        what="who renames a tag does not renew the lists that show its name",
        replacements={"cms_posts.service.tags:_touch": published.leave_tags_of_others},
    ),
    Fault(
        "parts-taken-unseen",
        campaign="cached-uncached",
        variant="random",
        engines=BOTH[::-1],
        what="kept parts of answers are used without a look whether they are current",
        replacements={"cms_core.db.parts:PartsInUse.settle": published.take_parts_unseen},
    ),
    Fault(
        "load-ends-with-a-reader",
        campaign="disconnects",
        variant="any-moment",
        engines=BOTH[::-1],
        what="a reader who waits for an answer and leaves takes it from all who wait",
        replacements={"cms_core.cache.published:_Flight.arrival": published.wait_unshielded},
    ),
    Fault(
        "bytes-of-another",
        campaign="disconnects",
        variant="any-moment",
        engines=BOTH[::-1],
        what="a body is written once more, in front of the next answer",
        replacements={"cms_core.front.hits:write_ready": published.write_twice},
    ),
    Fault(
        "working-copies-delivered",
        campaign="canaries",
        variant="everywhere",
        engines=BOTH[::-1],
        what="lists show the newest revision of a live post, not the published one",
        replacements={"cms_posts.delivery.queries:_PINNED": published.deliver_working_copies},
    ),
    Fault(
        "previews-kept",
        campaign="canaries",
        variant="everywhere",
        engines=BOTH,
        what="previews of drafts are kept as published answers are",
        replacements={
            "cms_core.http.route:OpenRoute.is_published": published.open_to_all,
            "cms_posts.previews:read_preview": published.keep_previews,
        },
    ),
    Fault(
        "redis-deleted-after-commit",
        campaign="stale-reads",
        variant="calm",
        engines=(Engine.POSTGRESQL,),
        what="writers delete what is kept after they commit, and what is kept is believed",
        replacements=_DELETING,
    ),
    Fault(
        "deletion-lost-with-writer",
        campaign="killed-writers",
        variant="kills",
        engines=(Engine.POSTGRESQL,),
        what="the same, and the writer is killed before it deletes",
        replacements=_DELETING,
    ),
    Fault(
        "validation-joined-in-flight",
        campaign="stale-reads",
        variant="calm",
        engines=(Engine.POSTGRESQL,),
        what="readers take the answer of a validation that was sent before they came",
        replacements={
            "cms_core.cache.batches:Batches.put": cache.join_what_is_asked,
            "cms_core.cache.batches:Batches._answer": cache.note_what_is_asked,
            "cms_core.cache.postgres:PostgresValidator._put": cache.ask_for_all,
        },
    ),
    Fault(
        "generations-in-second-commit",
        campaign="stale-reads",
        variant="calm",
        engines=(Engine.POSTGRESQL,),
        what="generations are renewed in a transaction after the one that changes something",
        replacements={
            f"{_SESSION}:TransactionSession.complete": cache.only_settle,
            f"{_SESSION}:TransactionSession.tell": cache.renew_then_tell,
        },
    ),
    Fault(
        "single-flight-off",
        campaign="stampede",
        variant="flushes",
        engines=(Engine.POSTGRESQL,),
        what="everybody who finds nothing makes the answer",
        replacements={"cms_core.cache.published:Published.obtain": cache.load_always},
    ),
    Fault(
        "restored-unnoticed",
        campaign="restored",
        variant="restores",
        engines=BOTH,
        what="generations are counted, and a restored database stays the one that it was",
        replacements={
            f"{_SESSION}:renew": cache.count_generations,
            "cms_core.db.instance:renew_instance": cache.keep_instance,
        },
    ),
)
FAULTS = {fault.name: fault for fault in _ALL}
