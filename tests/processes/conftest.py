"""A small real fleet for all tests of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fleet_tests.processes import PERSON, Fleet, running_fleet
from workers.embedded.redis import EmbeddedRedis


@pytest.fixture(scope="module")
def fleet(request: pytest.FixtureRequest, postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    ledger = request.path.stem  # one for each file: several may share a server
    with running_fleet(postgres, Path(tmp_path_factory.mktemp("fleet")), ledger) as running:
        yield running


@pytest.fixture
def new_fleet() -> Callable[[Path, str, str], Fleet]:
    """Make a fleet of one's own: its folder, its ledger, its broker."""
    return Fleet


@pytest.fixture
def own_fleet(database: str, new_fleet: Callable[[Path, str, str], Fleet], tmp_path: Path) -> Iterator[Fleet]:
    """A fleet of the test's own, of which nothing runs yet but both sides."""
    with EmbeddedRedis(tmp_path / "redis") as server:
        fleet = new_fleet(tmp_path, database, server.start())
        try:
            yield fleet
        finally:
            fleet.close()
            server.discard()


@pytest.fixture
def person() -> tuple[str, ...]:
    """Words that may stand in Postgres and at the partners, and nowhere else."""
    return PERSON
