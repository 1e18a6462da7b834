"""The clock of a machine jumps by an hour, for the fleet or for Postgres: nothing is doubled, and all goes on."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from fleet_tests.clock import COMPILER, Clock, postgres_by
from fleet_tests.outages import ride_out
from fleet_tests.processes import Fleet
from workers.embedded.cluster import place_of
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis
from workers.ledger.migrate import migrate

SILENT = 5.0  # seconds without a heartbeat after which a process counts as dead
POSTGRES, FLEET = "Postgres", "the fleet"

pytestmark = pytest.mark.skipif(COMPILER is None, reason="a C compiler builds the clock that jumps: install gcc")


def clock_of(whose: str, fleet: Fleet) -> float:
    if whose == POSTGRES:
        return float(fleet.rows("select extract(epoch from now())::float as at")[0]["at"])
    program = [sys.executable, "-c", "import time; print(time.time())"]
    return float(subprocess.run(program, env=fleet.environment, capture_output=True, check=True, timeout=30).stdout)


@pytest.mark.parametrize("by", [3600, -3600])
@pytest.mark.parametrize("whose", [FLEET, POSTGRES])
def test_after_a_jump_of_the_clock_nothing_is_doubled_and_all_goes_on(tmp_path: Path, whose: str, by: int) -> None:
    postgres = EmbeddedPostgres(tmp_path / "postgres")
    dsn = postgres.start()
    migrate(dsn)
    clock = Clock(place_of(postgres.folder).home)  # where the server's user can read it
    with ExitStack() as ends, EmbeddedRedis(tmp_path / "redis") as redis:
        ends.callback(postgres.discard)
        if whose == POSTGRES:
            postgres.stop()
            ends.enter_context(postgres_by(clock, postgres.folder, dsn))
        fleet = Fleet(tmp_path, dsn, redis.start(), SILENT)
        ends.callback(redis.discard)
        ends.callback(fleet.close)
        if whose == FLEET:
            fleet.environment |= clock.surroundings
        fleet.start_small()
        after = ride_out(fleet, clock.jumped(by), lambda: None)
        assert clock_of(whose, fleet) - time.time() == pytest.approx(by, abs=60)
        sys.stdout.write(f"after the clock of {whose} jumped by {by} s it went on after (s): {after.seconds}\n")
        assert after.troubles == {}
