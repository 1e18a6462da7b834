"""Fixtures of a running Clarus sandbox with a client and a desk: a conftest names those that its tests use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.clarus.client import Clarus
from adapters.clarus.settings import Settings
from fleet_tests.clarus_sandbox import Desk, Sandbox, desk_for, process, settings_for


@pytest.fixture(scope="session")
def served() -> Iterator[str]:
    with process() as url:
        yield url


@pytest.fixture
def sandbox(served: str) -> Iterator[Sandbox]:
    box = Sandbox(served)
    box.switch(reset=True, pick_seconds=0.05, dispatch_seconds=0.05)
    yield box
    box.switch(reset=True)


@pytest.fixture
def settings(sandbox: Sandbox) -> Settings:
    return settings_for(sandbox)


@pytest.fixture
def clarus(settings: Settings) -> Clarus:
    return Clarus(settings)


@pytest.fixture
def desk(clarus: Clarus) -> Desk:
    return desk_for(clarus)
