"""The sandbox as a process of its own, and how much work it is to read what it shows."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import requests

from adapters.khaos import Khaos, Settings
from fleet_tests.places import ROOT
from fleet_tests.steps import steps
from mappings.khaos import read_invoices, read_orders
from workers.embedded.folder import free_ports

PATIENCE = 30.0
FEW, MANY = 60, 300  # invoices; both are whole calls of 15 orders


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


def test_it_serves_hundreds_of_ready_invoices_that_are_read_in_steps_that_grow_with_them(
    root: str, order: Callable[..., str]
) -> None:
    auth = {"basic": {"user": "fleet", "password": "pw"}}
    khaos = Khaos(Settings(url=f"{root}/x.exe", auth=auth))
    products: list[dict[str, Any]] = [{"code": "MUG", "description": "Mug", "stock_controlled": True, "in_stock": 5000}]
    requests.post(f"{root}/_sandbox/products", json={"products": products}, timeout=PATIENCE).raise_for_status()
    taken: dict[int, int] = {}
    imported = 0
    for many in (FEW, MANY):
        for n in range(imported, many):
            assert khaos.import_orders(order(f"W-{n}", MUG=1)).imported
        imported, now = many, datetime.now(UTC)
        status = khaos.export_order_status(
            date_from=now - timedelta(days=90), date_to=now + timedelta(days=1), stages=[9]
        )
        invoices, bad = read_invoices(status)
        assert (len(invoices), bad) == (many, [])
        codes = [i.order_code for i in invoices]
        shown = [khaos.export_orders(codes[n : n + 15]) for n in range(0, many, 15)]
        assert [one.code for page in shown for one in read_orders(page)[0]] == codes
        taken[many] = steps(partial(read_invoices, status)) + sum(steps(partial(read_orders, page)) for page in shown)
    assert codes[0].startswith("SO0000008")
    assert taken[MANY] < taken[FEW] * MANY / FEW * 1.1
