"""The level of a SKU, by all that the ledger was told and in whatever order it was told."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet_tests.one_sku import OneSku

HOME, SKU = "Leeds", "MUG"


def test_the_worked_example_holds_for_both_meanings_of_level(told: OneSku) -> None:
    """Counted 10, 4 assigned, accepted, dispatched, issued: 10, 6, 6, 6, 6 and 10, 10, 10, 10, 6."""
    seen: list[tuple[int, int]] = []

    def look() -> None:
        seen.append((told.level("available"), told.level("in_stock")))

    told.count(0, 10)
    told.invoices()
    look()
    told.open["INV1"] = (4, 9, False)
    told.fulfilment("INV1", 4, "new")
    told.invoices()
    look()
    told.db.execute("update fulfilment set state = 'sent'")
    look()
    told.left("INV1", 4, minute=600)
    told.count(601, 6)
    look()
    told.open["INV1"] = (4, 16, True)
    told.invoices()
    assert (told.level("available"), told.level("in_stock")) == (6, 10)
    del told.open["INV1"]
    told.db.execute("update shipment set confirmed_at = now()")
    told.invoices()
    look()
    assert seen == [(10, 10), (6, 10), (6, 10), (6, 10), (6, 6)]


def test_where_stock_falls_on_confirmation_the_term_ends_there(told: OneSku) -> None:
    """Issue point `confirmation`: what Khaos shows as shipped has left its in-stock already."""
    told.count(0, 10)
    told.open["INV1"] = (4, 9, False)
    told.fulfilment("INV1", 4)
    told.invoices()
    told.left("INV1", 4, minute=5)
    told.count(6, 6)
    assert told.level("in_stock", "confirmation") == 10
    told.open["INV1"] = (4, 16, True)
    told.invoices()
    assert told.level("in_stock", "confirmation") == 6
    assert told.level("available", "confirmation") == 6
    assert told.level("in_stock", "issue") == 10


def test_a_dispatch_that_is_not_counted_yet_is_still_promised(told: OneSku) -> None:
    """The count is older than the dispatch, or the invoice is over before it: nothing becomes sellable twice."""
    told.count(0, 10)
    told.open["INV1"] = (4, 9, False)
    told.fulfilment("INV1", 4)
    told.invoices()
    told.left("INV1", 4, minute=5)
    assert told.level() == 6
    told.open.clear()
    told.invoices()
    assert told.level() == 6
    told.count(6, 6)
    assert told.level() == 6


def test_an_order_that_is_cancelled_in_khaos_is_promised_until_the_warehouse_proves_it(told: OneSku) -> None:
    """Cancelling: the goods may leave all the same."""
    told.count(0, 10)
    told.fulfilment("INV1", 4, "cancelling")
    told.invoices()
    assert told.level() == 6
    told.db.execute("update fulfilment set state = 'cancelled'")
    assert told.level() == 10


def test_a_line_that_was_closed_short_stays_promised_until_the_invoice_changes(told: OneSku) -> None:
    told.count(0, 10)
    told.open["INV1"] = (4, 9, False)
    told.fulfilment("INV1", 4)
    told.invoices()
    told.left("INV1", 3, minute=5)
    told.db.execute("update fulfilment set state = 'closed_short'")
    told.count(6, 7)
    assert told.level() == 6
    told.open["INV1"] = (3, 16, True)
    told.invoices()
    assert told.level() == 7


def test_an_order_whose_site_is_not_known_counts_everywhere(told: OneSku) -> None:
    told.count(0, 10)
    told.open["INV1"] = (4, 9, False)
    told.invoices()
    told.db.execute("delete from order_site")
    assert told.level() == 6
    told.db.execute("insert into order_site values ('khaos', 'SO-INV1', 'Another site')")
    assert told.level() == 10


def test_a_line_with_a_site_of_its_own_is_promised_there(told: OneSku) -> None:
    """Everywhere where the SKU stands on lines of several sites."""
    told.count(0, 10)
    told.open["INV1"] = (4, 9, False)
    told.invoices()
    for site, level in (("York", 10), ("", 6), (HOME, 6)):
        told.db.execute(
            "insert into line_site values ('khaos', 'SO-INV1', %s, %s) on conflict (erp, order_code, sku)"
            " do update set site = excluded.site",
            (SKU, site),
        )
        assert told.level() == level
    told.db.execute("update order_site set site = 'York'")
    assert told.level() == 6


def test_a_sku_that_its_warehouse_has_not_confirmed_shows_nothing(told: OneSku) -> None:
    told.count(0, 10)
    assert told.level() == 10
    told.confirm("refused")
    assert [told.level(s) for s in ("available", "in_stock")] == [0, 0]
    told.confirm()
    assert told.level() == 10


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ((1, None, None, None, 3, None), 3),
        ((1, None, [SKU], None, None, 25), 3),
        ((1, ["York"], None, None, 9, None), 0),
    ],
)
def test_a_buffer_is_kept_back_and_stands_on_its_own_site(told: OneSku, rule: tuple[Any, ...], kept: int) -> None:
    """In units or per cent, by site or SKU; the two sites together hold what is there."""
    told.db.execute("insert into buffer_rule values (%s, %s, %s, %s, %s, %s)", rule)
    told.count(0, 10)
    told.invoices()
    assert told.level() == 10 - kept
    assert told.level(site="Leeds Buffer") == kept
    told.open["INV1"] = (9, 9, False)
    told.invoices()
    assert (told.level(), told.level(site="Leeds Buffer")) == (max(0, 1 - kept), min(1, kept))


def test_goods_that_came_in_are_sold_only_when_khaos_has_booked_them(told: OneSku) -> None:
    """Received into the bay, put away, booked by the delivery note: one mover."""
    told.count(0, 10)
    move = {"id": "T1", "sku": SKU, "cause": "received", "word": "RCV", "units": 5, "reason": "", "location": "BAY",
            "to_condition": "", "at": told.at(1)}  # fmt: skip
    said = json.dumps({"connection": "leeds", "home": HOME, "movements": [move]})
    assert told.db.execute("select take_movements(%s) as n", (said,)).fetchone() == {"n": 1}
    assert told.db.execute("select take_movements(%s) as n", (said,)).fetchone() == {"n": 0}
    told.count(2, 10, goods_in=5)
    assert told.level() == 10
    told.count(3, 15)
    assert told.level() == 10
    told.db.execute("select claim_goods('pending_goods_in', %s, %s, 5, 'good', 'receipt:leeds:1:1')", (HOME, SKU))
    assert told.level() == 10
    told.db.execute("select clear_term('receipt:leeds:1:1', %s, 5, 'fleet', 'Khaos Control shows it')", (SKU,))
    assert told.level() == 15


def test_what_came_in_damaged_lowers_no_sale(told: OneSku) -> None:
    """A return whose unit is damaged is pending at its condition's site, not at the selling one."""
    told.count(0, 10)
    told.db.execute("select claim_goods('pending_return', %s, %s, 1, 'damaged', 'return:RT1')", (HOME, SKU))
    told.count(2, 10, damaged=3)
    assert told.level() == 10
    assert told.level(site="Leeds Damaged") == 2


