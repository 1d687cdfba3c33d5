import pytest


@pytest.fixture
def cms_plugins() -> list[object]:
    """The core is tested alone: it knows no other plugin."""
    return []
