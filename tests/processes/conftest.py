"""A small real fleet for all tests of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from fleet_tests.processes import PERSON, Fleet
from workers.embedded.redis import EmbeddedRedis


@pytest.fixture(scope="module")
def fleet(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = Path(tmp_path_factory.mktemp("fleet"))
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("create database processes template template_fleet")
    head, _, tail = postgres.rpartition("/")
    _, question, options = tail.partition("?")
    with EmbeddedRedis(folder / "redis") as server:
        running = Fleet(folder, f"{head}/processes{question}{options}", server.start())
        try:
            running.start_all()
            running.until(lambda: running.rows("select 1 from sku where state = 'confirmed'"))
            yield running
        finally:
            running.close()
            server.discard()


@pytest.fixture
def new_fleet() -> Callable[[Path, str, str], Fleet]:
    """Make a fleet of one's own: its folder, its ledger, its broker."""
    return Fleet


@pytest.fixture
def person() -> tuple[str, ...]:
    """Words that may stand in Postgres and at the partners, and nowhere else."""
    return PERSON
