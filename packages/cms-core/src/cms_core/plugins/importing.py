"""Imports the modules of plugins; whatever goes wrong there becomes a fault of that plugin."""

from __future__ import annotations

import importlib
import traceback
from types import ModuleType

from cms_core.faults import Fault
from cms_core.plugins.discovery import Candidate


def import_plugin(candidate: Candidate) -> ModuleType | Fault:
    """Return the plugin's module, or the fault that keeps it from being one."""
    if not candidate.module.replace(".", "_").isidentifier():
        message = f"the entry point's value {candidate.module!r} is not the name of a module"
        return _not_a_plugin(candidate, message)
    try:
        module = importlib.import_module(candidate.module)
    except (Exception, SystemExit) as error:
        return Fault(
            "P010",
            candidate.name,
            candidate.distribution,
            f"import of {candidate.module} failed{_place(error)}: {_summary(error)}",
            "Repair or update the distribution, or disable the plugin.",
        )
    if not any(hasattr(value, "cms_impl") for value in vars(module).values()):
        return _not_a_plugin(candidate, f"{candidate.module} implements no hook")
    return module


def _not_a_plugin(candidate: Candidate, message: str) -> Fault:
    remedy = "The value is a module with functions marked @hookimpl, such as 'cms_posts.plugin'."
    return Fault("P011", candidate.name, candidate.distribution, message, remedy)


def _summary(error: BaseException) -> str:
    return traceback.format_exception_only(error)[-1].strip()


def _place(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f" ({error.filename}, line {error.lineno})"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__ and "importlib" not in frame.filename
    ]
    return f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
