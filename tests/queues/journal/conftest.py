"""A Clarus warehouse whose movements are entered for finance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fleet_tests.bookkeeping import BESIDE, MAPPED, ROUTING, Build, Warehouse


@pytest.fixture
def open_warehouse(build: Build) -> Callable[..., Warehouse]:
    """A warehouse whose reasons DMG and COUNT finance has mapped; ``more`` is further fleet.toml."""

    def begin(more: str = BESIDE, **settings: Any) -> Warehouse:
        warehouse = Warehouse(build(routing=ROUTING + MAPPED + more, **settings))
        for sku in (
            "MUG",
            "BOWL",
            "MUG;RED",
            "NOT-IN-KHAOS",
            "NEITHER",
        ):  # TRAY has no cost
            warehouse.price(sku, "2.00")
        return warehouse

    return begin


@pytest.fixture
def leeds(open_warehouse: Callable[..., Warehouse]) -> Warehouse:
    return open_warehouse()
