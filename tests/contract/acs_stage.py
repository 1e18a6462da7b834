"""ACS on the stage: garments by tag, orders over HTTP, signed events and read-backs, set-up and stock by file."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

from adapters.acs.sandbox import coming_back, door
from adapters.acs.sandbox.garments import Garment, State
from adapters.acs.sandbox.orders import Order, Status, Unit
from fleet_tests.acs import Garments
from mappings.canonical import GarmentItem
from workers.sku_sync import garment_setup

WORLD = "build_acs"
LACKS = frozenset({"announced returns", "supplier's receipts", "adjustments with a reason", "returns in units"})
SITES = ("Main Site", "Main Quarantine", "Main Damaged", "Main Inspection", "Main Buffer")
OVER = {Status.DISPATCHED, Status.CANCELLED, Status.REJECTED}
NEW = 1  # garments of a product that people announce when the catalogue first has it


class Stage:
    """See ``conftest.Stage``."""

    connection = "acs"

    def __init__(self, acs: Garments) -> None:
        self.acs, self.world, self.site = acs, acs.world, acs.site
        self._numbers = itertools.count(1)
        acs.switch(floor=False)

    def stock(self, **units: int) -> None:
        for code, n in units.items():
            self.world.stock(code, units=n, sites=SITES)
        door.set_up(self.site, {"stock": units})
        self.world.runtime.read_facts("khaos")
        self.world.runtime.read_facts("acs")
        self.world.poll()
        self.acs.count()
        self.acs.look()
        self.world.flush()

    def order(self, *lines: tuple[str, int]) -> str:
        code = str(self.world.order(*lines))
        self.world.poll()
        return code

    def there(self, order: str) -> list[dict[str, int]]:
        mine = [one for one in self._orders(order) if one.status not in {Status.CANCELLED, Status.REJECTED}]
        return [_units(one) for one in mine]

    def twice(self) -> int:
        ordered = {one.number: sum(_units(one).values()) for one in self.site.orders}
        left = [one["order"] for one in self.site.dispatched]
        return sum(max(0, left.count(number) - units) for number, units in ordered.items())

    def begin(self) -> None:
        self.acs.switch(steps={"Picking": 1000.0})
        self._people(lambda one: one.status is Status.PICKING or one.status in OVER)
        self.acs.switch(steps={})

    def work(self, short: dict[str, int] | None = None, over: dict[str, int] | None = None) -> None:
        self._release()
        for sku, units in (short or {}).items():
            assert units <= 2, "one unit by its SKU and one by its order"
            named = [sku, *(one.number for one in self.site.orders if one.status not in OVER)][:units]
            self.acs.switch(short=dict.fromkeys(named, "NOT_FOUND"))
        for code, units in (over or {}).items():
            for one in self._orders(code):
                one.items[0].units += [Unit() for _ in range(units)]
        self._people(lambda one: one.status in OVER)

    def work_in_parts(self, order: str) -> None:
        self.acs.switch(two_goes=[f"{order}-1"])
        self._people(lambda one: one.dispatches > 0 or one.number != f"{order}-1")

    def hear(self) -> None:
        self.settle()
        self.world.flush()
        self.world.read_back()
        self.world.go()

    def say_again(self) -> None:
        self.acs.tell_again(*reversed(self.site.events.sent))
        self.world.store.run(
            "insert into record_unread (record_id, received_at, connection, source) select id, received_at, connection,"
            " source from record where connection = 'acs' on conflict do nothing"
        )
        self.hear()

    def settle(self) -> None:
        """The merchant's people announce garments of what is new in the catalogue, and both sides hear each other."""
        self.acs.hear()
        new = self.world.store.rows(
            "select code from product p where for_warehouse and code = any (%s)"
            " and not exists (select 1 from garment_item i where i.product_sku = p.code)",
            ["LATE"],
        )
        for row in new:
            items = [
                GarmentItem(product_sku=row["code"], unique_sku=f"{row['code']}-{n}", name="Thing", sizes="12")
                for n in range(1, NEW + 1)
            ]
            garment_setup.announce(self.world.store, "acs", items)
        self.acs.look()
        if not time.time() < self.site.switches.away_until:
            self.acs.poll()
        self.acs.hear()

    def lose_answer(self) -> None:
        self.acs.switch(effect_then_500_next={"PUT": 1})

    def drop(self) -> None:
        self.acs.switch(error_next=1)

    def refuse(self, sku: str = "", order: str = "") -> None:
        self.acs.switch(
            reject_garments={f"{sku}-{n}": "not_wanted" for n in range(1, NEW + 1)} if sku else {},
            refuse={f"{order}-1": "invalid"} if order else {},
        )

    def away(self, seconds: float) -> None:
        self.acs.switch(away_until=time.time() + seconds if seconds else 0.0)

    def stranger_ships(self) -> None:
        (garment,) = self._ready("MUG", 1)
        for state in (State.ALLOCATED, State.PACKED, State.GONE):
            self.site.garments.move(garment, state, self.site.clock.now())
        self.site.events.tell(
            "order.dispatched",
            {
                "OrderNumber": "STRANGER-1",
                "Partial": False,
                "Parcels": [],
                "Items": [{"LineItemId": "L1", "GarmentSKU": "MUG", "RFID": garment.tag, "Quantity": 1}],
                "ShortItems": [],
            },
        )

    def adjust(self, sku: str, units: int) -> None:
        """Garments are lost for good; none is ever found that was not set up."""
        for garment in self._ready(sku, max(-units, 0)):
            coming_back.retire(self.site, garment, "LOST", "")

    def hold(self, sku: str, units: int) -> None:
        for garment in self._ready(sku, units):
            coming_back.move(self.site, garment, State.INSPECTION)
            coming_back.move(self.site, garment, State.QUARANTINE)

    def strange(self, sku: str, units: int) -> None:
        for garment in self._ready(sku, units):
            told = {"GarmentSKU": garment.unique_sku, "RFID": garment.tag, "FromStatus": "Ready", "ToStatus": "Smells"}
            self.site.events.tell("item.disposition_changed", told)

    def supply(self, reference: str, sku: str, units: int) -> None:
        self.acs.announce(sku, *(f"{sku}-{reference}-{n}" for n in range(units)))
        self.acs.pass_time(0.5)

    def back(self, sku: str, units: int, *, order: str = "", rma: str = "RMA-1", good: bool = True) -> None:
        left = [one for one in self.site.garments if one.product_sku == sku and one.state is State.GONE]
        for garment in [one for one in left if one.order.startswith(f"{order}-") or not order][:units]:
            self.acs.act(receive={"rfid": garment.tag, "grade": "A" if good else "D"})
        self.acs.pass_time(0.5)

    def _orders(self, code: str) -> list[Order]:
        return [one for one in self.site.orders if one.number.startswith(f"{code}-")]

    def _ready(self, sku: str, units: int) -> list[Garment]:
        return [one for one in self.site.garments if one.product_sku == sku and one.state is State.READY][:units]

    def _release(self) -> None:
        """Whoever was kept from picking goes on."""
        for one in self.site.orders:
            if one.status is Status.PICKING:
                self.site.people.after(0.0, lambda one=one: _pick_on(self.site, one))  # type: ignore[misc]

    def _people(self, done: Callable[[Order], bool]) -> None:
        """People work until it is done for each order that is there."""
        self.acs.switch(floor=True)
        for _ in range(2000):
            if all(done(one) for one in self.site.orders):
                break
            self.acs.pass_time(0.05)
        else:
            raise AssertionError("people did not come to an end")
        self.acs.switch(floor=False)


def _pick_on(site: Any, order: Order) -> None:
    from adapters.acs.sandbox import floor  # noqa: PLC0415  the floor's own steps

    if order.status is Status.PICKING:
        floor.STEPS[Status.PICKING](site, order)


def _units(order: Order) -> dict[str, int]:
    units: dict[str, int] = {}
    for item in order.items:
        units[item.sku] = units.get(item.sku, 0) + len(item.units)
    return units
