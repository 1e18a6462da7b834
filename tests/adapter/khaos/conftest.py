"""A Khaos sandbox on a free port for every test that asks for one, and a client for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial

import pytest

from adapters.khaos import Khaos
from fleet_tests.khaos_sandbox import Sandbox, order_document, sandboxes
from fleet_tests.servers import serve


@pytest.fixture
def start() -> Iterator[Callable[..., Sandbox]]:
    """Starts sandboxes; all of them are gone when the test ends."""
    with sandboxes() as begin:
        yield begin


@pytest.fixture
def sandbox(start: Callable[..., Sandbox]) -> Sandbox:
    return start(confirm_shipment=True)


@pytest.fixture
def khaos(sandbox: Sandbox) -> Khaos:
    return sandbox.client(extensions={"confirm_shipment": {}})


@pytest.fixture
def order() -> Callable[..., str]:
    """Writes a minimal order document."""
    return order_document


@pytest.fixture(scope="session")
def serving() -> Callable[..., AbstractContextManager[str]]:
    """Serves an application while a block lasts, for tests that need a server of another kind."""
    return partial(serve, wait=True)
