"""Plans that publish and unpublish posts."""

__all__: list[str] = []
