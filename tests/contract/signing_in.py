"""Signs Schemathesis in as the administrator, and again whenever its own requests end the session.

Loaded by Schemathesis itself, through SCHEMATHESIS_HOOKS.
"""

import os
from importlib import import_module
from typing import Any

import httpx2
import schemathesis

import_module("serializing")  # hooks are one module for Schemathesis

API = os.environ["CONTRACT_API"]
CREDENTIALS = {
    "email": os.environ["CONTRACT_EMAIL"],
    "password": os.environ["CONTRACT_PASSWORD"],
}


@schemathesis.auth(refresh_interval=1)
class AccessToken:
    def __init__(self) -> None:
        self._headers = {"Authorization": ""}

    def get(self, case: Any, context: Any) -> dict[str, str]:
        """Return the headers that sign a request in."""
        if httpx2.get(f"{API}/admin/me", headers=self._headers).status_code != 200:
            answer = httpx2.post(f"{API}/auth/login", json=CREDENTIALS).raise_for_status()
            self._headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return self._headers

    def set(self, case: Any, data: dict[str, str], context: Any) -> None:
        """Sign the request in."""
        case.headers.update(data)
