"""What a walk plays on: a merchant's Khaos Control, a building of Clarus and one of GXO, the fleet between them."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy import event
from starlette.types import ASGIApp

from adapters.clarus.sandbox import door
from adapters.clarus.sandbox.app import new_app
from adapters.clarus.sandbox.books import Record
from adapters.clarus.sandbox.tenant import Tenant, new_tenant
from adapters.khaos.sandbox.app import Traffic, create_app
from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.channel.pulls import Puller
from adapters.khaos.sandbox.channel.tally import Tally
from adapters.khaos.sandbox.operations import Desk
from adapters.khaos.sandbox.switches import Switches
from workers.simulator import sftp
from workers.simulator.clock import CLOCK, rule
from workers.simulator.gxo import Facility
from workers.simulator.ledger import AT, WalkLedger
from workers.simulator.moments import Moments, WatchedStore
from workers.simulator.processes import Process
from workers.simulator.settings import (
    AUTOMATIONS,
    BESIDE,
    CLARUS,
    DERBY,
    DERBY_BESIDE,
    KHAOS,
    SECRET,
    SITE,
    SITES,
    TOKEN,
    WEB,
    configuration,
)
from workers.simulator.wire import Wire
from workers.spine import live
from workers.spine.runtime import Runtime
from workers.views.snapshot import reading_engine
from workers.web import khaos_channel
from workers.web.warehouse_hooks import Inbox, routes
from workers.wiring import schedules

BEGINNINGS = (  # an ordinary morning, and the hours before clocks, months and days change in London
    datetime(2026, 1, 15, 9, tzinfo=UTC),
    datetime(2026, 3, 28, 23, 30, tzinfo=UTC),
    datetime(2026, 7, 31, 22, 30, tzinfo=UTC),
    datetime(2026, 10, 24, 23, 30, tzinfo=UTC),
)
SKUS = {"MUG": 12, "BOWL": 6, "TRAY": 3}
EANS = {"MUG": "5012345000015", "BOWL": "5012345000022", "TRAY": "5012345000039"}
STABLE = 16.0  # seconds after which GXO's files count as whole
ATTEMPTS = 3  # of Clarus, to deliver a webhook
PRODUCT = {"price": "2.00", "buy_price": "0.80", "commodity_code": "69120023", "country_of_origin": "GB"}


@dataclass
class Hook:
    """A webhook on its way."""

    automation: Record
    body: bytes
    tries: int = 0


class Stage:
    """One process's stage, set anew for each seed."""

    def __init__(self, folder: Path, server: str, broker: str, name: str) -> None:
        """Everything that outlives a seed."""
        self.wire, self.moments = Wire(), Moments()
        self.wire.install()
        self.ledger = WalkLedger(server, name)
        CLOCK.moved[:] = [self.ledger.move, self.wire.arrive]
        self._configuration = configuration(folder / name, self.ledger.dsn, broker)
        self._stores = [WatchedStore(self.ledger.dsn, size=4, application=f"walk {n}") for n in range(2)]
        self.engine = reading_engine(self.ledger.dsn)
        event.listen(self.engine, "begin", lambda db: db.exec_driver_sql(AT, (CLOCK.at.isoformat(),)))
        self.wire.before = self.wire.after = self.moments.call
        web = FastAPI()
        runtime = Runtime(self._configuration)
        web.include_router(routes(Inbox(self._stores[0], self.engine, {"leeds": runtime.warehouse("leeds")})))
        channel = self._configuration.erp.connect(self._configuration.tables).channel
        web.include_router(khaos_channel.routes(khaos_channel.Door(channel, "khaos", self._stores[0], self.engine)))
        self._apps: dict[str, ASGIApp] = {WEB: web, KHAOS: create_app(confirm_shipment=True)}
        self.wire.apps.update(self._apps)
        self.wire.call("GET", f"http://{KHAOS}/_sandbox/health")
        self._khaos = self.wire.application.state
        self.gxo = Facility(folder / name / "gxo")
        sftp.install(self.wire, self.gxo.root)
        self.post: list[Hook] = []
        self.most: dict[tuple[str, str], int] = {}
        self.ended: set[str] = set()

    def close(self) -> None:
        """Give everything back."""
        for store in self._stores:
            store.close()
        self.engine.dispose()
        self.ledger.close()

    def begin(self, seed: int) -> None:
        """An empty ledger and fresh books; products are known, stock is counted and shown."""
        dice = random.Random(seed)  # noqa: S311  a play, not a secret
        rule()
        self.moments.forget()
        for store in self._stores:
            store.moments = None
        self.ledger.empty()
        self.wire.clear()
        CLOCK.set(BEGINNINGS[seed % len(BEGINNINGS)])
        self.post.clear()
        self.most.clear()
        self.ended.clear()
        self.seed, self.dice = seed, dice
        self._open_partners(seed)
        self.processes = [
            Process(f"walk {n}", self._configuration, store, random.Random(dice.random()))  # noqa: S311  as above
            for n, store in enumerate(self._stores)
        ]
        self.store = self.processes[0].store
        first = self.processes[0]
        schedules.install(first.runtime, first.listed)
        live.set_live(self.store, first.runtime.configuration.connections, "the simulator")
        rule()
        self._open_shop(first)
        for store in self._stores:
            store.moments = self.moments

    def _open_partners(self, seed: int) -> None:
        self.tenant: Tenant = new_tenant(subdomain="acme", secret=SECRET, token_seconds=3600, seed=seed)
        hooks = self.tenant.webhooks
        setattr(hooks, "_send_later", lambda automation, body: self.post.append(Hook(automation, body)))  # noqa: B010
        self.headers_of = hooks._headers  # noqa: SLF001  the post delivers in its place
        self.wire.apps[CLARUS] = new_app(self.tenant)
        self.wire.apps.update(self._apps)
        self.gxo.begin(seed)
        self.books = Books(1000)
        self.puller = Puller(self.books, Tally(), Switches)
        self._khaos.desk, self._khaos.traffic = Desk(self.books, Switches(confirm_shipment=True), None), Traffic()

    def _open_shop(self, first: Process) -> None:
        self.tenant.switches.turn({"floor": False, "pick_seconds": 60.0, "dispatch_seconds": 60.0})
        self.tenant.set_up(
            {
                "plenty": False,
                "stock": SKUS,
                "webhooks": [
                    {
                        "resource": event.partition(".")[0], "event": event.partition(".")[2], "automation_id": number,
                        "url": f"http://{WEB}/hooks/leeds/{TOKEN}/{event}",
                    }
                    for event, number in AUTOMATIONS.items()
                ],
            }
        )  # fmt: skip
        self.books.add_products(
            [SITE, *BESIDE.values(), DERBY, *DERBY_BESIDE.values()],
            [
                {
                    "code": code,
                    "description": f"Thing {code}",
                    "in_stock": n,
                    "site": site,
                    "barcode": EANS[code],
                    **PRODUCT,
                }
                for site in SITES
                for code, n in SKUS.items()
            ],
        )
        for name in ("reference data khaos", "reference data leeds", "reference data derby", "catalogue khaos"):
            first.run(name, now=True)
        self.settle(first)
        self.gxo.stock(SKUS)
        self.gxo_answers(first, "items derby")
        self.gxo.tells_stock()
        self.gxo_answers(first, f"count {SITE}", "demand khaos", "stock")

    def gxo_answers(self, process: Process, *names: str) -> None:
        """Some of the schedules run; what comes of it is carried to GXO, and its answers back."""
        for name in names:
            process.run(name, now=True)
        self.settle(process)
        for _ in range(3):
            CLOCK.wait(STABLE)
            self.gxo.works()
            process.run(f"files {DERBY}", now=True)
        self.settle(process)

    def settle(self, process: Process) -> None:
        """Read and work until nothing moves."""
        for _ in range(30):
            process.run("read", now=True)
            if not process.work_all():
                return

    # the people at the partners' own doors

    def at_khaos(self, page: str, told: Mapping[str, Any]) -> tuple[int, Any]:
        """What a person does in Khaos Control."""
        status, _, body = self.wire.call(
            "POST", f"http://{KHAOS}/_sandbox/{page}", json.dumps(told).encode(), {"content-type": "application/json"}
        )
        return status, json.loads(body)

    def on_the_floor(self, told: dict[str, Any]) -> Any:
        """What a person does in the building. Raises the stand-in's refusal."""
        return door.act(self.tenant, told)

    def floor_works(self) -> None:
        """The people of both buildings do what is due by now."""
        self.gxo.works()
        self.tenant.switches.turn({"floor": True})
        self.tenant.floor.tick(CLOCK.at.timestamp())
        self.tenant.switches.turn({"floor": False})

    def deliver(self, hook: Hook) -> bool:
        """Clarus posts a webhook. True when it was taken."""
        status, _, _ = self.wire.call("POST", hook.automation["url"], hook.body, self.headers_of(hook.automation))
        hook.tries += 1
        return status // 100 == 2  # noqa: PLR2004  the class of 2xx

    def khaos_books(self) -> Any:
        """Khaos Control's own book."""
        return json.loads(self.wire.call("GET", f"http://{KHAOS}/_sandbox/books")[2])

    def see(self) -> None:
        """Keep the most that each order ever asked of each SKU: what may leave for it at the most."""
        for order in self.books.orders.values():
            asked: dict[str, int] = {}
            for invoice in order.invoices:
                if invoice.stage != 1:
                    for sku, units in invoice.lines.items():
                        asked[sku] = asked.get(sku, 0) + units
            for sku, units in asked.items():
                self.most[order.code, sku] = max(units, self.most.get((order.code, sku), 0))
