"""A server of the fleet is away, stands still or takes nothing, and is well again: nobody dies of it, and all goes on.

``OUTAGE=130 make test ARGS="tests/processes/test_outage.py -rP"`` makes each as long as that, and prints after how many
seconds what went on.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from fleet_tests.outages import frozen, ride_out
from fleet_tests.processes import Fleet
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis
from workers.ledger.migrate import migrate

AWAY = float(os.environ.get("OUTAGE", "12"))
SILENT = 5.0  # seconds without a heartbeat after which a process counts as dead


@dataclass
class World:
    """A fleet of the small profile and its servers."""

    fleet: Fleet
    postgres: EmbeddedPostgres
    redis: EmbeddedRedis


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = Path(tmp_path_factory.mktemp("outage"))
    postgres, redis = EmbeddedPostgres(folder / "postgres"), EmbeddedRedis(folder / "redis")
    dsn = postgres.start()
    migrate(dsn)
    fleet = Fleet(folder, dsn, redis.start(), SILENT)
    try:
        fleet.start_small()
        yield World(fleet, postgres, redis)
    finally:
        fleet.close()
        redis.discard()
        postgres.discard()


@contextmanager
def postgres_is_stopped(world: World) -> Iterator[None]:
    world.postgres.stop()
    yield
    assert world.postgres.start() == world.fleet.dsn


@contextmanager
def postgres_stands_still(world: World) -> Iterator[None]:
    assert world.postgres.pid
    with frozen(world.postgres.pid):
        yield


@contextmanager
def redis_is_replaced_by_an_empty_one(world: World) -> Iterator[None]:
    world.redis.stop()
    shutil.rmtree(world.redis.folder / "data")
    yield
    assert world.redis.start() == world.fleet.broker


@contextmanager
def redis_stands_still(world: World) -> Iterator[None]:
    assert world.redis.pid
    with frozen(world.redis.pid):
        yield


@contextmanager
def redis_is_a_replica_that_takes_no_writes(world: World) -> Iterator[None]:
    world.fleet.redis.execute_command("replicaof", "127.0.0.1", "1")
    yield
    world.fleet.redis.execute_command("replicaof", "no", "one")


@contextmanager
def redis_is_full(world: World) -> Iterator[None]:
    world.fleet.redis.config_set("maxmemory", "1")
    yield
    world.fleet.redis.config_set("maxmemory", "0")


OUTAGES = (
    postgres_is_stopped,
    postgres_stands_still,
    redis_is_replaced_by_an_empty_one,
    redis_stands_still,
    redis_is_a_replica_that_takes_no_writes,
    redis_is_full,
)


@pytest.mark.parametrize("outage", OUTAGES, ids=lambda outage: outage.__name__)
def test_an_outage_kills_nobody_doubles_nothing_and_is_over_by_itself(
    world: World, outage: Callable[[World], AbstractContextManager[None]]
) -> None:
    after = ride_out(world.fleet, outage(world), lambda: time.sleep(AWAY))
    sys.stdout.write(f"{outage.__name__} for {AWAY:g} s; it went on after (s): {after.seconds}\n")
    assert after.troubles == {}
