"""The sandbox as a process of its own, and how fast client and sandbox are together."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from adapters.khaos import Khaos, Settings
from fleet_tests.places import ROOT
from mappings.khaos import read_invoices, read_orders
from workers.embedded.folder import free_ports

PATIENCE = 30.0


@pytest.fixture
def root() -> Iterator[str]:
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "adapters.khaos.sandbox", "--port", str(port), "--seed", "7"]
    process = subprocess.Popen([*command, "--auth", "fleet:pw", "--confirm-shipment"], cwd=ROOT)
    try:
        ends = time.monotonic() + PATIENCE
        while True:
            try:
                assert requests.get(f"http://127.0.0.1:{port}/_sandbox/health", timeout=1).json() == {"status": "ok"}
                break
            except requests.RequestException:
                assert process.poll() is None, "the sandbox ended before it was up"
                assert time.monotonic() < ends, "the sandbox did not come up"
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE)


def test_it_serves_a_thousand_ready_invoices_quickly(root: str, order: Callable[..., str]) -> None:
    auth = {"basic": {"user": "fleet", "password": "pw"}}
    khaos = Khaos(Settings(url=f"{root}/x.exe", auth=auth))
    products: list[dict[str, Any]] = [{"code": "MUG", "description": "Mug", "stock_controlled": True, "in_stock": 5000}]
    requests.post(f"{root}/_sandbox/products", json={"products": products}, timeout=PATIENCE).raise_for_status()
    took: dict[str, float] = {}

    began = time.monotonic()
    for n in range(1000):
        assert khaos.import_orders(order(f"W-{n}", MUG=1)).imported
    took["1,000 imports"] = time.monotonic() - began

    now = datetime.now(UTC)
    began = time.monotonic()
    status = khaos.export_order_status(date_from=now - timedelta(days=90), date_to=now + timedelta(days=1), stages=[9])
    invoices, bad = read_invoices(status)
    took["1,000 ready invoices, exported and read"] = time.monotonic() - began
    assert len(invoices) == 1000
    assert not bad

    codes = [i.order_code for i in invoices]
    began = time.monotonic()
    orders = [o for n in range(0, 1000, 15) for o in read_orders(khaos.export_orders(codes[n : n + 15]))[0]]
    took["67 calls of 15 orders, exported and read"] = time.monotonic() - began
    assert [o.code for o in orders] == codes
    assert orders[0].code.startswith("SO0000008")

    for what, seconds in took.items():
        print(f"{what}: {seconds:.2f} s")  # noqa: T201 -- shown with -s: the measurement
    assert all(seconds < 4 * PATIENCE for seconds in took.values())  # a shared machine may be busy
