"""A merchant and a Clarus warehouse as real servers, a real ledger, and the queues driven by hand: no worker runs."""

from __future__ import annotations

import itertools
import random
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import requests
from fastapi import FastAPI
from sqlalchemy import Engine

from adapters.clarus.sandbox.app import new_app
from adapters.clarus.sandbox.tenant import new_tenant
from adapters.khaos import Khaos, Settings
from adapters.khaos.sandbox.app import create_app
from fleet_tests.servers import PATIENCE, serve
from workers import config
from workers.broker.queues import LANES
from workers.dispatch_in import polls
from workers.dispatch_in import read_back as dispatch_in_read_back
from workers.ledger.store import Claimed
from workers.observability.flower import Silent
from workers.orders_out import polls as orders_out_polls
from workers.sku_sync import polls as sku_sync_polls
from workers.spine import dead_letters, expectations, gates, live, reading, ringer
from workers.spine.delivery import MOST, Slot, drain
from workers.spine.ringer import Bell
from workers.spine.runtime import Runtime
from workers.stock_in import counts, due, movements
from workers.views.snapshot import reading_engine
from workers.web.warehouse_hooks import Inbox, routes
from workers.wiring import schedules
from workers.wiring.handlers import handler_for
from workers.wiring.readers import reader_for
from workers.wiring.systems import SYSTEMS

TOKEN = "an-unguessable-token-of-ours"
ROUTING = '[[routing]]\nname = "everything"\nto = "leeds"\nfacility = "LDS1"\n'
TOML = """
[fleet]
database_url = "{database}"
broker_url = "{redis}"
[fleet.intervals]
sweep = 0.001
[fleet.limits]
sku_confirmed = {sku_limit}
dispatch = {dispatch_limit}
proof = {proof_limit}
[connections.khaos]
system = "khaos"
url = "{khaos}/LiveSoap/Khaos.exe"
rate = "10000/s"
deadline = 5.0
partner_timeout = 0.1
{khaos_more}
[connections.leeds]
system = "clarus"
base_url = "{clarus}"
subdomain = "acme"
account = "ACME"
client_id = "sandbox-client"
client_secret = "file:{folder}/secret"
webhook_token = "file:{folder}/token"
webhook_automations = {automations}
sites = {sites}
rate = "10000/s"
concurrency = 8
deadline = {clarus_deadline}
partner_timeout = 0.1
{clarus_more}
{routing}
{stock}
"""
CONFIRM = "extensions.confirm_shipment = {}"
EVENTS = {
    "goods_out": ("completed", "updated", "cancelled"),
    "stock": ("positively_adjusted", "negatively_adjusted", "placed_on_hold", "released_from_hold", "received"),
    "goods_in": ("created", "completed", "moved_to_part"),
    "putaway_task": ("completed",),
}
AUTOMATIONS = {
    f"{resource}.{event}": str(41 + n)
    for n, (resource, event) in enumerate((resource, event) for resource, events in EVENTS.items() for event in events)
}
PRICES = {"price": "2.00", "buy_price": "0.80"}
STOCK = ("MUG", "BOWL", "TRAY")
SITES = ("Main Site", "Annex")
BESIDE = ("Main Quarantine", "Main Damaged", "Main Inspection", "Main Buffer")
_seeds = itertools.count(1)


class Side:
    """A sandbox as an outsider sees it: its doors, and its books."""

    def __init__(self, url: str) -> None:
        self.url = url

    def post(self, door: str, **body: Any) -> Any:
        answer = requests.post(f"{self.url}/_sandbox/{door}", json=body, timeout=PATIENCE)
        assert answer.ok, answer.text
        return answer.json()

    def switch(self, **changes: Any) -> None:
        self.post("switches", **changes)

    def books(self) -> Any:
        return requests.get(f"{self.url}/_sandbox/books", timeout=PATIENCE).json()

    def calls(self, operation: str) -> int:
        return int(self.books()["calls"].get(operation, 0))


