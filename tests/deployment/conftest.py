"""Owners that can be killed, and the watch for processes that stay behind."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fleet_tests.owners import Owner, Watch, children_below, happens_soon, is_running


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def owner() -> Iterator[Callable[..., Owner]]:
    started: list[Owner] = []

    def start(code: str, **how: Any) -> Owner:
        started.append(Owner(code, **how))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait(10)
        for pipe in (one.process.stdin, one.process.stdout):
            if pipe:
                pipe.close()


@pytest.fixture(autouse=True, scope="module")
def nothing_stays_behind() -> Iterator[None]:
    """Every file of tests here ends with the processes that it began with."""
    before = children_below(os.getpid())
    yield
    left = {pid for pid in children_below(os.getpid()) - before if is_running(pid)}
    assert happens_soon(lambda: not any(is_running(pid) for pid in left)), f"left behind: {left}"
