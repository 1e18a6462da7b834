"""A release is rolled out: workers with today's fleet.toml beside those with yesterday's, and none undoes the other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fleet_tests.processes import Fleet
from workers.embedded.redis import EmbeddedRedis

OLD, NEW = "concurrency = 8", "concurrency = 3"


@pytest.fixture
def rolling(database: str, new_fleet: Callable[[Path, str, str], Fleet], tmp_path: Path) -> Iterator[Fleet]:
    with EmbeddedRedis(tmp_path / "redis") as server:
        fleet = new_fleet(tmp_path, database, server.start())
        try:
            yield fleet
        finally:
            fleet.close()
            server.discard()


def slots(fleet: Fleet) -> int:
    return len(fleet.rows("select 1 from slot where connection = 'leeds' and lane = '*'"))


def take(fleet: Fleet) -> None:
    command = [sys.executable, "-c", "from workers.cli import main; main()", "settings", "take", "--as", "sam"]
    subprocess.run(command, env=fleet.environment, cwd=fleet.folder, check=True, timeout=120)


def test_yesterdays_workers_go_on_and_one_that_starts_anew_is_refused(rolling: Fleet) -> None:
    rolling.start_all()
    orders = rolling.orders(3)
    rolling.until(lambda: rolling.sent(orders))
    assert slots(rolling) == 8
    yesterday = rolling.folder / "fleet.toml"
    today = rolling.folder / "today.toml"
    today.write_text(yesterday.read_text().replace(OLD, NEW))

    before = rolling.processes.pop("control")
    rolling.environment["FLEET_CONFIG"] = str(today)
    rolling.start("control")  # today's beside yesterday's, and beside yesterday's workers
    rolling.until(lambda: slots(rolling) == 3)
    orders += rolling.orders(3)
    rolling.until(lambda: rolling.sent(orders))
    before.terminate()
    assert before.wait(60) == 0

    rolling.stop("flows")
    rolling.environment["FLEET_CONFIG"] = str(yesterday)
    rolling.start("flows")
    assert rolling.processes["flows"].wait(60) == 78
    log = (rolling.folder / "flows.log").read_text()
    assert "copy the newer fleet.toml here and start again" in log
    assert "Traceback" not in log.rpartition("does not start")[2]
    assert slots(rolling) == 3, "nothing was undone"

    rolling.environment["FLEET_CONFIG"] = str(today)
    rolling.start("flows")
    orders += rolling.orders(3)
    rolling.until(lambda: rolling.sent(orders))
    assert [order for order in orders if rolling.there(order) != 1] == []

    rolling.environment["FLEET_CONFIG"] = str(yesterday)
    take(rolling)
    assert slots(rolling) == 8, "going back is possible, on purpose"
