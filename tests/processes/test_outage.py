"""Postgres is away for a while and comes back: nobody of the fleet dies of it, and in seconds everything goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fleet_tests.processes import Fleet
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis
from workers.ledger.migrate import migrate

AWAY = 30.0  # seconds: longer than a process may be silent


@pytest.fixture
def own_ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, EmbeddedPostgres, str]]:
    folder = Path(tmp_path_factory.mktemp("outage"))
    postgres = EmbeddedPostgres(folder / "postgres")
    dsn = postgres.start()
    migrate(dsn)
    yield folder, postgres, dsn
    postgres.discard()


@pytest.fixture
def running(
    own_ledger: tuple[Path, EmbeddedPostgres, str], new_fleet: Callable[[Path, str, str], Fleet]
) -> Iterator[Any]:
    folder, _, dsn = own_ledger
    with EmbeddedRedis(folder / "redis") as server:
        fleet = new_fleet(folder, dsn, server.start())
        try:
            fleet.start_all()
            fleet.until(lambda: fleet.rows("select 1 from sku where state = 'confirmed'"))
            yield fleet
        finally:
            fleet.close()
            server.discard()


def beating(fleet: Fleet) -> int:
    return len(fleet.rows("select 1 from process where beat_at > now() - interval '8 seconds'"))


def test_an_outage_of_the_ledger_kills_nobody_doubles_nothing_and_is_over_in_seconds(
    own_ledger: tuple[Path, EmbeddedPostgres, str], running: Any
) -> None:
    _, postgres, dsn = own_ledger
    running.clarus_switch(effect_then_hang_next={"create_goods_out": 1000}, hang_seconds=1.5)
    first = running.orders(12)
    running.until(lambda: running.rows("select 1 from message_settled where kind = 'order'"))
    before = beating(running)
    postgres.stop()
    time.sleep(AWAY)
    second = running.orders(6)
    assert postgres.start() == dsn
    running.until(lambda: beating(running) == before, 30.0)
    running.until(lambda: running.sent([*first, *second]))
    assert [order for order in [*first, *second] if running.there(order) != 1] == []
    assert all(running.alive(name) for name in running.processes)
    assert running.rows("select 1 from timeline where step = 'worker died'") == []
    running.until(lambda: not running.rows("select 1 from schedule where last_start < now() - interval '20 seconds'"
                                           " and every < interval '10 seconds'"), 60.0)  # fmt: skip