def sales_order(ref: str, lines: list[tuple[str, int]], **said: str) -> str:
    """An order document as a shop imports it; ``said`` sets what differs from an ordinary British order."""
    items = "".join(
        f"<ORDER_ITEM><STOCK_CODE>{escape(sku)}</STOCK_CODE><MAPPING_TYPE>1</MAPPING_TYPE>"
        f"<ORDER_QTY>{n}</ORDER_QTY><PRICE_NET>1.00</PRICE_NET></ORDER_ITEM>"
        for sku, n in lines
    )
    address = {
        "IADDRESS1": "7 Larkspur Row", "ITOWN": "Leeds", "IPOSTCODE": said.get("postcode", "LS1 4AB"),
        "ICOUNTRY_CODE": said.get("country", "GB"), "IFORENAME": "Wilhelmina", "ISURNAME": "Quillfeather",
        "IEMAIL": said.get("email", "w.quillfeather@example.com"),
    }  # fmt: skip
    where = "".join(f"<{tag}>{text}</{tag}>" for tag, text in address.items())
    return (
        "<SALES_ORDERS><SALES_ORDER><CUSTOMER_DETAIL><IS_NEW_CUSTOMER>0</IS_NEW_CUSTOMER>"
        f"<OTHER_REF>C-77</OTHER_REF><ADDRESSES><INVADDR>{where}</INVADDR></ADDRESSES></CUSTOMER_DETAIL>"
        f"<ORDER_HEADER><ASSOCIATED_REF>{ref}</ASSOCIATED_REF><SITE>{said.get('site', 'Main Site')}</SITE>"
        f"<SALES_SOURCE>{said.get('channel', 'Web')}</SALES_SOURCE></ORDER_HEADER>"
        f"<ORDER_ITEMS>{items}</ORDER_ITEMS></SALES_ORDER></SALES_ORDERS>"
    )


def ean(code: str) -> str:
    """A GTIN-13 of its own for a code, with its right check digit."""
    text = f"{zlib.crc32(code.encode()):012d}"
    return text + str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(text)) % 10)


