"""Posts, revisions, tags, previews and feeds."""

__all__: list[str] = []
