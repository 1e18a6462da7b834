"""A shopper buys whatever Khaos Control shows, while warehouses pick, lose, find, hold, receive and repeat words.

The acceptance test of the rules of stock: no order lacks goods, what can be sold is shown, the sums hold to the unit.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from fleet_tests.world import World
from workers.stock_in import count_differences, counts, demand, levels
from workers.stock_in.movements import poll_movements

SKUS = ("MUG", "BOWL", "TRAY")
KEPT = 4  # units of the buffer: what may be lost or held between two flushes
HOMES = {"LDS1": "Main Site", "YRK1": "York", "HUL1": "Hull"}
STEPS = 60


def settings(homes: dict[str, str], semantics: str, issue: str) -> dict[str, str]:
    beside = "".join(
        f'[stock.sites."{site}"]\nbuffer = "{site} Buffer"\nquarantine = "{site} Held"\ndamaged = "{site} Damaged"\n'
        f'inspection = "{site} Inspection"\n'
        for site in homes.values()
    )
    routing = "".join(
        f'[[routing]]\nname = "{site}"\nwhen = {{ site = ["{site}"] }}\nto = "leeds"\nfacility = "{facility}"\n'
        for facility, site in homes.items()
    )
    return {
        "stock": f"[stock]\n{beside}[[stock.buffer]]\nunits = {KEPT}\n",
        "sites": "{ " + ", ".join(f'{facility} = "{site}"' for facility, site in homes.items()) + " }",
        "routing": routing,
        "khaos_more": f'extensions.confirm_shipment = {{}}\nlevel_semantics = "{semantics}"\nissue_point = "{issue}"',
    }


class Day:
    """One day of trade over some buildings; every step is drawn from seeded dice."""

    def __init__(self, world: World, homes: dict[str, str], seed: int) -> None:
        self.world, self.homes = world, homes
        self.dice = random.Random(seed)
        self.bought: Counter[str] = Counter()
        self.taken: Counter[tuple[str, str]] = Counter()  # lost or held since the last flush: within the buffer
        self.pending: list[tuple[str, str, int]] = []  # purchase order, building, units received and not booked

    def open(self) -> None:
        world = self.world
        beside = [
            f"{s}{more}" for s in self.homes.values() for more in ("", " Buffer", " Held", " Damaged", " Inspection")
        ]
        world.clarus.post("setup", warehouses=list(self.homes))
        opening = [{"product": sku, "warehouse": w, "quantity": 20} for sku in SKUS for w in self.homes]
        world.clarus.post("setup", plenty=False, stock=opening)
        for site in self.homes.values():
            world.khaos.post(
                "products",
                sites=beside,
                products=[
                    {"code": sku, "description": sku, "in_stock": 20, "site": site, "price": "2.00"} for sku in SKUS
                ],
            )
        world.khaos.switch(not_selling=[site for site in beside if site not in self.homes.values()])
        world.runtime.read_facts("khaos")
        world.runtime.read_facts("leeds")
        world.poll()
        for site in self.homes.values():
            counts.count_building(world.runtime, site)
        self.flush()

    # what happens outside

    def shop(self) -> None:
        """Buys some of what is shown, whatever it is."""
        for _ in range(self.dice.randint(1, 3)):
            shown = [
                row
                for row in self.world.khaos.books()["levels"]
                if row["site"] in self.homes.values() and row["available"] > 0
            ]
            if shown:
                row = self.dice.choice(sorted(shown, key=lambda r: (r["site"], r["code"])))
                units = self.dice.randint(1, min(5, row["available"]))
                self.world.khaos.post("shop", code=row["code"], quantity=units, site=row["site"])
                self.bought[row["code"]] += units

    def lose(self) -> None:
        """Somebody breaks, finds or holds something; between two flushes no more than is kept back."""
        sku, building = self.dice.choice(SKUS), self.dice.choice(list(self.homes))
        units = self.dice.randint(1, 2)
        what = self.dice.choice(["adjust", "adjust up", "hold", "release"])
        place = {"product": sku, "warehouse": building}
        free = self.world.clarus.books()["stock"][sku][building]
        if what in ("adjust", "hold"):
            kept = next(
                (
                    row["in_stock"]
                    for row in self.world.khaos.books()["levels"]
                    if row["code"] == sku and row["site"] == f"{self.homes[building]} Buffer"
                ),
                0,
            )
            if self.taken[sku, building] + units > kept or free.get("available", 0) < units:
                return
            self.taken[sku, building] += units
            more = {"quantity": -units if what == "adjust" else units, "reason": "DMG" if what == "adjust" else "QC"}
            self.world.clarus.post("floor", **{what: {**place, **more}})
        elif what == "adjust up":
            self.world.clarus.post("floor", adjust={**place, "quantity": units, "reason": "FOUND"})
        elif free.get("held", 0) >= units:
            self.world.clarus.post("floor", release={**place, "quantity": units})

    def receive(self) -> None:
        """A supplier delivers; some of it is damaged."""
        sku, building, number = self.dice.choice(SKUS), self.dice.choice(list(self.homes)), self.dice.randint(1, 10**6)
        held = self.dice.randint(0, 1)
        line = {"product": sku, "quantity": 5 + held, "good": 5, "held": {"DMG": held} if held else {}}
        self.world.clarus.post(
            "floor", receive={"reference": f"PO{number}", "warehouse": building, "lines": [line], "at_once": True}
        )
        self.pending.append((f"PO{number}", self.homes[building], sku, 5 + held))  # type: ignore[arg-type]

    def book(self) -> None:
        """Purchasing books a delivery note in Khaos Control."""
        if self.pending:
            number, site, sku, units = self.pending.pop(0)  # type: ignore[misc]
            self.world.khaos.post("deliver", po=number, site=site, lines={sku: units})

    def pick(self) -> None:
        """People work until every order that came has left: one that lacks goods would never leave."""
        self.world.ship()

    # what the fleet does about it

    def hear_orders(self) -> None:
        self.world.poll()

    def hear_dispatches(self) -> None:
        self.world.sweep()
        self.world.read_back()

    def hear_movements(self) -> None:
        for site in self.homes.values():
            poll_movements(self.world.runtime, site)
        self.world.go()

    def count(self) -> None:
        counts.count_building(self.world.runtime, self.dice.choice(list(self.homes.values())))

    def repeat(self) -> None:
        """Every record is read again: nothing may happen twice."""
        self.world.store.run(
            "insert into record_unread (record_id, received_at, connection, source)"
            " select id, received_at, connection, source from record on conflict do nothing"
        )
        self.world.go()

    def sell_between(self) -> None:
        self.world.khaos.switch(**{self.dice.choice(["sell_between", "sell_after"]): 1})

    def flush(self) -> None:
        self.hear_movements()
        self.world.flush()
        self.taken.clear()

    def compare(self) -> None:
        levels.compare(self.world.runtime)
        self.world.flush()

    def rest(self) -> None:
        """Everything is heard, booked and shown."""
        while self.pending:
            self.book()
        for _ in range(3):
            self.hear_orders()
            self.pick()
            self.hear_dispatches()
            self.flush()
            self.compare()

    # judged

    def judge(self) -> None:
        there = self.world.clarus.books()
        assert there["stockouts"] == 0, "an order lacked goods"
        assert count_differences.differences(self.world.store) == [], "everything that moved was booked"
        drifted = self.world.store.rows("select story, note from timeline where step = 'level drift'")
        assert drifted == [], "nobody changed a level by hand"
        shown = {(row["code"], row["site"]): row for row in self.world.khaos.books()["levels"]}
        demand.poll_demand(self.world.runtime)
        for sku in SKUS:
            for building, site in self.homes.items():
                figures = self.world.store.row(
                    "select * from figures(%s, array[%s], %s)", site, sku, self.world.runtime.erp.issue_point
                )
                held = there["stock"][sku][building]
                in_khaos = sum(
                    shown[sku, s]["in_stock"]
                    for s in (site, *(f"{site}{m}" for m in (" Buffer", " Held", " Damaged", " Inspection")))
                    if (sku, s) in shown
                )
                terms = self.world.store.row(
                    "select coalesce(sum(units), 0) as n from term where home = %s and sku = %s and cleared_at is null",
                    site,
                    sku,
                )["n"]
                assert in_khaos == held["physically_there"] + figures["dispatched"] - terms, (sku, site)
                free = held.get("available", 0)
                assert shown[sku, site]["available"] == max(0, free - KEPT - max(0, terms)), (sku, site)


@pytest.mark.parametrize("homes", [dict(list(HOMES.items())[:1]), HOMES], ids=["one warehouse", "three warehouses"])
@pytest.mark.parametrize("issue", ["issue", "confirmation"])
@pytest.mark.parametrize("semantics", ["available", "in_stock"])
def test_a_shopper_who_buys_what_khaos_shows_is_always_served(
    build: Callable[..., World], homes: dict[str, str], semantics: str, issue: str
) -> None:
    world = build(**settings(homes, semantics, issue))
    world.khaos.switch(level_semantics=semantics, stock_falls_on=issue, issue_after=3600)
    day = Day(world, homes, seed=len(homes) + 7 * len(issue) + len(semantics))
    day.open()
    day.judge()
    steps = (
        [day.shop] * 5
        + [day.lose] * 3
        + [day.flush] * 3
        + [
            day.receive,
            day.book,
            day.pick,
            day.hear_orders,
            day.hear_orders,
            day.hear_dispatches,
            day.hear_movements,
            day.count,
            day.repeat,
            day.sell_between,
            day.compare,
        ]
    )
    for _ in range(STEPS):
        day.dice.choice(steps)()
        assert world.clarus.books()["stockouts"] == 0, "an order lacked goods"
    day.rest()
    day.judge()
    assert sum(day.bought.values()) > STEPS / 4
