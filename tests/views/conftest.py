"""A ledger with a little of everything in it, and an engine that only reads it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from fleet_tests.full_ledger import FullLedger, open_ledger, with_a_part_shipped
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
