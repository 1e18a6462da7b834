"""What a walk plays on: a merchant's Khaos Control, a building each of Clarus, GXO and ACS, the fleet between them."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy import event
from starlette.types import ASGIApp

from adapters.acs.sandbox.app import new_app as new_acs
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
from workers.simulator.acs import URL, Place, event_headers
from workers.simulator.clock import CLOCK, nap, rule
from workers.simulator.gxo import Facility
from workers.simulator.ledger import AT, Dump, WalkLedger
from workers.simulator.moments import Moments, WatchedStore
from workers.simulator.processes import Process
from workers.simulator.settings import (
    ACS,
    ACS_FILES,
    AUTOMATIONS,
    BESIDE,
    CLARUS,
    DERBY,
    DERBY_BESIDE,
    GLASGOW,
    GLASGOW_BESIDE,
    GXO,
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
from workers.systems.clarus.access_tokens import LedgerTokens
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
GARMENTS = {"DRESS": 12, "COAT": 8}  # so many that no file is refused because half of them were sold
GOODS = {SITE: SKUS, DERBY: SKUS, GLASGOW: GARMENTS}
EANS = {"MUG": "5012345000015", "BOWL": "5012345000022", "TRAY": "5012345000039"}
EANS |= {"DRESS": "5012345000046", "COAT": "5012345000053"}
STABLE = 16.0  # seconds after which GXO's files count as whole
ATTEMPTS = 3  # of Clarus, to deliver a webhook
PRODUCT = {"price": "2.00", "buy_price": "0.80", "commodity_code": "69120023", "country_of_origin": "GB"}


@dataclass
class Hook:
    """A webhook on its way."""

    name: str
    url: str
    body: bytes
    headers: Callable[[], Mapping[str, str]]
    event: dict[str, Any] = field(default_factory=dict)  # a signed one
    forged: bool = False  # its next signature is wrong
    tries: int = 0


@dataclass(frozen=True)
class Backup:
    """The ledger of a moment, and what the walk knew that only the ledger had told it."""

    dump: Dump
    ended: frozenset[str]
    retired: frozenset[str]


def again(hook: Hook) -> Hook:
    """The same webhook once more."""
    return replace(hook, tries=0, forged=False)


class Stage:
    """One process's stage, set anew for each seed."""

    def __init__(self, folder: Path, server: str, broker: str, name: str) -> None:
        """Everything that outlives a seed."""
        self.wire, self.moments = Wire(), Moments()
        self.wire.install()
        self.post: list[Hook] = []
        self.acs = Place(folder / name / "acs", self._tell)  # first of all: it gives signatures the walk's time
        self.ledger = WalkLedger(server, name)
        LedgerTokens.__init__.__defaults__ = (nap,)  # who waits for another's token does so in the walk's time
        CLOCK.moved[:] = [self.ledger.move, self.wire.arrive]
        self._configuration = configuration(folder / name, self.ledger.dsn, broker)
        self._stores = [WatchedStore(self.ledger.dsn, size=4, application=f"walk {n}") for n in range(2)]
        self.engine = reading_engine(self.ledger.dsn)
        event.listen(self.engine, "begin", lambda db: db.exec_driver_sql(AT.format(CLOCK.at.isoformat())))
        self.wire.before, self.wire.after = self.moments.call_begins, self.moments.call_ended
        web = FastAPI()
        runtime = Runtime(self._configuration)
        posting = {name: runtime.warehouse(name) for name in ("leeds", "acs")}
        web.include_router(routes(Inbox(self._stores[0], self.engine, posting)))
        channel = self._configuration.erp.connect(self._configuration.tables).channel
        web.include_router(khaos_channel.routes(khaos_channel.Door(channel, "khaos", self._stores[0], self.engine)))
        self._apps: dict[str, ASGIApp] = {WEB: web, KHAOS: create_app(confirm_shipment=True)}
        self.wire.apps.update(self._apps)
        self.wire.call("GET", f"http://{KHAOS}/_sandbox/health")
        self._khaos = self.wire.application.state
        self.gxo = Facility(folder / name / "gxo")
        sftp.install(self.wire, {GXO: self.gxo.root, ACS_FILES: self.acs.root})
        self.most: dict[tuple[str, str], int] = {}
        self.ended: set[str] = set()
        self.retired: set[str] = set()  # garments that the fleet knew as retired
        self.gone: set[uuid.UUID] = set()  # silent processes that another has had the time to notice
        self.paused: set[str] = set()  # connections that were paused when the last step ended
        self.told: list[Hook] = []  # webhooks that were taken in this step
        self.backup: Backup | None = None  # the newest one
        self.restored = False
        self.taken: list[Hook] = []  # signed events that were taken since
        self.believed: list[str] = []  # webhooks with a wrong signature that were taken

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
        self.gone.clear()
        self.told.clear()
        self.paused.clear()
        self.believed.clear()
        self.taken.clear()
        self.backup, self.restored = None, False
        self.retired.clear()
        self.seed, self.dice = seed, dice
        self._open_partners(seed)
        self.processes = [
            Process(f"walk {n}", self._configuration, store, random.Random(dice.random()), self.ledger.silent)  # noqa: S311  as above
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

    def comes_from(self, backup: Backup) -> None:
        """The ledger is what a backup held, and its processes begin anew. It serves once."""
        self.ledger.restore(backup.dump)
        self.ended, self.retired, self.backup = {*backup.ended}, {*backup.retired}, None
        self.restored = True
        self.gone.clear()
        self.paused.clear()
        for process in self.processes:
            process.begin_anew()

    def _open_partners(self, seed: int) -> None:
        self.tenant: Tenant = new_tenant(subdomain="acme", secret=SECRET, token_seconds=3600, seed=seed)
        hooks = self.tenant.webhooks

        def later(automation: Record, body: bytes) -> None:
            name = f"webhook {automation['resource_name']}.{automation['event']}"
            self.post.append(Hook(name, automation["url"], body, lambda: hooks._headers(automation)))  # noqa: SLF001

        setattr(hooks, "_send_later", later)  # noqa: B010  the post delivers in its place
        self.wire.apps[CLARUS] = new_app(self.tenant)
        self.wire.apps.update(self._apps)
        self.gxo.begin(seed)
        self.acs.begin(seed)
        self.wire.apps[ACS] = new_acs(self.acs.site, {}, _no_door)
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
            [SITE, *BESIDE.values(), DERBY, *DERBY_BESIDE.values(), GLASGOW, *GLASGOW_BESIDE.values()],
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
                for code, n in GOODS[site].items()
            ],
        )
        for name in ("khaos", "leeds", "derby", "acs"):
            first.run(f"reference data {name}", now=True)
        first.run("catalogue khaos", now=True)
        self.settle(first)
        self.gxo.stock(SKUS)
        self.gxo_answers(first, "items derby")
        self.gxo.tells_stock()
        self.acs.stock(GARMENTS)
        self.acs.counts()
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
            process.run("stock files acs", now=True)
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
        """The people of all buildings do what is due by now."""
        self.gxo.works()
        self.acs.works()
        self.tenant.switches.turn({"floor": True})
        self.tenant.floor.tick(CLOCK.at.timestamp())
        self.tenant.switches.turn({"floor": False})

    def deliver(self, hook: Hook) -> bool:
        """A warehouse posts a webhook. True when it was taken."""
        headers = event_headers(hook.event, forged=hook.forged) if hook.event else hook.headers()
        status, _, _ = self.wire.call("POST", hook.url, hook.body, headers)
        taken = status // 100 == 2  # noqa: PLR2004  the class of 2xx
        if taken and hook.forged:
            self.believed.append(hook.name)
        if taken:
            self.told.append(hook)
            if hook.event and self.backup:
                self.taken.append(hook)
        hook.tries, hook.forged = hook.tries + 1, False
        return taken

    def never_hears(self, hook: Hook) -> None:
        """A webhook got lost."""
        if tag := hook.event.get("Data", {}).get("RFID"):
            self.acs.unheard.add(tag)

    def _tell(self, event: dict[str, Any]) -> None:
        """ACS's events go to the post."""
        body = json.dumps(event).encode()
        self.post.append(Hook(f"event {event['EventType']}", URL, body, dict, event=event))

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


async def _no_door() -> Any:
    """Nobody comes in over the network."""
    raise AssertionError("a walk opens no port")
