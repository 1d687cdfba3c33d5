"""The CMS of these tests: this plugin and what it requires."""

import pytest


@pytest.fixture
def cms_plugins() -> list[str]:
    return ["posts", "search"]
