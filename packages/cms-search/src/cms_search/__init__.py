"""Search over published content."""

__all__: list[str] = []
