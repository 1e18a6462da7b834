"""A warehouse that speaks by files: GXO's stand-in behind a real SFTP server, each measure in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from adapters.x12 import write_interchange
from workers.bench.stage import PATIENCE, Stage
from workers.embedded.folder import free_ports
from workers.embedded.parent_death import until
from workers.spine import reading
from workers.spine.runtime import Runtime
from workers.wiring.readers import reader_for

NAME, FACILITY, SITE, CLIENT = "gxo", "BENCH1", "File Site", "BENCH"
CONNECTION = """
[connections.gxo]
system = "gxo"
host = "127.0.0.1"
port = {port}
user = "BENCH"
private_key = "file:{folder}/client_key"
host_key = "{host_key}"
client = "BENCH"
sender = "BENCH"
receiver = "GXOUK"
usage = "T"
sites = {{ BENCH1 = "File Site" }}
services = {{ "" = "RM-48", "Royal Mail 48" = "RM-48" }}
stable_for = 0.0
largest_file = 268435456
rate = "off"
concurrency = 4
"""
RULE = """
[[routing]]
name = "the warehouse that is sent files"
when = { site = ["File Site"] }
to = "gxo"
facility = "BENCH1"
"""


def figures(stage: Stage, orders: int, counts: tuple[int, ...]) -> dict[str, Any]:
    """Orders and shipments a second, and the time and memory of counts of so many SKUs."""
    with _partner(stage) as surroundings:
        told = _alone(surroundings, "trade", orders)
        told["counts"] = [_alone(surroundings, "counts", size) for size in counts]
    return told


@contextmanager
def _partner(stage: Stage) -> Iterator[dict[str, str]]:
    """GXO's stand-in, with nobody at work in it, and the surroundings of a process that has it as a connection."""
    import asyncssh  # noqa: PLC0415  the processes whose memory is measured do without it

    folder = stage.folder / "gxo"
    folder.mkdir()
    key, host_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    for name, one in (("client_key", key), ("host_key", host_key)):
        (folder / name).write_text(one.export_private_key().decode(), encoding="utf-8")
        (folder / name).chmod(0o600)
    (folder / "client_key.pub").write_text(key.export_public_key().decode(), encoding="utf-8")
    port, control_port = free_ports(2)
    public = " ".join(host_key.export_public_key().decode().split()[:2])
    toml = (stage.folder / "fleet.toml").read_text(encoding="utf-8")
    before, rule, after = toml.partition("[[routing]]")
    connection = CONNECTION.format(port=port, folder=folder, host_key=public)
    (folder / "fleet.toml").write_text(before + connection + RULE + rule + after, encoding="utf-8")
    command = (
        f"python -m adapters.gxo.sandbox --port {port} --control-port {control_port} --client {CLIENT}"
        f" --facility {FACILITY} --key {folder}/client_key.pub --host-key {folder}/host_key --root {folder}/root"
    )
    crew = stage.crew("gxo", [command])
    url = f"http://127.0.0.1:{control_port}/_sandbox"
    if not until(lambda: _answers(url), PATIENCE):
        raise TimeoutError(f"GXO's stand-in does not answer; see {stage.folder / 'log'}")
    requests.post(f"{url}/switches", json={"floor": False, "snapshot_at": "", "stable_seconds": 1e9}, timeout=10)
    try:
        yield {**os.environ, "FLEET_CONFIG": str(folder / "fleet.toml"), "BENCH_ROOT": str(folder / "root")}
    finally:
        crew.end()


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/health", timeout=2).ok
    except requests.RequestException:
        return False


def _alone(surroundings: dict[str, str], what: str, size: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", f"workers.bench.file_{what}", str(size)],
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the bench of files ({what} {size}) failed: {done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def folder(name: str) -> Path:
    """Where GXO's stand-in keeps a folder, in a process that was started for a measure."""
    return Path(os.environ["BENCH_ROOT"]) / CLIENT / FACILITY / name


def interchange(set_id: str, group: str, segments: list[tuple[str, ...]], number: int) -> bytes:
    """A file as GXO writes it."""
    return write_interchange(
        [(set_id, segments)], sender="GXOUK", receiver=CLIENT, control_number=number, at=datetime.now(UTC),
        group_id=group, usage="T",
    )  # fmt: skip


def read_once(runtime: Runtime, limit: int = 1) -> int:
    """Read the records that are taken up next. Returns how many."""
    return reading.read_inbox(runtime, lambda connection, source: reader_for(runtime, connection, source), limit=limit)


def read_all(runtime: Runtime) -> None:
    """Read every record that waits."""
    while read_once(runtime, 200):
        pass
