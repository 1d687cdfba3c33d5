"""What the ledger contributes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from campaigns.ledger.events import ThingHappened
from campaigns.ledger.models import Emission, Publication, Thing
from campaigns.ledger.subscribers import RECEIVERS, announce_publication, veto
from cms_core import Models, Subscriber, before_commit, eventually, hookimpl
from cms_posts import PostPublished


@hookimpl
def register_models() -> Models:
    return Models((Publication, Thing, Emission))


@hookimpl
def register_migrations() -> Path:
    return Path(__file__).parent / "migrations"


@hookimpl
def register_subscribers() -> Sequence[Subscriber]:
    return [
        eventually(PostPublished, announce_publication, key="ledger:publications"),
        before_commit(ThingHappened, veto),
        *(eventually(ThingHappened, each, key=each.key) for each in RECEIVERS),
    ]
