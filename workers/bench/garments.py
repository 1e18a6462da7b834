"""How long a daily file of so many garments takes, how much memory, and how many events about garments a second.

Measured is all that the fleet does with a file that lies on its disk: packing it, storing it, surveying it, reading it
row by row, merging it and making the positions. The transfer over SFTP and the writing of the file are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from workers.bench import cost
from workers.bench.files import read_all
from workers.bench.stage import Stage
from workers.ports.sources import Source, of_event
from workers.spine.runtime import Runtime
from workers.stock_in import garment_files
from workers.wiring import schedules
from workers.wiring.systems import configuration

NAME, SITE, ACCOUNT = "acs", "Garment Site", "BENCH"
CONNECTION = """
[connections.acs]
system = "acs"
base_url = "http://127.0.0.1:9/none"
user = "bench"
password = "file:{folder}/secret"
account = "BENCH"
sites = {{ ACS = "Garment Site" }}
webhook_secrets = ["file:{folder}/secret"]
rate = "off"

[connections.acs.files]
host = "127.0.0.1"
user = "bench"
private_key = "file:{folder}/key"
host_key = "{host_key}"
"""
RULE = """
[[routing]]
name = "garments"
when = { site = ["Garment Site"] }
to = "acs"
facility = "ACS"
"""
A_SKU = 10  # garments of one SKU
CHANGED = 100  # one garment in so many is elsewhere in the second file
EVENTS = 1000
HEADER = "SKU,RFID,Location,UniqueSKU,ProcessStatus,Grade,OrderNumber,LastScan\r\n"
READY, PROCESSING = "In warehouse – ready for customer", "In warehouse processing"  # noqa: RUF001  as ACS writes it


def figures(stage: Stage, sizes: tuple[int, ...]) -> list[dict[str, Any]]:
    """The figures of a first and of a second file of so many garments, and of events; each in a process of its own."""
    import asyncssh  # noqa: PLC0415  the processes whose memory is measured do without it

    folder = stage.folder / "acs"
    folder.mkdir()
    key, host_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    (folder / "key").write_text(key.export_private_key().decode(), encoding="utf-8")
    (folder / "key").chmod(0o600)
    (folder / "secret").write_text("a-secret-of-the-bench", encoding="utf-8")
    public = " ".join(host_key.export_public_key().decode().split()[:2])
    before, rule, after = (stage.folder / "fleet.toml").read_text(encoding="utf-8").partition("[[routing]]")
    connection = CONNECTION.format(folder=folder, host_key=public)
    (folder / "fleet.toml").write_text(before + connection + RULE + rule + after, encoding="utf-8")
    surroundings = {**os.environ, "FLEET_CONFIG": str(folder / "fleet.toml"), "BENCH_ROOT": str(folder)}
    return [_alone(surroundings, str(size)) for size in sizes]


def _alone(surroundings: dict[str, str], *words: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "workers.bench.garments", *words],
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the bench of garments ({' '.join(words)}) failed: {done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def measure(size: int) -> dict[str, Any]:
    """Two files of ``size`` garments, a day apart, and events about some of them."""
    runtime = Runtime(configuration())
    schedules.install(runtime, schedules.schedules(runtime, lambda _bell: None))
    for table in ("garment", "garment_file", "position", "level"):
        runtime.store.run(f"delete from {table}")  # noqa: S608  names of our own tables
    runtime.store.run("update home set counted_at = null where site = %s", SITE)
    first = _file(runtime, size, 0)
    second = _file(runtime, size, 1)
    rate = _events(runtime, min(size, EVENTS))
    counted = runtime.store.row("select count(*) as n from garment where state = 'sellable'")
    files = runtime.store.row("select count(*) as n from garment_file where verdict = 'take'")
    levels = runtime.store.row("select count(*) as n from level where home = %s", SITE)
    runtime.close()
    return {
        "garments": size,
        "first_file_seconds": round(first.seconds, 2),
        "seconds": round(second.seconds, 2),
        **second.figures("second_file"),
        "files_taken": files["n"] if files else 0,
        "sellable": counted["n"] if counted else 0,
        "levels": levels["n"] if levels else 0,
        "events_a_second": round(rate),
        "memory_mb": max(first.peak_mb, second.peak_mb),
    }


def _file(runtime: Runtime, size: int, generation: int) -> cost.Piece:
    at = datetime.now(UTC) - timedelta(days=2 - generation)  # a file of a day to come is refused
    path = Path(os.environ["BENCH_ROOT"]) / f"acs_stock_{ACCOUNT}_{at:%Y%m%d}_0500.csv"
    # in a process of its own: writing it must not count as memory of reading it
    subprocess.run(
        [sys.executable, "-m", "workers.bench.garments", str(size), str(generation)], stdout=path.open("wb"), check=True
    )
    with cost.piece() as spent:
        with path.open("rb") as held:
            body, content = garment_files.pack(path.name, held)
        runtime.store.receive(NAME, Source.STOCK_FILE, content, body)
        del body
        read_all(runtime)
    return spent


def write_file(size: int, generation: int) -> Iterator[str]:
    """A stock file as ACS writes one."""
    yield HEADER
    for n in range(size):
        away = generation and n % CHANGED == 0
        yield (
            f"STYLE-{n // A_SKU:07d},{tag(n)},{PROCESSING if away else READY},STYLE-{n // A_SKU:07d}_{n % A_SKU},"
            f"{'InRefurbishment' if away else 'Ready'},A,,2026-11-20T10:00:00Z\r\n"
        )


def tag(number: int) -> str:
    """The tag of a garment: spread, as those of a real stock are."""
    return f"{number * 0x9E3779B97F4A7C15 % 2**96:024X}"


def _events(runtime: Runtime, count: int) -> float:
    now = datetime.now(UTC)
    for n in range(count):
        event = {
            "EventId": str(uuid.uuid4()),
            "EventType": "item.disposition_changed",
            "EventVersion": 1,
            "OccurredAt": now.isoformat(),
            "AccountCode": ACCOUNT,
            "Data": {
                "RFID": tag(n),
                "GarmentSKU": f"STYLE-{n // A_SKU:07d}",
                "FromStatus": "Ready",
                "ToStatus": "InRefurbishment",
                "Location": PROCESSING,
                "ChangedAt": now.isoformat(),
            },
        }
        runtime.store.receive(NAME, of_event("item.disposition_changed"), event["EventId"], json.dumps(event).encode())  # type: ignore[arg-type]
    began = time.perf_counter()
    read_all(runtime)
    return count / (time.perf_counter() - began)


def main() -> int:
    """``python -m workers.bench.garments SIZE``: the figures as JSON; with a generation behind it, a stock file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", type=int, help="garments in the file")
    parser.add_argument("generation", type=int, nargs="?")
    given = parser.parse_args()
    if given.generation is None:
        sys.stdout.write(json.dumps(measure(given.size)) + "\n")
    else:
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        sys.stdout.writelines(write_file(given.size, given.generation))
    return 0


if __name__ == "__main__":
    sys.exit(main())
