"""A ledger with a little of everything in it, and a user at a terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from fleet_tests import warm
from fleet_tests.full_ledger import FullLedger, open_ledger, with_a_part_shipped
from fleet_tests.terminal import Answered, Command
from workers.ledger.store import Store
from workers.views.snapshot import reading_engine


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = reading_engine(database)
    yield made
    made.dispose()


@pytest.fixture
def world(store: Store) -> FullLedger:
    """Two connections with two slots each, and this process alive."""
    return open_ledger(store)


@pytest.fixture
def shipped(world: FullLedger) -> FullLedger:
    """Order SO1: invoice SI1 went to leeds as SO1-1, of which a part was dispatched and told to Khaos."""
    return with_a_part_shipped(world)


@pytest.fixture
def fleet(database: str, tmp_path: Path) -> Command:
    """Run the `fleet` command as a user would, in an empty folder, with DATABASE_URL set: a process for each."""

    def run(*arguments: str, typed: str = "", **environment: str) -> Answered:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("FLEET", "BROKER"))}
        code, out, err = warm.run(
            warm.COMMAND, arguments, cwd=tmp_path, typed=typed,
            env={**kept, "DATABASE_URL": database, "FLEET_VAR": str(tmp_path / "var"), **environment},
        )  # fmt: skip
        assert "Traceback" not in err, err
        return Answered(code, out, err)

    return run
