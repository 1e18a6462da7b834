"""A ledger without a world around it, and a partner that keeps books."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fleet_tests.ledger import Ledger, Partner
from workers.ledger.store import Store


@pytest.fixture
def database(emptied_database: str) -> str:
    return emptied_database


@pytest.fixture
def ledger(store: Store, database: str) -> Iterator[Ledger]:
    opened = Ledger(store, database)
    opened.connection()
    yield opened
    opened.close()


@pytest.fixture
def partner() -> Partner:
    return Partner()
