"""Clarus's sandbox as a process, and a client, facts and orders to use with it."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.clarus.client import Clarus
from adapters.clarus.settings import Settings
from mappings.canonical import Address, Fulfilment, PickLine, Product
from mappings.clarus import Facts, write_assignment, write_goods_out, write_product
from workers.embedded.folder import free_ports

NUMBERS = itertools.count(1)


@dataclass
class Sandbox:
    url: str

    def ask(self, page: str, told: dict[str, Any] | None = None) -> Any:
        body = None if told is None else json.dumps(told).encode()
        with urllib.request.urlopen(f"{self.url}/_sandbox/{page}", body, timeout=10) as answer:  # noqa: S310 -- loopback
            return json.loads(answer.read())

    def switch(self, **changes: Any) -> None:
        self.ask("switches", changes)

    def books(self) -> Any:
        return self.ask("books")

    def order(self, reference: str) -> Any:
        return next(one for one in self.books()["goods_outs"] if one["reference"] == reference)

    def until(self, good: Callable[[], Any], seconds: float = 15.0) -> Any:
        ends = time.monotonic() + seconds
        while True:
            found = good()
            if found:
                return found
            assert time.monotonic() < ends, "it did not happen in time"
            time.sleep(0.02)

    def until_status(self, reference: str, status: str) -> Any:
        self.until(lambda: self.order(reference)["status"] == status)
        return self.order(reference)


@dataclass
class Desk:
    """A client, the facts of the account, and orders with fresh references."""

    clarus: Clarus
    facts: Facts

    def fulfilment(self, **lines: int) -> Fulfilment:
        number = next(NUMBERS)
        return Fulfilment(
            reference=f"SO{number}-1",
            order_code=f"SO{number}",
            invoice_code=f"IN{number}",
            facility="LDS1",
            lines=tuple(PickLine(sku=sku, quantity=quantity) for sku, quantity in lines.items()),
            address=Address(
                name="Ada Example", line1="1 Test Street", town="Leeds", county="West Yorkshire", postcode="LS1 1AA",
                country="GB", email="ada@example.com", phone="0113 496 0000",
            ),
            dispatch_by=datetime(2026, 11, 23, 17, tzinfo=UTC),
        )  # fmt: skip

    def send(self, wanted: Fulfilment) -> str:
        return self.clarus.create_goods_out(write_goods_out(wanted, self.facts))

    def detail(self, wanted: Fulfilment) -> dict[str, Any]:
        found = self.clarus.goods_outs_by_reference([wanted.reference], self.facts.account_id)
        return self.clarus.orders_detail(found)[0]


def product(code: str) -> Product:
    return Product(stock_id=f"id-{code}", code=code, description=f"Thing {code}", stock_controlled=True)


@contextmanager
def process() -> Iterator[str]:
    """Where a sandbox answers that is a process of its own, for as long as the block lasts."""
    (port,) = free_ports(1)
    process = subprocess.Popen([sys.executable, "-m", "adapters.clarus.sandbox", "--port", str(port), "--seed", "7"])
    try:
        ends = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_sandbox/health", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, "the sandbox did not start"
                assert time.monotonic() < ends, "the sandbox did not start in time"
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def settings_for(sandbox: Sandbox) -> Settings:
    """How our side logs in there."""
    return Settings(
        base_url=sandbox.url,
        subdomain="acme",
        account="ACME",
        client_id="sandbox-client",
        client_secret="sandbox-secret",
        webhook_token="0123456789abcdef0123",
        webhook_automations={"goods_out.completed": "43"},
        deadline=5,
    )


def desk_for(clarus: Clarus) -> Desk:
    """A desk whose account has MUG and TRAY."""
    told = clarus.reference_data()
    facts = Facts(
        account_id=told["account_id"],
        warehouses=told["warehouses"],
        carriers=told["carriers"],
        stock_unit_type_id=told["stock_unit_types"]["EACH"],
    )
    known = clarus.products_by_code(["MUG", "TRAY"])
    products = {code: node["id"] for code, node in known.items()}
    for code in {"MUG", "TRAY"} - products.keys():
        products[code] = clarus.create_product(write_product(product(code), facts))
        clarus.assign_product(products[code], write_assignment(facts))
    return Desk(clarus, facts.model_copy(update={"products": products}))
