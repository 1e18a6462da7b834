"""GXO's sandbox behind its real SFTP door, with a clock that the test turns, and the fleet beside it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncssh

from adapters.gxo.sandbox import display, door, snapshots
from adapters.gxo.sandbox.app import tick
from adapters.gxo.sandbox.login import Login, listen
from adapters.gxo.sandbox.setting_up import Setup, set_up
from adapters.gxo.sandbox.site import new_site
from fleet_tests.world import World
from workers.edi import collect
from workers.sku_sync import item_files
from workers.stock_in import count_differences

LEDGER = {
    "fulfilments": "select reference, state, shipped, shipments, lines_closed, confirmed from fulfilment order by 1",
    "positions": "select home, sku, good, other from position order by 1, 2",
    "told": "select home, sku, differs, absent from told_sku order by 1, 2",
    "movements": "select home, movement_id, sku, cause, units from movement order by 1, 2",
    "receipts": "select their_id, line_id, sku, received, booked from received_line order by 1, 2",
    "returns": "select reference, sku, units, condition, state from return_line order by 1",
    "terms": "select kind, sku, condition, sum(units)::integer as n from term where cleared_at is null"
    " group by 1, 2, 3 order by 1, 2, 3",
    "messages": "select kind, reference, state from message order by id",
    "exceptions": "select kind, subject, state from exception order by id",
    "skus": "select code, state from sku where connection = 'gxo' order by 1",
    "expectations": "select subject, what from expectation order by 1, 2",
    "shipments": "select reference, lines from shipment order by 1",
}
SITES = {"GBNH01": "Main Site", "GBNH02": "Annex"}
SHOP_SITES = ("Main Site", "Annex", "Main Quarantine", "Main Damaged", "Main Inspection", "Main Buffer")
ROUTING = """
[[routing]]
name = "the annex"
when = { site = ["Annex"] }
to = "gxo"
facility = "GBNH02"
[[routing]]
name = "everything else"
to = "gxo"
facility = "GBNH01"
"""
CONNECTION = """
[connections.gxo]
system = "gxo"
host = "127.0.0.1"
port = {port}
user = "MODA"
private_key = "file:{folder}/gxo_key"
host_key = "{host_key}"
client = "MODA"
client_name = "MODA LTD"
sender = "MODA"
receiver = "GXOUK"
usage = "T"
sites = {{ GBNH01 = "Main Site", GBNH02 = "Annex" }}
services = {{ "" = "RM-48", "Royal Mail 48" = "RM-48", "Royal Mail" = "RM-24", "DPD" = "DPD-ND" }}
poll_interval = 0.1
stable_for = {stable_for}
rate = "10000/s"
concurrency = 4
deadline = 5.0
partner_timeout = 0.1
{more}
"""


class Door:
    """The SFTP door of a site, in a thread of its own."""

    def __init__(self, site: Any, key: Any, name: str = "MODA", login: Any = Login, open_door: Any = listen) -> None:
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        who = login(name, [key.convert_to_public()], self.host_key)
        self._listener = self._on_loop(open_door(site, "127.0.0.1", 0, who))
        self.port = self._listener.get_port()

    def _on_loop(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def close(self) -> None:
        async def end() -> None:
            self._listener.close()
            await self._listener.wait_closed()
            rest = asyncio.all_tasks() - {asyncio.current_task()}
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

        self._on_loop(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


class ByFile:
    """A merchant, GXO with two facilities, and the fleet between them, moved step by step."""

    def __init__(self, site: Any, world: World, clock: list[float]) -> None:
        self.site, self.world, self._clock = site, world, clock
        self.store, self.runtime = world.store, world.runtime

    # GXO

    def pass_time(self, seconds: float = 5.0) -> None:
        """People at GXO work for so long, in steps of a tenth of a second."""
        for _ in range(int(seconds * 10)):
            self._clock[0] += 0.1
            tick(self.site)

    def switch(self, **changes: Any) -> None:
        self.site.switches.turn(changes)

    def act(self, **action: Any) -> Any:
        return door.act(self.site, action)["done"][0]

    def count(self, facility: str = "GBNH01") -> None:
        """The facility tells everything that it holds, and the fleet hears it."""
        snapshots.send(self.site, facility)
        self.hear()

    def tell(self, set_id: str, *segments: tuple[str, ...], facility: str = "GBNH01") -> Any:
        """GXO writes a set that nobody there would write by himself, and the fleet hears it."""
        message = self.site.post.send(facility, set_id, list(segments), "by hand")
        self.hear()
        return message

    def lay(self, name: str, data: bytes, facility: str = "GBNH01") -> None:
        """A file lies in the out folder, and the fleet looks."""
        (self.folder("out", facility) / name).write_bytes(data)
        self.hear()

    def folder(self, name: str, facility: str = "GBNH01") -> Path:
        return Path(self.site.folders.at(facility, name))

    def file(self, set_id: str, facility: str = "GBNH01") -> Path:
        """The last file of a set that the fleet took and archived."""
        return max(self.folder("archive", facility).glob(f"{set_id}_*.edi"))

    def books(self) -> Any:
        return display.show(self.site)

    def there(self, reference: str) -> Any:
        return next((one for one in self.books()["orders"] if one["reference"] == reference), None)

    # the fleet

    def hear(self) -> None:
        """Every file that lies there is taken and read, and what follows is done."""
        for _ in range(20):
            taken = sum(collect.take_files(self.runtime, "gxo", one) for one in SITES)
            posted = item_files.post_files(self.runtime, "gxo")
            self.world.go()
            if not taken and not posted:
                count_differences.check(self.runtime)
                return

    def round(self, seconds: float = 5.0) -> None:
        """GXO works, and the fleet hears of it."""
        self.pass_time(seconds)
        self.hear()

    def stock(self, **units: int) -> None:
        """So many units in Khaos Control and at GBNH01; GXO knows the items and has told its stock."""
        for code, n in units.items():
            self.world.stock(code, units=n, sites=SHOP_SITES)
        set_up(self.site, Setup(stock={"GBNH01": units}))
        self.runtime.read_facts("khaos")
        self.world.poll()
        self.hear()
        self.round(0.2)
        for facility in SITES:
            snapshots.send(self.site, facility)
        self.hear()
        self.world.flush()

    def order(self, *lines: tuple[str, int], **said: str) -> str:
        """An order in Khaos Control that the fleet has sent; its code."""
        code = str(self.world.order(*lines, **said))
        self.world.poll()
        self.world.go()
        return code

    def reference(self, order: str) -> str:
        return str(self.world.fulfilments(order)[-1][0])

    def state(self, order: str) -> str:
        return str(self.world.fulfilments(order)[-1][1])

    def position(self, sku: str, home: str = "Main Site") -> tuple[int, dict[str, int]]:
        row = self.store.row("select good, other from position where home = %s and sku = %s", home, sku)
        assert row is not None
        return row["good"], row["other"]

    def number(self, kind: str = "order") -> int:
        """The control number of the last message of a kind that was written."""
        row = self.store.row(
            "select max(c.number) as n from control_number c join message_key k on k.message_id = c.message_id"
            " where k.kind = %s",
            kind,
        )
        assert row is not None
        return int(row["n"] or 0)

    def is_late(self, kind: str = "answer_missing") -> int:
        """The time of whatever is expected under a kind has passed. How many are missed now."""
        self.store.run("update expectation set due_at = now() - interval '1 second' where kind = %s", kind)
        return int(self.world.check())

    def replay(self) -> None:
        """Every record of GXO's is read again, as `fleet replay` has it."""
        for row in self.store.rows("select id from record where connection = 'gxo' order by id"):
            self.runtime.store.row("select read_record_again(%s)", row["id"])
        self.hear()

    def ledger(self) -> dict[str, Any]:
        """What the fleet knows, for comparing."""
        return {name: self.store.rows(sql) for name, sql in LEDGER.items()}

    def expected(self) -> list[str]:
        return [
            row["what"]
            for row in self.store.rows("select what from expectation where kind = 'answer_missing' order by what")
        ]


