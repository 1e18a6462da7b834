"""The small profile: workers forked from one process do all the work, come back when killed, and end together."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import requests

from fleet_tests.processes import Fleet
from workers.embedded.parent_death import alive, children_of
from workers.embedded.redis import EmbeddedRedis


@pytest.fixture
def small(database: str, new_fleet: Callable[[Path, str, str], Fleet], tmp_path: Path) -> Iterator[Fleet]:
    with EmbeddedRedis(tmp_path / "redis") as server:
        fleet = new_fleet(tmp_path, database, server.start())
        try:
            yield fleet
        finally:
            fleet.close()
            server.discard()


def answers(web: str) -> bool:
    try:
        return requests.get(f"{web}/health", timeout=5).ok
    except requests.RequestException:
        return False


def test_forked_workers_deliver_come_back_when_killed_and_end_together(small: Fleet) -> None:
    small.start_small()
    parent = small.processes["fleet"].pid
    first = small.orders(2)
    small.until(lambda: small.sent(first))
    names = {row["name"].partition("@")[0]: row["pid"] for row in small.rows("select name, pid from process")}
    assert set(names) == {"flows", "isolate", "control"}
    assert set(names.values()) < set(children_of(parent))
    small.until(lambda: answers(small.web))

    small.kill_pid(names["control"])
    small.kill_pid(names["flows"])
    second = small.orders(2)
    small.until(lambda: small.sent(second))
    assert [order for order in (*first, *second) if small.there(order) != 1] == []

    children = children_of(parent)
    assert len(children) == 4
    small.processes["fleet"].send_signal(signal.SIGTERM)
    assert small.processes["fleet"].wait(60) == 0
    assert not [pid for pid in children if alive(pid)]
    with psycopg.connect(small.dsn) as connection:
        assert connection.execute("select count(*) from process where beat_at > '-infinity'").fetchone() == (0,)
