"""What processes cost, as the kernel tells it (proc(5)): CPU seconds of a family, and resident memory."""

from __future__ import annotations

import os
from pathlib import Path

from workers.embedded.parent_death import children_of

TICK = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for member in found:
        found += children_of(member)
    return found


def cpu(pids: list[int]) -> float:
    """CPU seconds of the families of ``pids`` so far, those of children that have ended included."""
    return sum(_seconds(member) for pid in pids for member in family(pid))


def _seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(fields[n]) for n in (11, 12, 13, 14)) / TICK  # utime, stime, cutime, cstime


def peak(pid: int | str = "self") -> int:
    """The most megabytes that a process was resident with, since it began to run its own program."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next((round(int(line.split()[1]) / 1024) for line in lines if line.startswith("VmHWM:")), 0)


def memory(pid: int) -> float:
    """Resident megabytes of a process."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), 0.0)
