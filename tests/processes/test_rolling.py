"""A release is rolled out: workers with today's fleet.toml beside those with yesterday's, and none undoes the other."""

from __future__ import annotations

import subprocess
import sys

from fleet_tests.processes import Fleet

OLD, NEW = "concurrency = 8", "concurrency = 3"


def slots(fleet: Fleet) -> int:
    return len(fleet.rows("select 1 from slot where connection = 'leeds' and lane = '*'"))


def take(fleet: Fleet) -> None:
    command = [sys.executable, "-c", "from workers.cli import main; main()", "settings", "take", "--as", "sam"]
    subprocess.run(command, env=fleet.environment, cwd=fleet.folder, check=True, timeout=120)


def test_yesterdays_workers_go_on_and_one_that_starts_anew_is_refused(own_fleet: Fleet) -> None:
    own_fleet.start_all()
    orders = own_fleet.orders(3)
    own_fleet.until(lambda: own_fleet.sent(orders))
    assert slots(own_fleet) == 8
    yesterday = own_fleet.folder / "fleet.toml"
    today = own_fleet.folder / "today.toml"
    today.write_text(yesterday.read_text().replace(OLD, NEW))

    before = own_fleet.processes.pop("control")
    own_fleet.environment["FLEET_CONFIG"] = str(today)
    own_fleet.start("control")  # today's beside yesterday's, and beside yesterday's workers
    own_fleet.until(lambda: slots(own_fleet) == 3)
    orders += own_fleet.orders(3)
    own_fleet.until(lambda: own_fleet.sent(orders))
    before.terminate()
    assert before.wait(60) == 0

    own_fleet.stop("flows")
    own_fleet.environment["FLEET_CONFIG"] = str(yesterday)
    own_fleet.start("flows")
    assert own_fleet.processes["flows"].wait(60) == 78
    log = (own_fleet.folder / "flows.log").read_text()
    assert "copy the newer fleet.toml here and start again" in log
    assert "Traceback" not in log.rpartition("does not start")[2]
    assert slots(own_fleet) == 3, "nothing was undone"

    own_fleet.environment["FLEET_CONFIG"] = str(today)
    own_fleet.start("flows")
    orders += own_fleet.orders(3)
    own_fleet.until(lambda: own_fleet.sent(orders))
    assert [order for order in orders if own_fleet.there(order) != 1] == []

    own_fleet.environment["FLEET_CONFIG"] = str(yesterday)
    take(own_fleet)
    assert slots(own_fleet) == 8, "going back is possible, on purpose"
