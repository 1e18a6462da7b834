"""GXO on the stage: X12 files over SFTP, with a clock that the stage turns, at facility GBNH01."""

from __future__ import annotations

import time
from typing import Any

from fleet_tests.gxo import ByFile

WORLD = "build_gxo"
HERE = "GBNH01"
OVER = {"C", "D", "V"}
LONG = 60.0  # of the site's seconds: whatever people do has ended by then


class Stage:
    """See ``conftest.Stage``."""

    connection = "gxo"

    def __init__(self, gxo: ByFile) -> None:
        self.gxo, self.world, self.site = gxo, gxo.world, gxo.site
        self._switch(floor=False)

    def stock(self, **units: int) -> None:
        self.gxo.stock(**units)

    def order(self, *lines: tuple[str, int]) -> str:
        code = str(self.world.order(*lines))
        self.world.poll()
        return code

    def there(self, order: str) -> list[dict[str, int]]:
        mine = [one for one in self.gxo.books()["orders"] if one["reference"].startswith(f"{order}-")]
        return [{line["sku"]: line["ordered"] for line in one["lines"]} for one in mine if one["state"] != "V"]

    def twice(self) -> int:
        references = [one["reference"] for one in self.gxo.books()["orders"]]
        return int(self.gxo.books()["picked_twice"]) + len(references) - len(set(references))

    def begin(self) -> None:
        self._people(lambda one: one["state"] != "N")

    def work(self, short: dict[str, int] | None = None, over: dict[str, int] | None = None) -> None:
        self._switch(
            short={f"sku:{sku}": units for sku, units in (short or {}).items()},
            over={f"{order}-1": units for order, units in (over or {}).items()},
        )
        self._people(lambda one: one["state"] in OVER)

    def work_in_parts(self, order: str) -> None:
        self._switch(two_goes=[f"{order}-1"])
        self._people(lambda one: bool(one["shipments"]) or one["reference"] != f"{order}-1")

    def hear(self) -> None:
        self.settle()
        self.world.flush()
        self.world.read_back()
        self.world.go()

    def say_again(self) -> None:
        archive = self.site.folders.at(HERE, "archive")
        for file in sorted(archive.iterdir(), reverse=True):
            if not file.name.startswith(("940", "943", "item_MODA", "again")) or ".result." in file.name:
                (self.site.folders.at(HERE, "out") / f"again_{file.name}").write_bytes(file.read_bytes())
        self.world.store.run(
            "insert into record_unread (record_id, received_at, connection, source) select id, received_at, connection,"
            " source from record where connection = 'gxo' on conflict do nothing"
        )
        self.hear()

    def settle(self) -> None:
        self.gxo.round(0.3)
        self.gxo.round(0.3)

    def lose_answer(self) -> None:
        self._switch(drop_after_rename_next=1)

    def drop(self) -> None:
        self._switch(drop_writes_next=1)

    def refuse(self, sku: str = "", order: str = "") -> None:
        self._switch(reject_items={sku: "NOT WANTED"} if sku else {}, undeliverable=["GB"] if order else [])

    def away(self, seconds: float) -> None:
        self._switch(away_until=time.time() + seconds if seconds else 0.0)

    def stranger_ships(self) -> None:
        today = self.site.today(HERE)
        told = [
            ("W06", "F", "STRANGER-1", today, "SHP999999"),
            ("N1", "WH", "GXO", "ZZ", HERE),
            ("G62", "11", today),
            ("W27", "U", "ROYM", "RM-48", "PP"),
            ("LX", "1"),
            ("MAN", "CP", "15509999"),
            ("W12", "CC", "1", "1", "0", "EA", "", "SK", "MUG"),
            ("W03", "1"),
        ]
        message = self.site.post.send(HERE, "945", told, "STRANGER-1")
        self.site.stock.move(HERE, "MUG", "N", -1, "shipped", message.label)

    def adjust(self, sku: str, units: int) -> None:
        self.gxo.act(adjust={"facility": HERE, "sku": sku, "quantity": units, "reason": "AA"})

    def hold(self, sku: str, units: int) -> None:
        self.gxo.act(hold={"facility": HERE, "sku": sku, "quantity": units})

    def strange(self, sku: str, units: int) -> None:
        told = [("W15", self.site.today(HERE), "ADJ9999999"), ("N1", "WH", "GXO", "ZZ", HERE)]
        for kind, signed in (("N", -units), ("Q", units)):
            told += [("W19", "AC", str(signed), "EA", "", "SK", sku), ("N9", "ZZ", "INVTYPE", kind)]
        message = self.site.post.send(HERE, "947", told, "ADJ9999999")
        for kind, signed in (("N", -units), ("H", units)):
            self.site.stock.move(HERE, sku, kind, signed, "adjusted", message.label)

    def supply(self, reference: str, sku: str, units: int) -> None:
        self._receive(kind="supplier", reference=reference, lines=[{"sku": sku, "quantity": units}])

    def back(self, sku: str, units: int, *, order: str = "", rma: str = "RMA-1", good: bool = True) -> None:
        line = {"sku": sku, "quantity": units, "grade": "A" if good else "D"}
        self._receive(kind="return", reference=rma, order=order, lines=[line])

    def _receive(self, **told: Any) -> None:
        self.gxo.act(receive={"facility": HERE, **told})

    def _switch(self, **changes: Any) -> None:
        self.site.switches.turn(changes)

    def _people(self, done: Any) -> None:
        """People work until it is done for each order that is live."""
        self._switch(floor=True)
        ends = self.site.monotonic() + LONG
        while not all(done(one) for one in self.gxo.books()["orders"]):
            assert self.site.monotonic() < ends, "people did not come to an end"
            self.gxo.pass_time(0.1)
        self._switch(floor=False)
