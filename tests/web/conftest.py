"""A real web process on a free port, in front of a real ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from fleet_tests.web import HEADERS, Web, web_process
from workers.embedded.folder import free_ports


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., AbstractContextManager[Web]]:
    """Start a web process of one's own: ``with start(database, FLEET_LOG_LEVEL=…) as web``."""
    return lambda database, **more: web_process(database, tmp_path, **more)


@pytest.fixture
def free_port() -> int:
    return free_ports(1)[0]


@pytest.fixture
def web(database: str, tmp_path: Path) -> Iterator[Web]:
    with web_process(database, tmp_path) as running:
        yield running


@pytest.fixture
def headers() -> dict[str, str]:
    return dict(HEADERS)