@contextmanager
def sites(build: Callable[..., World], folder: Path) -> Iterator[Callable[..., ByFile]]:
    """Opens worlds with GXO beside Clarus; their doors close with the block."""
    with ExitStack() as stack:

        def begin(
            more: str = "", switches: dict[str, Any] | None = None, stable_for: float = 0.0, **settings: Any
        ) -> ByFile:
            clock = [1000.0]
            site = new_site(
                folder / "gxo", "MODA", list(SITES), seed=11, monotonic=lambda: clock[0], start=datetime.now(UTC)
            )
            site.switches.turn({"step_seconds": 0.5, "snapshot_at": "", **(switches or {})})
            key = asyncssh.generate_private_key("ssh-ed25519")
            (folder / "gxo_key").write_text(key.export_private_key().decode())
            opened = Door(site, key)
            stack.callback(opened.close)
            connection = CONNECTION.format(
                port=opened.port,
                folder=folder,
                host_key=" ".join(opened.host_key.export_public_key().decode().split()[:2]),
                more=more,
                stable_for=stable_for,
            )
            connection += settings.pop("stock", "")
            world = build(**{"routing": ROUTING, "sites": '{ LDS1 = "Elsewhere" }', "stock": connection, **settings})
            return ByFile(site, world, clock)

        yield begin


def idle(gxo: ByFile) -> ByFile:
    """Stock is told, and nobody works on orders until somebody says so."""
    gxo.stock(MUG=20, BOWL=10)
    gxo.switch(floor=False)
    return gxo


def work(gxo: ByFile) -> None:
    """The warehouse works for a round, and rests again."""
    gxo.switch(floor=True)
    gxo.round()
    gxo.switch(floor=False)


def advise(gxo: ByFile, word: str, order: str, number: int, *ted: str) -> None:
    """GXO tells an 824 that is written by hand."""
    day = gxo.site.today("GBNH01")
    told = [
        ("BGN", "11", f"BYHAND{gxo.site.next('by hand')}", day, "1200"),
        ("N1", "WH", "GXO", "ZZ", "GBNH01"),
        ("OTI", word, "OQ", order, "", "", day, "1200", str(number), "0001", "940"),
        *(("TED", "ZZZ", text) for text in ted),
    ]
    gxo.tell("824", *told)
