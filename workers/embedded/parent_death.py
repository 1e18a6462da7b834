"""Which process dies with which: the only place that knows how Linux signals a parent's end to its child."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1  # linux/prctl.h
PR_SET_CHILD_SUBREAPER = 36
STEP = 0.05  # seconds between two looks at a process
_STATE, _PARENT, _STARTED = 0, 1, 19  # fields of /proc/PID/stat after the name: proc(5)


def _stat(pid: int) -> list[str] | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def alive(pid: int) -> bool:
    """Whether ``pid`` runs. A zombie does not: it waits for its parent to read how it ended."""
    if sys.platform == "linux":
        stat = _stat(pid)
        return stat is not None and stat[_STATE] not in "ZX"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def birth(pid: int) -> str:
    """The start of a process, which a later one with the same number does not share; empty where it cannot be read."""
    stat = _stat(pid)
    return stat[_STARTED] if stat else ""


def children_of(pid: int) -> list[int]:
    """The direct children of ``pid``, zombies included (Linux; elsewhere none are known)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        stat = _stat(int(entry.name))
        if stat and int(stat[_PARENT]) == pid:
            found.append(int(entry.name))
    return found


def die_with_parent(sign: signal.Signals) -> Callable[[], None]:
    """A ``preexec_fn``: the child gets ``sign`` when the thread that started it ends, however it ends.

    Only for processes that are started from a main thread. Does nothing outside Linux.
    """
    if sys.platform != "linux":
        return lambda: None
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up before the fork: loading is not safe after it
    parent = os.getpid()

    def ask_for_signal() -> None:
        prctl(PR_SET_PDEATHSIG, int(sign))
        if os.getppid() != parent:
            os._exit(1)

    return ask_for_signal


def adopt_orphans() -> None:
    """Descendants whose parent ends become children of this process, so that it can end them (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1)


def end_children(patience: float) -> None:
    """Wait ``patience`` seconds for the children of this process to end, then SIGKILL until none is left."""
    if until(_reaped, patience):
        return
    while left := children_of(os.getpid()):
        for child in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        until(_reaped, 1.0)


def _reaped() -> bool:
    for child in children_of(os.getpid()):
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, os.WNOHANG)
    return not children_of(os.getpid())


def until(happened: Callable[[], bool], seconds: float) -> bool:
    """Wait for ``happened`` to become true; false when it has not within ``seconds``."""
    ends = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > ends:
            return False
        time.sleep(STEP)
    return True
