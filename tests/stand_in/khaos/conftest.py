"""A Khaos sandbox on a free port for every test that asks for one, and a server that stands where our side would."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapters.khaos import Khaos
from fleet_tests.channel import AUTH, FAST, PATHS, batch, config
from fleet_tests.http_partner import PATIENCE, Partner, partners
from fleet_tests.khaos_sandbox import Sandbox, order_document, sandboxes


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


@pytest.fixture
def partner() -> Iterator[Partner]:
    with partners() as listening:
        yield listening


@pytest.fixture(scope="session")
def until() -> Callable[[Callable[[], Any]], Any]:
    """Waits until what is asked is true, and gives it."""

    def wait(asked: Callable[[], Any]) -> Any:
        ends = time.monotonic() + PATIENCE
        while not (found := asked()):
            if time.monotonic() > ends:
                pytest.fail("it did not come to pass")
            time.sleep(0.02)
        return found

    return wait


@pytest.fixture
def served(partner: Partner) -> Partner:
    """Our side with empty answers: a proper configuration, nothing to pull, every push taken."""
    partner.answers = {
        "/config.xml": (200, {}, config(partner.url)),
        "/orders": (200, {"Sirion-Continuation": "o1"}, b'{"Orders": [], "ApiVersion": 1000}'),
        "/returns": (200, {"Sirion-Continuation": "r1"}, batch()),
        **{PATHS[name]: (200, {}, b"") for name in ("StockUpload", "StockStatusUpload", "OrderStatusUpload")},
    }
    return partner


@pytest.fixture
def link(sandbox: Sandbox, served: Partner) -> Callable[..., Any]:
    def up(clock: float = FAST, **more: Any) -> Any:
        return sandbox.post("channel", config_url=f"{served.url}/config.xml", clock=clock, **AUTH, **more)

    return up
