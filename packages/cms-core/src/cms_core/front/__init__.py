"""The layer that every request passes before and after the routes: pure ASGI, no task of its own.

`BaseHTTPMiddleware` would run each request in a second task and leak connections on cancellation.
"""

from cms_core.front.layer import Front

__all__ = ["Front"]