def test_ten_thousand_words_about_one_sku_are_one_row(told: OneSku) -> None:
    """Hints only ask for a count; counts only touch the level; the figure is one."""
    told.db.execute("select want_recount(%s, %s, 'stock.picked') from generate_series(1, 10000)", (HOME, [SKU]))
    assert told.db.execute("select count(*) as n from recount").fetchone() == {"n": 1}
    for n in range(50):
        told.count(n, 100 - n)
    assert told.db.execute("select count(*) as n from level where site = %s", (HOME,)).fetchone() == {"n": 1}
    assert told.level() == 51


def test_what_falls_to_nothing_is_due_at_once(told: OneSku) -> None:
    told.db.execute("delete from level")
    told.count(0, 10)
    due = "select due_at <= now() as now from level where site = %s"
    assert told.db.execute(due, (HOME,)).fetchone() == {"now": False}
    told.count(1, 0)
    assert told.db.execute(due, (HOME,)).fetchone() == {"now": True}


def test_a_late_count_changes_nothing_and_overlapping_ones_take_the_less_sellable(told: OneSku) -> None:
    told.count(10, 8)
    told.count(5, 99)
    assert told.level() == 8
    told.count(20, 7, ended=30)
    told.count(25, 9, ended=26)
    assert told.level() == 7
    assert told.db.execute("select sku from recount").fetchone() == {"sku": SKU}
    told.count(31, 9)
    assert told.level() == 9


@st.composite
def days(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    """Things that happen in the world, one a minute: (what, units, which order)."""
    what = st.sampled_from(
        ["sale", "dispatch", "part", "hold", "release", "adjust_down", "adjust_up", "cancel", "prove", "issue"]
    )
    return draw(st.lists(st.tuples(what, st.integers(1, 4), st.integers(0, 5)), min_size=1, max_size=14))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    day=days(),
    data=st.data(),
    semantics=st.sampled_from(["available", "in_stock"]),
    issue=st.sampled_from(["issue", "confirmation"]),
)
def test_the_level_never_exceeds_what_the_fleet_was_told_can_be_shipped(
    ledger: psycopg.Connection[dict[str, Any]],
    telling: type[OneSku],
    day: list[tuple[str, int, int]],
    data: st.DataObject,
    semantics: str,
    issue: str,
) -> None:
    """A world goes on; words of it reach the ledger late, repeated and out of order; each level is judged by a model.

    The model knows which words arrived: the newest count, the newest reply of Khaos's, and the dispatches. Units are
    shippable when that count holds them and no order that it still includes needs them.
    """
    with ledger.transaction(force_rollback=True):
        told = telling(ledger)
        told.begin()
        world = World(told)
        world.tell_count(0)
        world.tell_invoices()
        for minute, (what, units, which) in enumerate(day, 1):
            world.happen(minute, what, units, which)
            for word in data.draw(
                st.lists(st.sampled_from(["count", "invoices", "dispatches", "old count", "again"]), max_size=4)
            ):
                world.tell(word, minute)
                level = told.level(semantics, issue)
                assigned = told.figures(issue)["assigned"]
                sellable = level if semantics == "available" else level - assigned
                assert sellable <= world.shippable(), (day[:minute], word)
        world.tell("dispatches", 99)
        world.tell_count(100)
        world.tell_invoices()
        shown = told.level(semantics, issue) - (told.figures(issue)["assigned"] if semantics == "in_stock" else 0)
        assert shown == max(shown, 0) if semantics == "available" else True
        assert max(0, shown) == max(0, world.good - world.promised())


