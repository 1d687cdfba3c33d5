"""All faults that campaigns must notice."""

from __future__ import annotations

from campaigns.campaign import Engine
from campaigns.fault import BOTH, Fault
from campaigns.media_faults import MEDIA_FAULTS
from campaigns.model import variants
from campaigns.planted import outbox, plan, reading
from campaigns.published_faults import PUBLISHED_FAULTS

_APPLYING = "cms_posts.service.applying"
_PLAN = "cms_posts.service.plan"
_SESSION = "cms_core.db.session"
_RULES = "campaigns.model.rules:RULES"

_ALL: tuple[Fault, ...] = (
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
        replacements={
            f"{_APPLYING}:_is_due": plan.due_by_own_clock,
            f"{_APPLYING}:_PLANS": plan.plans_by_own_clock,
        },
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
    *PUBLISHED_FAULTS,
    *MEDIA_FAULTS,
)
FAULTS = {fault.name: fault for fault in _ALL}
