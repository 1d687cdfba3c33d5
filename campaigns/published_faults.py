"""The faults of published content and its cache."""

from __future__ import annotations

from collections.abc import Mapping

from campaigns.campaign import Engine
from campaigns.fault import BOTH, Fault, Replace
from campaigns.planted import cache, published

_SESSION = "cms_core.db.session"
_DELETING: Mapping[str, Replace] = {
    "cms_core.cache.published:Published._holds": cache.trust_what_is_there,
    "cms_core.cache.memory:Memory.put": cache.keep_nothing,
    "cms_core.front.published:PublishedAnswers._load": cache.load_slowly,
    f"{_SESSION}:TransactionSession.tell": cache.delete_then_tell,
}

PUBLISHED_FAULTS = (
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
        "parts-made-with-outdated-ones",
        campaign="cached-uncached",
        variant="random",
        engines=BOTH[::-1],
        what="a part that was made with another one, which has changed since, is kept all the same",
        replacements={
            "cms_core.db.parts:PartsInUse.settle": published.keep_what_outdated_parts_made
        },
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
        replacements={"cms_core.front.delivery:write_ready": published.write_twice},
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
            "cms_core.batches:Batches.put": cache.join_what_is_asked,
            "cms_core.batches:Batches._answer": cache.note_what_is_asked,
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
