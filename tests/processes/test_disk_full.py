"""A disk is full: Postgres or Redis takes nothing, and when there is room again all goes on by itself. As root only."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from fleet_tests.outages import ride_out
from fleet_tests.processes import Fleet
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis
from workers.ledger.migrate import migrate

AWAY = 12.0  # seconds
SILENT = 5.0  # seconds without a heartbeat after which a process counts as dead
BITES = {"postgres": "DiskFull", "redis": "ResponseError"}  # in the fleet's log
CHUNK = bytes(64 * 1024)

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root may mount a small disk")


@pytest.fixture
def disk() -> Iterator[Path]:
    """A disk of 400 MB that every user can reach."""
    with TemporaryDirectory(dir="/var/tmp", prefix="khaos-fleet-disk-") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m,mode=755", "tmpfs", name], check=True)
        stack.callback(subprocess.run, ["umount", "--lazy", name], check=True)
        yield folder


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Fill what is left of it."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(CHUNK):
                pass
        except OSError:
            pass
    yield
    filler.unlink()


@pytest.mark.parametrize("whose", ["postgres", "redis"])
def test_a_full_disk_leaves_nothing_half_done_and_all_goes_on_when_there_is_room(
    disk: Path, tmp_path: Path, whose: str
) -> None:
    postgres = EmbeddedPostgres((disk if whose == "postgres" else tmp_path) / "postgres")
    redis = EmbeddedRedis((disk if whose == "redis" else tmp_path) / "redis")
    dsn = postgres.start()
    migrate(dsn)
    fleet = Fleet(tmp_path, dsn, redis.start(), SILENT)
    try:
        fleet.start_small()
        after = ride_out(fleet, full(disk), lambda: time.sleep(AWAY))
        sys.stdout.write(f"when {whose} had room again it went on after (s): {after.seconds}\n")
        assert after.troubles == {}
        assert fleet.rows("select kind from exception") == []
        assert BITES[whose] in (tmp_path / "fleet.log").read_text()
    finally:
        fleet.close()
        redis.discard()
        postgres.discard()