class World:
    """A merchant, a warehouse, and the fleet between them, moved step by step."""

    hooks = ""  # the address of the web process

    def __init__(self, khaos: Side, clarus: Side, runtime: Runtime, engine: Engine) -> None:
        self.khaos, self.clarus, self.runtime, self.engine = khaos, clarus, runtime, engine
        self.store = runtime.store
        self.shop = Khaos(Settings(url=f"{khaos.url}/LiveSoap/Khaos.exe"))
        self._refs = itertools.count(1)

    # the merchant

    def stock(self, *codes: str, units: int = 100_000, sites: Sequence[str] = SITES, **more: Any) -> None:
        self.khaos.post(
            "products",
            products=[
                {
                    "code": code, "description": f"Thing {code}", "in_stock": units, **PRICES,
                    "barcode": ean(code), "commodity_code": "69120023", "country_of_origin": "GB", **more,
                }
                for code in codes
            ],
            sites=list(sites),
        )  # fmt: skip

    def order(self, *lines: tuple[str, int], **said: str) -> str:
        """A sales order in Khaos Control; its code."""
        answer = self.shop.import_orders(sales_order(f"WEB{next(self._refs)}", list(lines), **said))
        assert not answer.skipped, answer.skipped
        return str(answer.imported[0].order_code)

    def invoices(self, order: str) -> list[Any]:
        return [i for i in self.khaos.books()["invoices"] if i["order"] == order]

    def invoice(self, order: str) -> str:
        return str(self.invoices(order)[0]["invoice"])

    # the fleet

    def go(self) -> None:
        """Read, work and read back until nothing moves any more."""
        while (
            reading.read_inbox(self.runtime, lambda c, s: reader_for(self.runtime, c, s))
            + sum(drain(self._slot(), lane) for lane in self._lanes())
            + gates.tend(self.runtime)
            + ringer.ring_dead(self.runtime, self._file_dead)
        ):
            pass

    def _lanes(self) -> list[str]:
        """Lanes in which something may go; an empty claim costs more than to look."""
        rows = self.store.rows(
            "select distinct lane from message where state in ('queued', 'waiting') and due_at <= now()"
        )
        return [lane for lane in LANES if lane in {row["lane"] for row in rows}]

    def poll(self) -> None:
        """Ask Khaos Control for products and orders, and work off what that brings."""
        sku_sync_polls.poll_catalogue(self.runtime)
        self.go()
        orders_out_polls.poll_orders(self.runtime)
        self.go()

    def poll_open(self) -> None:
        """Ask Khaos Control for orders that are out, and work off what that brings."""
        orders_out_polls.poll_open_orders(self.runtime)
        self.go()

    def sweep(self) -> int:
        found = polls.sweep(self.runtime, "leeds")
        self.go()
        return found

    def read_back(self) -> int:
        return dispatch_in_read_back.read_back(self.runtime)

    def check(self) -> int:
        return expectations.check(self.runtime)

    def hurry(self) -> None:
        """The time that waiting messages wait for has come."""
        self.store.run("update message set due_at = now() where state = 'waiting'")
        self.go()

    def round_trip(self) -> None:
        """The warehouse ships everything, and Khaos Control hears of it."""
        self.ship()
        self.sweep()
        self.read_back()

    def _file_dead(self, bell: Bell) -> None:
        dead_letters.file_dead(self.runtime, *bell.arguments)

    def _slot(self) -> Slot:
        def dead(message: Claimed) -> None:
            dead_letters.file_dead(self.runtime, message.id, message.generation)

        return Slot(
            store=self.store, handler=lambda flow, connection, kind: handler_for(self.runtime, flow, connection, kind),
            health=self.runtime.health, reporter=Silent(), doubt_wait=self.runtime.doubt_wait,
            lease=self.runtime.lease, clock=time.monotonic, sleep=time.sleep, dice=random.Random(1), on_dead=dead,
            stopping=lambda: False, most=MOST,
        )  # fmt: skip

    # stock

    def opening(self, **units: int) -> None:
        """So many units on both sides, and a first count of the building."""
        self.clarus.post("setup", plenty=False, stock=units)
        self.khaos.post(
            "products",
            products=[{"code": c, "description": f"Thing {c}", "in_stock": n, **PRICES} for c, n in units.items()],
            sites=[*SITES, *BESIDE],
        )
        self.runtime.read_facts("khaos")
        self.poll()
        counts.count_building(self.runtime, "Main Site")
        self.flush()

    def flush(self) -> None:
        """Everything that fell due is counted and sent."""
        for _ in range(10):
            self.store.run("update level set due_at = now() where due_at is not null")
            posted = due.post_due(self.runtime)
            self.go()
            if not posted:
                return

    def hear(self) -> None:
        """The warehouse's movements are read, counted and sent."""
        movements.poll_movements(self.runtime, "Main Site")
        self.go()
        self.flush()

    def levels(self, sku: str) -> dict[str, tuple[int, int]]:
        """In stock and available of a SKU in Khaos Control, by site; sites with neither are left out."""
        rows = [row for row in self.khaos.books()["levels"] if row["code"] == sku]
        return {r["site"]: (r["in_stock"], r["available"]) for r in rows if r["in_stock"] or r["available"]}

    # the warehouse

    def ship(self, status: str = "COMPLETED", /, **switches: Any) -> None:
        """People come to the warehouse, work until every live order is in ``status``, and go."""
        wanted = {"ALLOCATED": (0.0, 3600.0), "PICK": (0.0, 3600.0), "COMPLETED": (0.0, 0.0)}[status]
        self.clarus.switch(floor=True, pick_seconds=wanted[0], dispatch_seconds=wanted[1], **switches)
        self.until(lambda: all(o["status"] in (status, "COMPLETED", "CANCELLED") or o["deleted"] for o in self.there()))
        self.clarus.switch(floor=False)

    def there(self, reference: str = "") -> list[Any]:
        every = self.clarus.books()["goods_outs"]
        return [o for o in every if not reference or o["reference"] == reference]

    def live(self) -> list[Any]:
        return [o for o in self.there() if not o["deleted"] and o["status"] != "CANCELLED"]

    # the ledger

    def fulfilment(self, reference: str) -> Any:
        row = self.store.row("select * from fulfilment where reference = %s", reference)
        assert row is not None, f"there is no fulfilment {reference}"
        return row

    def fulfilments(self, order: str) -> list[tuple[str, str]]:
        rows = self.store.rows("select reference, state from fulfilment where order_code = %s order by number", order)
        return [(row["reference"], row["state"]) for row in rows]

    def exceptions(self, state: str = "open") -> list[str]:
        return [r["kind"] for r in self.store.rows("select kind from exception where state = %s order by id", state)]

    def exception(self, kind: str) -> Any:
        row = self.store.row("select * from exception where kind = %s order by id desc limit 1", kind)
        assert row is not None, f"no exception {kind}; there are {self.exceptions()}"
        return row

    def live_messages(self) -> list[Any]:
        return self.store.rows("select kind, reference, state, error_kind, error from message order by id")

    def shipments(self, order: str) -> list[Any]:
        return [s for invoice in self.invoices(order) for s in invoice["shipments"]]

    @staticmethod
    def until(good: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        ends = time.monotonic() + seconds
        while not (found := good()):
            assert time.monotonic() < ends, "it did not happen in time"
            time.sleep(0.01)
        return found


@contextmanager
def worlds(database: str, redis_url: str, folder: Path) -> Iterator[Callable[..., World]]:
    """Opens worlds, each with settings that differ from the ordinary one; all are closed with the block."""
    with ExitStack() as stack:

        def begin(**settings: Any) -> World:
            return stack.enter_context(_world(database, redis_url, folder, settings))

        yield begin


@contextmanager
def _world(database: str, redis_url: str, folder: Path, settings: dict[str, Any]) -> Iterator[World]:
    (folder / "secret").write_text("sandbox-secret")
    (folder / "token").write_text(TOKEN)
    seed = 1000 * next(_seeds)
    tenant = new_tenant(subdomain="acme", secret="sandbox-secret", token_seconds=3600, seed=seed)
    khaos_app = create_app(seed=seed, confirm_shipment=True)
    with serve(khaos_app) as khaos, serve(new_app(tenant), lifespan="on") as clarus:
        (folder / "fleet.toml").write_text(
            TOML.format(
                database=database, redis=redis_url, khaos=khaos, clarus=clarus, folder=folder,
                **{
"automations": "{ " + ", ".join(f'"{e}" = "{i}"' for e, i in AUTOMATIONS.items()) + " }",
                    "stock": "",
                    "sites": '{ LDS1 = "Main Site" }',
                    "routing": ROUTING,
                    "khaos_more": CONFIRM,
                    "clarus_more": "",
                    "clarus_deadline": 5.0,
                    "sku_limit": 3600,
                    "dispatch_limit": 3600,
                    "proof_limit": 3600,
                    **settings,
                },
            )
        )  # fmt: skip
        runtime = Runtime(config.read(folder / "fleet.toml", SYSTEMS))
        engine = reading_engine(database)
        web = FastAPI()
        web.include_router(routes(Inbox(runtime.store, engine, runtime.warehouses)))
        with serve(web) as hooks:
            schedules.install(runtime, schedules.schedules(runtime, lambda _bell: None))
            if settings.get("live", True):
                live.set_live(runtime.store, runtime.configuration.connections, "a test")
            runtime.redis.flushall()
            world = World(Side(khaos), Side(clarus), runtime, engine)
            world.hooks = hooks
            world.clarus.switch(floor=False)
            world.clarus.post(
                "setup",
                webhooks=[
                    {
                        "resource": event.partition(".")[0], "event": event.partition(".")[2],
                        "automation_id": number, "url": f"{hooks}/hooks/leeds/{TOKEN}/{event}",
                    }
                    for event, number in AUTOMATIONS.items()
                ],
            )  # fmt: skip
            world.stock(*STOCK)
            runtime.read_facts("leeds")
            try:
                yield world
            finally:
                runtime.close()
                engine.dispose()
