"""The secret key: kept in the data folder of an embedded CMS, demanded of everything else."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from pydantic import SecretStr

from cms_core.errors import CMSError
from cms_core.settings import Settings, random_secret

MIN_LENGTH = 32
#: A random key of this length has at least 15 different characters (odds of 1 in 10^9).
_MIN_VARIETY = 10
_PLACEHOLDERS = ("changeme", "change-me", "change_me", "insecure", "example", "placeholder")
_ADVICE = 'Make one: python -c "import secrets; print(secrets.token_urlsafe(32))"'


class WeakSecretKey(CMSError):
    """CMS_SECRET_KEY is missing or weak."""


def require_secret_key(settings: Settings) -> None:
    """Raise `WeakSecretKey` unless the key is long and no placeholder."""
    key = settings.secret_key.get_secret_value()
    if not key:
        raise WeakSecretKey(f"CMS_SECRET_KEY is not set. {_ADVICE}")
    if len(key) < MIN_LENGTH:
        raise WeakSecretKey(f"CMS_SECRET_KEY is shorter than {MIN_LENGTH} characters. {_ADVICE}")
    if len(set(key)) < _MIN_VARIETY or any(word in key.lower() for word in _PLACEHOLDERS):
        raise WeakSecretKey(f"CMS_SECRET_KEY can be guessed. {_ADVICE}")


def with_kept_key(settings: Settings) -> Settings:
    """Return the settings with the key of the data folder, if they name none and one is there."""
    if settings.secret_key.get_secret_value() or not settings.embedded:
        return settings
    try:
        key = key_file(settings).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return settings
    return settings.model_copy(update={"secret_key": SecretStr(key)})


def keep_key(settings: Settings) -> Settings:
    """Like `with_kept_key`, but make a key where an embedded CMS has none yet."""
    kept = with_kept_key(settings)
    if kept.secret_key.get_secret_value() or not settings.embedded:
        return kept
    path = key_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Readable by its owner alone from the first moment on.
    with NamedTemporaryFile("w", dir=path.parent, prefix=".secret-key-") as draft:
        draft.write(random_secret() + "\n")
        draft.flush()
        # A link, not a rename: of two commands that start at once, the first decides.
        with suppress(FileExistsError):
            os.link(draft.name, path)
    return with_kept_key(settings)


def key_file(settings: Settings) -> Path:
    """Where an embedded CMS keeps its key."""
    return settings.data / "secret-key"
