import pytest


@pytest.fixture
def cms_plugins() -> list[object]:
    return ["posts"]
