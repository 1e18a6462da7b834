"""A ledger without a world around it, a partner that keeps books, and a person."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from fleet_tests.ledger_fixtures import database, ledger, partner, runtime
from workers.spine.people import Person
from workers.views.snapshot import reading_engine

__all__ = ["database", "engine", "ledger", "mo", "partner", "runtime"]


@pytest.fixture
def mo() -> Person:
    return Person("Mo")


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = reading_engine(database)
    yield made
    made.dispose()
