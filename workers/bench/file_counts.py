"""How long a whole count takes that comes as one file, and how much memory: an 846 of so many SKUs, twice."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any

from workers.bench import cost
from workers.bench.files import FACILITY, NAME, SITE, folder, interchange, read_all, read_once
from workers.edi import collect
from workers.spine import live
from workers.spine.runtime import Runtime
from workers.wiring import schedules
from workers.wiring.systems import configuration

CHANGED = 100  # one SKU in so many differs at the second count


def measure_count(size: int) -> dict[str, Any]:
    """A whole count of ``size`` SKUs taken in twice; the second time one SKU in a hundred differs."""
    runtime = Runtime(configuration())
    schedules.install(runtime, schedules.schedules(runtime, lambda _bell: None))
    store = runtime.store
    live.set_live(store, runtime.configuration.connections, "fleet bench")
    for table in ("told_sku", "told_move", "told_count", "position", "level"):
        store.run(f"delete from {table} where home = %s", SITE)  # noqa: S608  names of our own tables
    first = _count(runtime, size, 0)
    before = store.row("select count(*) as n from level where home = %s", SITE)
    second = _count(runtime, size, 1)
    row = store.row("select count(*) as n from told_sku where home = %s and differs", SITE)
    counts = store.row("select count(*) as n from told_count where home = %s", SITE)
    runtime.close()
    taken, opened, counted = second
    return {
        "skus": size,
        "first_count_seconds": round(sum(one.seconds for one in first), 2),
        "second_count_seconds": round(sum(one.seconds for one in second), 2),
        **taken.figures("taking"),
        **opened.figures("opening"),
        **counted.figures("counting"),
        "counts_taken": counts["n"] if counts else 0,
        "levels": before["n"] if before else 0,
        "differ": row["n"] if row else 0,
        "memory_mb": max(one.peak_mb for one in (*first, *second)),
    }


def _count(runtime: Runtime, size: int, generation: int) -> tuple[cost.Piece, cost.Piece, cost.Piece]:
    """Take the file, open it into its document, and count what it holds."""
    number = 900_000_000 + size + generation + int(time.time()) % 10_000 * 10
    name = f"846_{number:09d}.edi"
    subprocess.run(
        [sys.executable, "-m", "workers.bench.file_counts", str(size), str(generation), str(number)],
        stdout=(folder("out") / name).open("wb"),
        check=True,
    )
    with cost.piece() as taken:
        collect.take_files(runtime, NAME, FACILITY)
    with cost.piece() as opened:
        read_once(runtime)
    with cost.piece() as counted:
        read_all(runtime)
    return taken, opened, counted


def write_snapshot(size: int, generation: int, number: int) -> bytes:
    """An 846 of so many SKUs, as GXO writes one."""
    told: list[tuple[str, ...]] = [
        ("BIA", "00", "SI", f"SNAP{number}", f"{datetime.now(UTC):%Y%m%d}"),
        ("N1", "WH", "GXO", "ZZ", FACILITY),
    ]
    for n in range(size):
        free = 18 + n % 50 - (generation if n % CHANGED == 0 else 0)
        told += [
            ("LIN", str(n + 1), "SK", f"BENCH-{n:07d}", "EN", "5050000000017"),
            ("QTY", "17", str(free + 2), "EA"),
            ("QTY", "33", str(free), "EA"),
            ("QTY", "27", "2", "EA"),
            ("QTY", "20", "0", "EA"),
        ]
    told.append(("CTT", str(size)))
    return interchange("846", "IB", told, number)


def main() -> int:
    """``python -m workers.bench.file_counts SKUS``: the figures as JSON; with a generation and a number, an 846."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("skus", type=int)
    parser.add_argument("snapshot", type=int, nargs="*")
    given = parser.parse_args()
    if given.snapshot:  # in a process of its own: writing it must not count as memory of reading it
        sys.stdout.buffer.write(write_snapshot(given.skus, *given.snapshot))
    else:
        sys.stdout.write(json.dumps(measure_count(given.skus)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
