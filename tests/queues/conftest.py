"""The queues driven by hand: a world with Clarus, a world with GXO's files beside it. Each test has its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from fleet_tests.acs import Garments, places
from fleet_tests.gxo import ByFile, sites
from fleet_tests.servers import serve, servers_end
from fleet_tests.world import World, worlds


@pytest.fixture(scope="module", autouse=True)
def _all_servers_end() -> Iterator[None]:
    yield
    servers_end()


@pytest.fixture
def database(emptied_database: str) -> str:
    return emptied_database


@pytest.fixture
def build(database: str, redis_url: str, tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Builds a world whose settings differ from the ordinary one."""
    with worlds(database, redis_url, tmp_path) as begin:
        yield begin


@pytest.fixture
def world(build: Callable[..., World]) -> World:
    return build()


@pytest.fixture
def build_gxo(build: Callable[..., World], tmp_path: Path) -> Iterator[Callable[..., ByFile]]:
    """Builds a world with GXO beside Clarus; ``more`` are further lines of its connection."""
    with sites(build, tmp_path) as begin:
        yield begin


@pytest.fixture
def gxo(build_gxo: Callable[..., ByFile]) -> ByFile:
    return build_gxo()


@pytest.fixture
def build_acs(build: Callable[..., World], tmp_path: Path) -> Iterator[Callable[..., Garments]]:
    """Builds a world whose warehouse is ACS; ``more`` are further lines of its connection."""
    with places(build, tmp_path) as begin:
        yield begin


@pytest.fixture
def host() -> Callable[..., AbstractContextManager[str]]:
    """Serves an application while a block lasts: ``with host(app) as url``."""
    return serve


@pytest.fixture
def note() -> Callable[[Any], str]:
    """Whatever it is, as text to search in."""
    return lambda anything: json.dumps(anything, default=str)
