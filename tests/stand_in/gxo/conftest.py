"""A GXO site in this process with a clock that the test turns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fleet_tests.gxo_floor import Floor, Segment, accepted, interchange, order


@pytest.fixture
def floor(tmp_path: Path) -> Floor:
    return Floor(tmp_path)


@pytest.fixture
def write_order() -> Callable[..., list[Segment]]:
    return order


@pytest.fixture
def write_interchange() -> Callable[..., bytes]:
    return interchange


@pytest.fixture
def pyx12_accepts() -> Callable[[bytes], list[Segment]]:
    return accepted


@pytest.fixture
def new_floor(tmp_path: Path) -> Callable[[int], Floor]:
    return lambda seed: Floor(tmp_path / str(seed), seed)
