"""A Clarus warehouse whose movements are entered for finance."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fleet_tests.bookkeeping import BESIDE, MAPPED, ROUTING, Build, Warehouse


@pytest.fixture
def open_warehouse(build: Build) -> Callable[..., Warehouse]:
    """A warehouse whose reasons DMG and COUNT finance has mapped; ``more`` is further fleet.toml."""
    return lambda more=BESIDE, **settings: Warehouse(build(routing=ROUTING + MAPPED + more, **settings))


@pytest.fixture
def leeds(open_warehouse: Callable[..., Warehouse]) -> Warehouse:
    return open_warehouse()
