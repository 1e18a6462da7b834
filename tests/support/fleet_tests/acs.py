"""ACS's stand-in behind its real door, with a clock that the test turns, and the fleet beside it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from adapters.acs.sandbox import display, door, ordering
from adapters.acs.sandbox.app import new_app, tick
from adapters.acs.sandbox.calendar import ZONE
from adapters.acs.sandbox.refusal import Refusal
from adapters.acs.sandbox.sftp import Login, listen
from adapters.acs.sandbox.site import Site, new_site
from fleet_tests.gxo import Door
from fleet_tests.servers import serve
from fleet_tests.world import World, sales_order
from mappings.canonical import GarmentItem
from workers.dispatch_in import polls
from workers.edi import collect
from workers.sku_sync import garment_setup
from workers.stock_in import garment_files

KEY = "a-key-for-signatures-of-events"
ROUTING = '[[routing]]\nname = "everything"\nto = "acs"\nfacility = "ACS"\n'
WITHDRAWS = 'setup_status_column = "status"'
CONNECTION = """
[connections.acs]
system = "acs"
base_url = "{url}/api/v1"
user = "sandbox"
password = "file:{folder}/acs_password"
account = "TESTACS"
sites = {{ ACS = "Main Site" }}
services = {{ "" = "RM/48", "Royal Mail 48" = "RM/48", "Royal Mail" = "RM/24" }}
webhook_secrets = ["file:{folder}/acs_key"]
rate = "10000/s"
deadline = 5.0
partner_timeout = 0.1
{more}
[connections.acs.files]
host = "127.0.0.1"
port = {port}
user = "TESTACS"
private_key = "file:{folder}/acs_ssh_key"
host_key = "{host_key}"
{files}
poll_interval = 0.1
stable_for = 0.0
deadline = 20.0
[connections.acs.hire]
line_field = "Hire"
event_field = "Event date"
length_field = "Hire length"
lengths = {{ "4 days" = 4 }}
"""


class Garments:
    """A merchant, ACS, and the fleet between them, moved step by step."""

    def __init__(self, site: Site, world: World, clock: list[float]) -> None:
        self.site, self.world, self._clock = site, world, clock
        self.store, self.runtime = world.store, world.runtime
        self._refs = itertools.count(1)

    # ACS

    def pass_time(self, seconds: float = 2.0) -> None:
        """People at ACS work for so long, in steps of a twentieth of a second."""
        for _ in range(int(seconds * 20)):
            self._clock[0] += 0.05
            tick(self.site)

    def later(self, so_long: timedelta) -> None:
        """It is so much later at ACS, and nobody worked meanwhile."""
        self.site.clock._at += so_long

    def switch(self, **changes: Any) -> None:
        self.site.switches.turn(changes)

    def act(self, **action: Any) -> Any:
        return door.act(self.site, action)["done"][0]

    def books(self) -> Any:
        return display.show(self.site, "")

    def there(self, reference: str) -> Any:
        return next((one for one in self.books()["orders"] if one["number"] == reference), None)

    def told(self, kind: str) -> list[dict[str, Any]]:
        """The events of a kind, as they were told, in order."""
        return [one for one in self.site.events.sent if one["EventType"] == kind]

    def tell_again(self, *events: dict[str, Any]) -> None:
        """ACS tells events once more, each signed anew, and the fleet hears them."""
        for event in events:
            assert self.site.events._post(event, KEY) == 200
        self.hear()

    # the fleet

    def hear(self) -> None:
        """Every event that was told has arrived, and what follows is done."""
        counts = self.site.events.counts
        self.world.until(lambda: counts["delivered"] + counts["given_up"] >= self._told(counts))
        self.world.go()

    def _told(self, counts: Any) -> int:
        return int(counts["sent"] - counts["lost"] + counts["repeated"]) if self.site.switches.event_url else 0

    def poll(self) -> int:
        """Open orders are read back, and what follows is done."""
        found = polls.sweep(self.runtime, "acs")
        self.world.go()
        return found

    def count(self) -> None:
        """ACS lays its stock file, a minute after the last, and the fleet takes and counts it."""
        self.act(stock_file={})
        garment_files.poll_files(self.runtime, "acs")
        self.world.go()

    def look(self) -> None:
        """Set-up files are laid, answers taken, and what follows is done."""
        for _ in range(20):
            posted = garment_setup.tend(self.runtime, "acs")
            self.world.go()
            self.pass_time(0.1)
            taken = collect.take_files(self.runtime, "acs", "ACS")
            self.world.go()
            if not posted and not taken:
                return

    def stock(self, **units: int) -> None:
        """So many garments of each SKU are ready at ACS, which has confirmed them."""
        for code, n in units.items():
            self.world.stock(code, units=n)
            door.set_up(self.site, {"stock": {code: n}})
            self.confirm(code)
        self.runtime.read_facts("acs")
        self.world.poll()

    def announce(self, sku: str, *garments: str, withdrawn: bool = False) -> None:
        """Garments of a SKU are announced to ACS, or withdrawn from it."""
        items = [
            GarmentItem(product_sku=sku, unique_sku=one, name=sku, sizes="12", retired=withdrawn) for one in garments
        ]
        garment_setup.announce(self.store, "acs", items)
        self.look()

    def lay(self, data: bytes, *, days: float = 0.0, name: str = "") -> str:
        """A stock file of these bytes lies there, by its name of so many days from now; its name."""
        at = (datetime.now(UTC) + timedelta(days=days)).astimezone(ZONE)
        name = name or f"acs_stock_TESTACS_{at:%Y%m%d_%H%M}.csv"
        (self.site.folders.root / "stock" / name).write_bytes(data)
        return name

    def take(self, times: int = 1) -> None:
        """The fleet looks for stock files, and counts what it takes."""
        for _ in range(times):
            garment_files.poll_files(self.runtime, "acs")
            self.world.go()

    def states(self) -> dict[str, str]:
        return {row["tag"]: row["state"] for row in self.store.rows("select tag, state from garment")}

    def tell(self, kind: str, **data: Any) -> None:
        """ACS tells an event of these data, and the fleet hears it."""
        self.site.events.tell(kind, data)
        self.hear()

    def confirm(self, code: str) -> None:
        told = "jsonb_build_object('connection', 'acs', 'code', %s::text, 'their_id', %s::text)"
        self.store.run(f"select sku_confirmed({told})", code, code)

    def order(self, *lines: tuple[str, int] | tuple[str, int, str], event: date | None = None, **said: str) -> str:
        """An order that the fleet has sent; its code. A line with a third word, "hire", lends its garments."""
        plain = [(line[0], line[1]) for line in lines]
        document = sales_order(f"HIRE{next(self._refs)}", plain, **said)
        head, *items = document.split("</ORDER_ITEM>")
        for place, line in enumerate(lines):
            field = (
                f'<CUSTOM><CUSTOM_PROPERTY NAME="Hire">{line[2]}</CUSTOM_PROPERTY></CUSTOM>' if len(line) > 2 else ""
            )
            head += f"{field}</ORDER_ITEM>{items[place]}"
        fields = f'<ADDITIONAL NAME="Event date">{event:%d/%m/%Y}</ADDITIONAL>' if event else ""
        fields += '<ADDITIONAL NAME="Hire length">4 days</ADDITIONAL>'
        document = head.replace("</CUSTOMER_DETAIL>", f"<UDA>{fields}</UDA></CUSTOMER_DETAIL>")
        answer = self.world.shop.import_orders(document)
        assert not answer.skipped, answer.skipped
        self.world.poll()
        return str(answer.imported[0].order_code)

    def soon(self) -> date:
        """A day on which a garment may be worn that leaves now."""
        return datetime.now(UTC).date() + timedelta(days=14)


@contextmanager
def places(build: Callable[..., World], folder: Path) -> Iterator[Callable[..., Garments]]:
    """Opens worlds with ACS as the warehouse of every order; their doors close with the block."""
    with ExitStack() as stack:

        def begin(
            more: str = "", switches: dict[str, Any] | None = None, files: str = WITHDRAWS, **settings: Any
        ) -> Garments:
            clock = [1000.0]
            start = datetime.now(UTC) - timedelta(days=settings.pop("days_ago", 0))  # a test that goes on for days
            site = new_site(folder / "acs", seed=11, monotonic=lambda: clock[0], start=start)
            stack.callback(site.events.stop)
            quiet = {"step_seconds": 0.1, "stock_file_at": "", "hires_come_back": False, "event_key": KEY}
            site.switches.turn({**quiet, **(switches or {})})
            (folder / "acs_password").write_text(site.credentials.password)
            (folder / "acs_key").write_text(KEY)
            url = stack.enter_context(serve(new_app(site, {}, _no_door)))
            key = asyncssh.generate_private_key("ssh-ed25519")
            (folder / "acs_ssh_key").write_text(key.export_private_key().decode())
            opened = Door(site, key, "TESTACS", Login, listen)
            stack.callback(opened.close)
            connection = CONNECTION.format(
                url=url,
                folder=folder,
                more=more,
                files=files,
                port=opened.port,
                host_key=" ".join(opened.host_key.export_public_key().decode().split()[:2]),
            )
            connection += settings.pop("stock", "")
            world = build(**{"routing": ROUTING, "sites": '{ LDS1 = "Elsewhere" }', "stock": connection, **settings})
            if (switches or {}).get("event_url") != "":
                site.switches.turn({"event_url": f"{world.hooks}/hooks/acs/-/all.events"})
            return Garments(site, world, clock)

        yield begin


async def _no_door() -> Any:
    """Its SFTP door is opened apart: no background work runs here."""
    raise AssertionError("this server has no life of its own")


def refuse_one(monkeypatch: pytest.MonkeyPatch, number: str, status: int) -> None:
    """ACS fails at showing one order."""
    plain = ordering.get

    def get(site: Site, name: str) -> ordering.Answer:
        if name == number:
            raise Refusal(status, "Object reference not set to an instance of an object")
        return plain(site, name)

    monkeypatch.setattr(ordering, "get", get)
