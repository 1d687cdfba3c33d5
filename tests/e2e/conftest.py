"""Clients of a running CMS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest


@pytest.fixture
def sign_in() -> Iterator[Callable[[str, Mapping[str, str]], httpx2.Client]]:
    """``sign_in(url, {"email": …, "password": …})``: a client that may write."""
    with ExitStack() as clients:

        def sign_in(url: str, credentials: Mapping[str, str]) -> httpx2.Client:
            client = clients.enter_context(httpx2.Client(base_url=url))
            answer = client.post("/api/v1/auth/login", json=dict(credentials))
            assert answer.status_code == 200, answer.text
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            return client

        yield sign_in


@pytest.fixture
def publish() -> Callable[[httpx2.Client, str], Any]:
    """``publish(client, title)``: write a post, publish it, and return it as readers get it."""

    def publish(client: httpx2.Client, title: str) -> Any:
        draft = client.post("/api/v1/admin/posts", json={"title": title, "body": "An *elephant*."})
        assert draft.status_code == 201, draft.text
        post = draft.json()
        assert client.get(f"/api/v1/posts/{post['slug']}").status_code == 404
        published = client.post(f"/api/v1/admin/posts/{post['id']}/publish")
        assert published.status_code == 200, published.text
        return client.get(f"/api/v1/posts/{post['slug']}").json()

    return publish
