"""The faults of uploads."""

from __future__ import annotations

from campaigns.campaign import Engine
from campaigns.fault import BOTH, Fault
from campaigns.media import planted
from campaigns.media.hostile import planted as hostile

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
    Fault(
        "images-unseen",
        campaign="hostile-files",
        variant="all",
        engines=BOTH,
        what="what was uploaded becomes a file without a look at it",
        replacements={"cms_media.service.receiving:examine": hostile.take_unseen},
    ),
    Fault(
        "metadata-kept",
        campaign="hostile-files",
        variant="all",
        engines=BOTH,
        what="images keep what they say beside their pixels",
        replacements={"cms_media.service.receiving:stripper": hostile.strip_nothing},
    ),
    Fault(
        "decoders-unbound",
        campaign="hostile-files",
        variant="all",
        engines=BOTH,
        what="whoever decodes an image gets as much memory as it takes",
        replacements={"cms_media.images.studio:Studio.__init__": hostile.give_memory},
    ),
    Fault(
        "everything-inline",
        campaign="hostile-files",
        variant="all",
        engines=BOTH,
        what="every file is shown in place, documents too",
        replacements={"cms_media.delivery.files:_disposition": hostile.show_everything},
    ),
    Fault(
        "names-believed",
        campaign="hostile-files",
        variant="all",
        engines=BOTH,
        what="a file keeps the name that it came with",
        replacements={"cms_media.service.receiving:tidy_filename": hostile.keep_name},
    ),
    Fault(
        "refusal-believed-stored",
        campaign="storage-faults",
        variant="proxy",
        engines=BOTH,
        what="what S3 has refused to take, again and again, is said to be stored",
        replacements={"cms_media.storage.s3:S3Storage._send": planted.believe_stored},
    ),
    Fault(
        "short-write-taken",
        campaign="full-disk",
        variant="filling",
        engines=BOTH,
        what="what the disk took of a piece is taken for all of it",
        replacements={"cms_media.storage.files:NewFile.write": planted.write_once},
    ),
)
