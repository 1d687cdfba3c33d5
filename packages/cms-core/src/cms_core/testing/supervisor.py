"""Server processes that end with the process that started them, however that ends."""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL
from typing import BinaryIO, TypedDict

READY_WITHIN = 60.0
"""Seconds that a server may take to answer on a busy machine."""

STOPPED_WITHIN = 20.0
"""Seconds that a server may take to end before it is killed."""

# A shell of its own session waits for the end of its input. The kernel brings that end when we die,
# even by SIGKILL, and Ctrl-C in the terminal stops no server under a test that still runs.
_SUPERVISOR = """
exec 3<&0
"$@" 3<&- &
server=$!
{ cat <&3; kill -s INT "$server"; } >/dev/null 2>&1 &
wait "$server"
rm -rf "$HOME"
"""


class ServerUnavailable(RuntimeError):
    """No server could be started."""


class _Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A temporary directory and the account that owns it and runs the server."""

    directory: Path
    account: pwd.struct_passwd | None = None

    def call(self, *command: str | Path) -> None:
        """Run a command to its end. Raises `ServerUnavailable` with its output when it fails."""
        done = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=READY_WITHIN,
            cwd="/",
            env=self._environment(),
            **self._identity(),
        )
        if done.returncode != 0:
            raise ServerUnavailable(done.stdout.decode(errors="replace").strip())

    @contextmanager
    def serve(self, *command: str | Path, ready: Callable[[], bool]) -> Iterator[None]:
        """Run a server that stops on SIGINT. Raises `ServerUnavailable` with its log."""
        with (self.directory / "log").open("w+b") as log:
            supervisor = subprocess.Popen(
                ["/bin/sh", "-c", _SUPERVISOR, "supervisor", *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd="/",
                env=self._environment(),
                **self._identity(),
            )
            try:
                _await(ready, supervisor, log)
                yield
            finally:
                _stop(supervisor)

    def own(self, tree: Path) -> None:
        """Give a tree of files to the account."""
        if self.account:
            for path in (tree, *tree.rglob("*")):
                os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def _environment(self) -> dict[str, str]:
        path = os.environ.get("PATH", os.defpath)
        return {"PATH": path, "HOME": str(self.directory), "LC_ALL": "C", "TZ": "UTC"}

    def _identity(self) -> _Identity:
        if self.account is None:
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}


@contextmanager
def sandbox(*, refuses_root: bool = False) -> Iterator[Sandbox]:
    """Yield an empty sandbox; when root starts what `refuses_root`, it belongs to `nobody`."""
    account = pwd.getpwnam("nobody") if refuses_root and os.geteuid() == 0 else None
    box = Sandbox(Path(tempfile.mkdtemp(prefix="cms-test-", dir=_folder(account))), account)
    try:
        box.own(box.directory)
        yield box
    finally:
        shutil.rmtree(box.directory, ignore_errors=True)


def _folder(account: pwd.struct_passwd | None) -> Path:
    """The temporary folder, or the first common one when the account cannot enter it."""
    usual = Path(tempfile.gettempdir())
    open_to_all = filter(_open_to_all, (usual, Path("/tmp"), Path("/var/tmp")))
    return next(open_to_all, usual) if account else usual


def _open_to_all(folder: Path) -> bool:
    return folder.is_dir() and all(
        place.stat().st_mode & stat.S_IXOTH for place in (folder, *folder.parents)
    )


def _await(ready: Callable[[], bool], supervisor: subprocess.Popen[bytes], log: BinaryIO) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not ready():
        if supervisor.poll() is not None or time.monotonic() > deadline:
            log.seek(0)
            raise ServerUnavailable(log.read()[-2000:].decode(errors="replace").strip())
        time.sleep(0.02)


def _stop(supervisor: subprocess.Popen[bytes]) -> None:
    if supervisor.stdin:
        supervisor.stdin.close()
    try:
        supervisor.wait(STOPPED_WITHIN)
    except subprocess.TimeoutExpired:
        os.killpg(supervisor.pid, SIGKILL)
        supervisor.wait()
