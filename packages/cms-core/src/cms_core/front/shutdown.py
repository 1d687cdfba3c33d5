"""Notices that the process was asked to stop, which the server tells us only when it is over.

uvicorn ends the lifespan after the last request; the balancer must hear of it before.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def noticing_signals(notice: Callable[[], None]) -> Iterator[None]:
    """Call `notice` on SIGINT and SIGTERM, before whoever handled them so far.

    Elsewhere than in the main thread, which alone may handle signals, it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def on_signal(number: int, frame: FrameType | None) -> None:
        notice()
        handler: Any = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    # Only handlers written in Python are wrapped: the defaults end the process at once anyway.
    ours = {n: signal.signal(n, on_signal) for n in _SIGNALS if callable(before[n])}
    try:
        yield
    finally:
        for number, handler in ours.items():
            if signal.getsignal(number) is on_signal:
                signal.signal(number, handler)
