"""Owners that can be killed, and the watch for processes that stay behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fleet_tests.places import ROOT


def is_running(pid: int) -> bool:
    """Read on its own, so that the tests do not lean on what they test."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def children_below(pid: int) -> set[int]:
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
    found: set[int] = set()
    fresh = {pid}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def happens_soon(happened: Callable[[], object], seconds: float = 15.0) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if happened():
            return True
        time.sleep(0.05)
    return bool(happened())


class Owner:
    """A Python process that runs a few lines, prints what they print, and then lives on."""

    def __init__(self, code: str, *, python: str = sys.executable, **rights: Any) -> None:
        ending = "\nimport sys; sys.stdout.flush(); sys.stdin.read()"
        self.process = subprocess.Popen(
            [python, "-c", code + ending],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **rights,
        )

    def line(self) -> str:
        assert self.process.stdout
        return str(self.process.stdout.readline()).strip()

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


class Watch:
    running = staticmethod(is_running)
    below = staticmethod(children_below)
    soon = staticmethod(happens_soon)
