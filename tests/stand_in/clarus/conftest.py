"""Clarus's sandbox as a process with a client for it, and as a house without a network."""

from __future__ import annotations

import pytest

from fleet_tests.clarus_fixtures import clarus, desk, sandbox, served, settings
from fleet_tests.clarus_floor import House, open_house

__all__ = ["clarus", "desk", "house", "sandbox", "served", "settings"]


@pytest.fixture
def house() -> House:
    """MUG has ten units on the shelf, TRAY has none."""
    return open_house()
