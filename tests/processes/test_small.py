"""The small profile: workers forked from one process do all the work, come back when killed, and end together."""

from __future__ import annotations

import signal

import psycopg
import requests

from fleet_tests.processes import Fleet
from workers.embedded.parent_death import alive, children_of


def answers(web: str) -> bool:
    try:
        return requests.get(f"{web}/health", timeout=5).ok
    except requests.RequestException:
        return False


def test_forked_workers_deliver_come_back_when_killed_and_end_together(own_fleet: Fleet) -> None:
    own_fleet.start_small()
    parent = own_fleet.processes["fleet"].pid
    first = own_fleet.orders(2)
    own_fleet.until(lambda: own_fleet.sent(first))
    names = {row["name"].partition("@")[0]: row["pid"] for row in own_fleet.rows("select name, pid from process")}
    assert set(names) == {"flows", "isolate", "control"}
    assert set(names.values()) < set(children_of(parent))
    own_fleet.until(lambda: answers(own_fleet.web))

    own_fleet.kill_pid(names["control"])
    own_fleet.kill_pid(names["flows"])
    second = own_fleet.orders(2)
    own_fleet.until(lambda: own_fleet.sent(second))
    assert [order for order in (*first, *second) if own_fleet.there(order) != 1] == []

    children = children_of(parent)
    assert len(children) == 4
    own_fleet.processes["fleet"].send_signal(signal.SIGTERM)
    assert own_fleet.processes["fleet"].wait(60) == 0
    assert not [pid for pid in children if alive(pid)]
    with psycopg.connect(own_fleet.dsn) as connection:
        assert connection.execute("select count(*) from process where beat_at > '-infinity'").fetchone() == (0,)
