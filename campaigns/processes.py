"""Processes forked from this one, which holds no connection and no event loop while it forks."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TypeVar

T = TypeVar("T")

FORK = get_context("fork")


class ProcessFailed(Exception):
    """A process of the campaign did not come to its end."""


def isolated(work: Callable[[], T], *, within: float) -> T:
    """Run `work` in a process group of its own and return its result.

    Raises `ProcessFailed` with the traceback of what it raised, or when it takes longer than
    `within` seconds: then it hangs.
    """
    receiver, sender = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_answer, args=(sender, work))
    process.start()
    sender.close()
    try:
        if not receiver.poll(within):
            raise ProcessFailed(f"no result after {within:.0f} s")
        result, failure = receiver.recv()
    except EOFError:
        raise ProcessFailed("the process died without a word") from None
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(_pid(process), signal.SIGKILL)
        process.join()
    if failure is not None:
        raise ProcessFailed(failure)
    value: T = result
    return value


def _pid(process: BaseProcess) -> int:
    if process.pid is None:
        raise ProcessFailed("the process was not started")
    return process.pid


def _answer(sender: Connection, work: Callable[[], object]) -> None:
    os.setsid()
    result, failure = None, None
    try:
        result = work()
    except BaseException:
        failure = traceback.format_exc()
    sender.send((result, failure))
    sender.close()
