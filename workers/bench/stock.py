"""How long a building's count takes: pages of stock records in, what differs out. Each size in a process of its own.

The pages are the JSON that Clarus's list `stocks` answers, a hundred records each, made as they are asked for. Measured
is all that the fleet does with them: decoding, understanding, keeping, comparing with the positions, and the levels of
what differs. Making the pages is measured apart and left out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mappings.clarus import read_stock
from workers.bench import cost
from workers.ports.api import CountPage
from workers.spine.runtime import Runtime
from workers.stock_in.snapshots import begin_snapshot, end_snapshot, take_pages
from workers.wiring.systems import configuration

PAGE = 100
CHANGED = 100  # one SKU in so many differs at the second count
PATIENCE = 600


def counts(sizes: tuple[int, ...]) -> list[dict[str, Any]]:
    """The figures of a first and of a second count of buildings with so many SKUs."""
    return [_in_a_process_of_its_own(size) for size in sizes]


def _in_a_process_of_its_own(size: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "workers.bench.stock", str(size)],
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"a count of {size} SKUs failed: {done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@dataclass
class Pages:
    """The warehouse's answers; ``seconds`` and ``cpu_seconds`` are what making them took."""

    size: int
    generation: int
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    records: int = field(default=0)

    def __iter__(self) -> Iterator[CountPage]:
        for start in range(0, self.size, PAGE):
            began, cpu = time.perf_counter(), time.process_time()
            body = json.dumps([self._record(n) for n in range(start, min(start + PAGE, self.size))])
            self.seconds += time.perf_counter() - began
            self.cpu_seconds += time.process_time() - cpu
            records = json.loads(body)
            self.records += len(records)
            lines, unreadable = read_stock(records)
            yield CountPage(tuple(lines), tuple(unreadable))

    def _record(self, number: int) -> dict[str, Any]:
        more = self.generation if number % CHANGED == 0 else 0
        return {
            "id": str(900_000 + number),
            "quantity": 20.0 + number % 50 + more,
            "status": "held" if number % 40 == 1 else "available",
            "fifo_date": "2026-03-11",
            "product": {"id": str(number), "code": f"BENCH-{number:07d}"},
            "location": {"id": str(number % 5000), "code": f"A-{number % 5000:04d}"},
            "account": {"id": "1", "code": "BENCH"},
            "storage_unit": None,
        }


def measure(size: int) -> dict[str, Any]:
    """Count a building of ``size`` SKUs twice; the second time one SKU in a hundred differs."""
    runtime = Runtime(configuration())
    home = f"Bench {size}"
    runtime.store.run(
        "insert into home (site, connection, facility) values (%s, 'bench', %s) on conflict do nothing", home, home
    )
    runtime.store.run(
        "insert into stock_site (site, home, purpose) values (%s, %s, 'sell') on conflict do nothing", home, home
    )
    first, _ = _count(runtime, home, Pages(size, 0))
    second, changed = _count(runtime, home, Pages(size, 1))
    found = runtime.store.row("select count(*) as n from level where site = %s and due_at is not null", home)
    runtime.close()
    return {
        "skus": size,
        "first_count_seconds": round(first.seconds, 2),
        "seconds": round(second.seconds, 2),
        **second.figures("second_count"),
        "differ": changed,
        "levels_due": found["n"] if found else 0,
        "memory_mb": max(first.peak_mb, second.peak_mb),
    }


def _count(runtime: Runtime, home: str, pages: Pages) -> tuple[cost.Piece, int]:
    with cost.piece() as spent:
        snapshot = begin_snapshot(runtime, home)
        lines, _ = take_pages(runtime, snapshot, pages)
        changed = end_snapshot(runtime, snapshot, lines, consistent=False, absent=1)
    spent.seconds -= pages.seconds
    spent.cpu_seconds -= pages.cpu_seconds
    return spent, changed


def main() -> int:
    """``python -m workers.bench.stock SIZE``: one size, against the ledger of the configuration, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", type=int, help="SKUs in the building")
    sys.stdout.write(json.dumps(measure(parser.parse_args().size)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
