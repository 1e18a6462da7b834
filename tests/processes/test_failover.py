"""Postgres fails over: the first server dies, its replica is promoted, and the ledger's address names both."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fleet_tests.outages import ride_out
from fleet_tests.processes import Fleet
from fleet_tests.replica import Replica
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis
from workers.ledger.migrate import is_current, migrate
from workers.views.snapshot import fetch, reading_engine, snapshot

AWAY = 12.0  # seconds until somebody promotes the replica


@pytest.fixture
def replica(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    primary = EmbeddedPostgres(Path(tmp_path_factory.mktemp("failover")) / "postgres")
    dsn = primary.start()
    migrate(dsn)
    made = Replica(primary, dsn)
    yield made
    made.stop()
    primary.discard()


def test_a_replica_that_is_promoted_is_the_ledger_and_nothing_is_doubled(replica: Replica, tmp_path: Path) -> None:
    assert is_current(replica.both)

    @contextmanager
    def failover() -> Iterator[None]:
        replica.kill_primary()
        yield
        replica.promote()

    with EmbeddedRedis(tmp_path / "redis") as redis:
        fleet = Fleet(tmp_path, replica.both, redis.start(), 5.0)
        try:
            fleet.start_small()
            after = ride_out(fleet, failover(), lambda: time.sleep(AWAY))
            sys.stdout.write(f"after the promotion it went on after (s): {after.seconds}\n")
            assert after.troubles == {}
        finally:
            fleet.close()
            redis.discard()
    with snapshot(reading_engine(replica.both)) as reading:
        assert fetch(reading, "select pg_is_in_recovery() as replica") == [{"replica": False}]
