"""The faults of uploads."""

from __future__ import annotations

from campaigns.campaign import Engine
from campaigns.fault import BOTH, Fault
from campaigns.media import planted

MEDIA_FAULTS = (
    Fault(
        "row-before-file",
        campaign="uploads",
        variant="kills",
        engines=BOTH,
        what="the row of a file is committed a moment before its bytes are stored",
        replacements={"cms_media.storage.local:LocalStorage.put": planted.put_later},
    ),
    Fault(
        "blob-deleted-unheld",
        campaign="same-bytes",
        variant="churn",
        engines=(Engine.POSTGRESQL,),  # SQLite has one writer at a time: nobody comes in between
        what="who deletes the last file of some bytes does not hold them, and deletes them at once",
        replacements={
            "cms_media.workshop:open_storage": planted.remember_storage,
            "cms_media.service.files:drop_unused_blob": planted.drop_unheld,
        },
    ),
    Fault(
        "body-before-rights",
        campaign="unauthorised",
        variant="bodies",
        engines=BOTH,
        what="a part of the body is read before anybody asks whose it is",
        replacements={"cms_core.http.route:authenticate": planted.read_first},
    ),
)
