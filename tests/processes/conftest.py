"""A small real fleet for all tests of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fleet_tests.processes import PERSON, Fleet, running_fleet


@pytest.fixture(scope="module")
def fleet(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with running_fleet(postgres, Path(tmp_path_factory.mktemp("fleet")), "processes") as running:
        yield running


@pytest.fixture
def new_fleet() -> Callable[[Path, str, str], Fleet]:
    """Make a fleet of one's own: its folder, its ledger, its broker."""
    return Fleet


@pytest.fixture
def person() -> tuple[str, ...]:
    """Words that may stand in Postgres and at the partners, and nowhere else."""
    return PERSON