class World:
    """A warehouse and a Khaos Control of one SKU, and a model of what the ledger knows of them."""

    def __init__(self, told: OneSku) -> None:
        self.told = told
        self.good, self.held = 12, 0
        self.orders: dict[str, dict[str, Any]] = {}
        self.counts: list[tuple[int, int]] = []  # every count that was ever made: (minute, good)
        self.newest: tuple[int, int] = (-1, 0)
        self.known_open: dict[str, int] = {}

    def happen(self, minute: int, what: str, units: int, which: int) -> None:
        if what == "sale":
            code = f"INV{len(self.orders)}"
            self.orders[code] = {"units": units, "left": 0, "told": 0, "open": True, "alive": True, "when": minute}
            self.told.fulfilment(code, units)
        elif what in ("hold", "adjust_down", "release", "adjust_up"):
            self.on_the_shelves(what, units)
        else:
            self.to_orders(minute, what, units, which)

    def to_orders(self, minute: int, what: str, units: int, which: int) -> None:
        alive = [(c, o) for c, o in self.orders.items() if o["alive"]]
        if what in ("dispatch", "part") and alive:
            _code, order = alive[which % len(alive)]
            gone = min(order["units"] - order["left"], self.good, units if what == "part" else 99)
            order["left"] += gone
            order["when"] = minute
            self.good -= gone
            order["alive"] = order["left"] < order["units"]
        elif what == "cancel" and alive:
            code, order = alive[which % len(alive)]
            if order["open"] and not order["left"]:
                order["open"] = False
                self.told.db.execute("update fulfilment set state = 'cancelling' where invoice_code = %s", (code,))
        elif what == "prove":
            for code, order in self.orders.items():
                if not order["open"] and order["alive"] and not order["left"]:
                    order["alive"] = False
                    self.told.db.execute("update fulfilment set state = 'cancelled' where invoice_code = %s", (code,))
        elif what == "issue":
            for order in self.orders.values():
                if order["left"] == order["units"]:
                    order["open"] = False

    def on_the_shelves(self, what: str, units: int) -> None:
        if what in ("hold", "adjust_down"):
            n = min(units, self.good)
            self.good -= n
            self.held += n if what == "hold" else 0
        elif what == "release":
            n = min(units, self.held)
            self.held -= n
            self.good += n
        elif what == "adjust_up":
            self.good += units

    def tell(self, word: str, minute: int) -> None:
        if word == "count":
            self.tell_count(minute + 0.5)
        elif word == "invoices":
            self.tell_invoices()
        elif word == "dispatches":
            for code, order in self.orders.items():
                if order["left"] > order["told"]:
                    shipments = order.setdefault("shipments", 0) + 1
                    order["shipments"] = shipments
                    self.told.left(code, order["left"] - order["told"], minute + 0.4, shipments)
                    order.setdefault("words", []).append((minute + 0.4, order["left"] - order["told"]))
                    order["told"] = order["left"]
        elif word == "old count" and self.counts:
            self.told.count(*self.counts[0])
        elif word == "again" and self.counts:
            self.told.count(*self.counts[-1])

    def tell_count(self, minute: float) -> None:
        self.told.count(minute, self.good, **({"quarantine": self.held} if self.held else {}))
        self.counts.append((minute, self.good))  # type: ignore[arg-type]
        if minute > self.newest[0]:
            self.newest = (minute, self.good)  # type: ignore[assignment]

    def tell_invoices(self) -> None:
        self.told.open = {c: (o["units"], 9, False) for c, o in self.orders.items() if o["open"]}
        self.told.invoices()
        self.known_open = {c: n for c, (n, _stage, _shipped) in self.told.open.items()}

    def _includes(self, order: dict[str, Any]) -> int:
        """Units of an order that left, as told, after the newest count was begun: the count may still hold them."""
        return sum(n for when, n in order.get("words", []) if when > self.newest[0])

    def shippable(self) -> int:
        """By what was told: the newest count, without what it still owes."""
        owed = 0
        for code, order in self.orders.items():
            uncounted = self._includes(order)
            if code in self.known_open:
                owed += self.known_open[code] - order["told"] + uncounted
            else:
                alive = self.told.db.execute(
                    "select state in ('sent', 'part_dispatched', 'cancelling') as alive from fulfilment"
                    " where invoice_code = %s",
                    (code,),
                ).fetchone()
                assert alive is not None
                owed += (order["units"] - order["told"] if alive["alive"] else 0) + uncounted
        return max(0, self.newest[1] - owed)

    def promised(self) -> int:
        return sum(o["units"] - o["left"] for o in self.orders.values() if o["alive"])
