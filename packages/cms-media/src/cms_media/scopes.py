"""Names of cached answers' ingredients: what posts show of a file."""

from uuid import UUID

#: Whatever is shown of any file, for lists.
ANY = "media:any"


def of_media(id: UUID) -> str:
    """The scope of one file, where a single thing shows it."""
    return f"media:{id}"
