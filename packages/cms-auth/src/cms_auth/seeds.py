"""What `cms dev` finds in a new data folder: somebody who may do everything."""

from __future__ import annotations

from collections.abc import Mapping

from cms_auth.administrator import ensure_administrator
from cms_core import CMS, Seed


def administrator_seed() -> Seed:
    """Return the seed that makes the first administrator and tells who it is."""
    return Seed("auth:administrator", _plant)


async def _plant(cms: CMS) -> Mapping[str, str]:
    made = await ensure_administrator(cms)
    if made is None:
        return {}
    secret = made.password or "as CMS_ADMIN_PASSWORD says"
    return {"Admin": f"{made.email}, password {secret}"}
