"""What processes cost, as the kernel tells it (proc(5)): CPU seconds of a family, and resident memory."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.embedded.parent_death import children_of

POSTGRES = "BENCH_POSTGRES"  # the pid of the ledger's server, where a measure may ask what it costs
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


@dataclass(slots=True)
class Piece:
    """The cost of one piece of work of this process. ``above_mb`` is its peak of memory above where it began."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    postgres_cpu_seconds: float = 0.0
    above_mb: int = 0
    peak_mb: int = 0

    def figures(self, name: str) -> dict[str, Any]:
        """The figures under the name of the piece."""
        return {
            f"{name}_seconds": round(self.seconds, 2),
            f"{name}_cpu_seconds": round(self.cpu_seconds, 2),
            f"{name}_postgres_cpu_seconds": round(self.postgres_cpu_seconds, 2),
            f"{name}_memory_above_start_mb": self.above_mb,
            f"{name}_memory_in_all_mb": self.peak_mb,
        }


@contextmanager
def piece() -> Iterator[Piece]:
    """Measure what is done within; its figures are there when it is over. One at a time: the peak begins anew."""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # proc(5): sets VmHWM back
    postgres = [int(pid) for pid in os.environ.get(POSTGRES, "").split()]
    found, start, began = Piece(), memory(os.getpid()), time.perf_counter()
    own, theirs = time.process_time(), cpu(postgres)
    yield found
    found.seconds, found.cpu_seconds = time.perf_counter() - began, time.process_time() - own
    found.postgres_cpu_seconds, found.peak_mb = cpu(postgres) - theirs, peak()
    found.above_mb = max(0, found.peak_mb - round(start))


def memory(pid: int) -> float:
    """Resident megabytes of a process."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), 0.0)
