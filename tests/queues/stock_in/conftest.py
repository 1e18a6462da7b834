"""A ledger with one home and one SKU; everything is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from fleet_tests.databases import copied
from fleet_tests.one_sku import OneSku


@pytest.fixture(scope="session")
def ledger(postgres: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    with psycopg.connect(copied(postgres, "figures"), row_factory=dict_row, autocommit=True) as connection:
        yield connection


@pytest.fixture
def told(ledger: psycopg.Connection[dict[str, Any]]) -> Iterator[OneSku]:
    with ledger.transaction(force_rollback=True):
        told = OneSku(ledger)
        told.begin()
        yield told


@pytest.fixture(scope="session")
def telling() -> type[OneSku]:
    """What makes a teller of a ledger, for tests that make one for each example."""
    return OneSku
