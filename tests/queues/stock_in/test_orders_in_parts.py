"""Orders of several invoices: what is owed on each is owed, whichever of them change, leave, end or are taken back."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet_tests.one_sku import OneSku

ONE, TWO = "INV1", "INV2"


@pytest.fixture
def order(told: OneSku) -> OneSku:
    """Twenty mugs, and one order that may have two invoices."""
    told.orders = {ONE: "SO", TWO: "SO"}
    told.count(0, 20)
    return told


def shows(told: OneSku, **invoices: int) -> None:
    """Khaos shows these invoices, and no others."""
    told.open = {code: (units, 9, False) for code, units in invoices.items()}
    told.invoices()


def test_what_left_and_is_not_counted_hides_no_other_invoice_of_its_order(order: OneSku) -> None:
    """Four left and were issued before anybody counted again; the further invoice still wants three."""
    order.fulfilment(ONE, 4)
    shows(order, INV1=4, INV2=3)
    assert order.level() == 13
    order.left(ONE, 4, minute=5)
    shows(order, INV2=3)
    assert order.level() == 13
    order.count(6, 16)
    assert order.level() == 13


def test_an_invoice_that_is_being_cancelled_hides_no_other_invoice_of_its_order(order: OneSku) -> None:
    order.fulfilment(ONE, 4, "cancelling")
    shows(order, INV2=3)
    assert order.level() == 13
    order.state(ONE, "cancelled")
    assert order.level() == 17


def test_what_the_warehouse_was_asked_for_stays_promised_when_its_invoice_becomes_smaller(order: OneSku) -> None:
    """Khaos takes two of four units off; until the warehouse proves the cancellation it may ship all four."""
    order.fulfilment(ONE, 4)
    shows(order, INV1=4)
    shows(order, INV1=2)
    assert order.level() == 16
    order.state(ONE, "cancelled")
    assert order.level() == 18


def test_the_rest_of_a_part_shipment_is_promised_once_while_nobody_has_adopted_its_invoice(order: OneSku) -> None:
    order.fulfilment(ONE, 4)
    order.left(ONE, 3, minute=5)
    order.count(6, 17)
    shows(order, INV1=4)
    assert order.level() == 16
    shows(order, INV1=3, INV2=1)
    assert order.level() == 16
    shows(order, INV2=1)
    assert order.level() == 16


def test_an_invoice_that_goes_by_another_code_is_promised_once_when_the_fleet_has_seen_that(order: OneSku) -> None:
    order.fulfilment(ONE, 4)
    shows(order, INV1=4)
    shows(order, INV2=4)
    assert order.level() == 12  # nobody has judged yet whether these are further goods
    order.db.execute(
        "select file_exception('invoice_recoded', %s, 'SO', 'orders-out', 'khaos', 'operations', 'warning', '', '',"
        " null, null)",
        (f"invoice:{TWO}",),
    )
    assert order.level() == 16
    order.db.execute("update exception set state = 'dismissed', closed_at = now()")  # a person: they are the same goods
    assert order.level() == 16
    order.db.execute("update exception set state = 'resolved'")
    assert order.level() == 12


@pytest.mark.parametrize("after", ["dispatched", "flagged"])
def test_goods_that_left_although_they_were_to_be_cancelled_are_owed_to_their_invoice_no_more(
    order: OneSku, after: str
) -> None:
    """Two of four units were taken off, and all four left: the level is what is there."""
    order.fulfilment(ONE, 4, "cancelling")
    shows(order, INV1=2)
    order.in_hand(ONE, 4, minute=5)
    order.state(ONE, after)
    assert order.level() == 16  # the position still includes them
    for _ in range(2):
        order.count(6, 16)
        shows(order, INV1=2)
        assert order.level() == 16
    shows(order)
    assert order.level() == 16
    assert order.db.execute("select count(*) as n from shipped_line").fetchone() == {"n": 0}


def test_goods_that_a_person_has_in_hand_are_owed_no_more_when_their_invoice_is_made_ready_again(order: OneSku) -> None:
    """Four left although the invoice was taken back; for a while it takes no stock, and then it is ready again."""
    order.fulfilment(ONE, 4, "dispatched")
    order.in_hand(ONE, 4, minute=5)
    order.db.execute(
        "select file_exception('shipped_after_cancel', %s, 'SO', 'orders-out', 'leeds', 'operations', 'error', '', '',"
        " null, null)",
        (f"order:SO-{ONE}-1",),
    )
    order.count(6, 16)
    shows(order)
    shows(order, INV1=4)
    assert order.level() == 16


def test_what_left_for_a_cancelled_fulfilment_hides_nothing_of_the_one_that_follows_it(order: OneSku) -> None:
    order.fulfilment(ONE, 4, "cancelled")
    shows(order, INV1=4)
    order.in_hand(ONE, 4, minute=5)
    order.count(6, 16)
    assert order.level() == 16
    order.orders["INV1 again"] = "SO"
    order.fulfilment("INV1 again", 4, "new")
    order.db.execute("update fulfilment set invoice_code = 'INV1'")
    assert order.level() == 12


def test_what_left_beyond_what_was_asked_for_is_owed_no_more_until_the_warehouse_corrects_its_figures(
    order: OneSku,
) -> None:
    order.fulfilment(ONE, 4)
    shows(order, INV1=4)
    order.in_hand(ONE, 6, minute=5, name="beyond")
    order.count(6, 14)
    shows(order, INV1=4)
    assert order.level() == 14
    shows(order)  # issued by hand
    assert order.level() == 14
    order.db.execute("delete from shipped_line")
    assert order.level() == 10  # nothing left: the warehouse has all of it to ship


def test_an_invoice_that_goes_by_another_code_is_owed_nothing_when_its_goods_have_left(order: OneSku) -> None:
    order.fulfilment(ONE, 4)
    shows(order, INV2=4)
    order.db.execute(
        "select file_exception('invoice_recoded', %s, 'SO', 'orders-out', 'khaos', 'operations', 'warning', '', '',"
        " null, null)",
        (f"invoice:{TWO}",),
    )
    order.left(ONE, 4, minute=5)
    assert order.level() == 16
    order.count(6, 16)
    assert order.level() == 16
    shows(order, INV1=4, INV2=4)  # both are there: further goods, whoever thought otherwise
    assert order.level() == 12


class Part:
    """An invoice of a model, with its goods at the warehouse."""

    def __init__(self, units: int) -> None:
        self.units = self.wanted = units
        self.sent, self.open, self.cancelling, self.gone = False, True, False, False
        self.left: list[tuple[float, int]] = []  # what the fleet was told of, and when it had left
        self.physical = 0
        self.shown = 0

    def owed(self, counted_at: float) -> int:
        """By what the fleet was told: what the newest count still includes for it."""
        told = sum(n for _, n in self.left)
        uncounted = sum(n for when, n in self.left if when > counted_at)
        there = self.wanted - told if self.sent and not self.gone else 0
        return max(0, self.shown - told, there) + uncounted


steps = st.tuples(
    st.sampled_from(
        ["new", "send", "ship", "ship some", "tell", "count", "invoices", "end", "smaller", "take back", "prove"]
    ),
    st.integers(0, 3),
    st.integers(1, 4),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(day=st.lists(steps, min_size=3, max_size=24), semantics=st.sampled_from(["available", "in_stock"]),
       issue=st.sampled_from(["issue", "confirmation"]))  # fmt: skip
def test_no_level_exceeds_what_is_left_when_every_invoice_of_an_order_is_served(
    ledger: psycopg.Connection[dict[str, Any]],
    telling: type[OneSku],
    day: list[tuple[str, int, int]],
    semantics: str,
    issue: str,
) -> None:
    """Up to four invoices of one order, each of which goes its own way; the ledger hears of it in any order."""
    with ledger.transaction(force_rollback=True):
        told = telling(ledger)
        told.begin()
        told.orders = {f"INV{n}": "SO" for n in range(4)}
        parts = {code: Part(4) for code in (ONE, TWO)}
        good, counted, counted_at = 20, 20, 0.0
        told.count(0, 20)
        for code, part in parts.items():
            happen(told, part, code, "send", 0, 0)
        for minute, (what, which, units) in enumerate(day, 1):
            code = f"INV{which}"
            part = parts.get(code)
            if what == "new" and part is None:
                parts[code] = Part(units)
            elif what == "count":
                told.count(minute, good)
                counted, counted_at = good, minute
            elif what == "invoices":
                for one in parts.values():
                    one.shown = one.units if one.open else 0
                told.open = {c: (p.units, 9, False) for c, p in parts.items() if p.open}
                told.invoices()
            elif part is not None:
                good -= happen(told, part, code, what, units, minute)
            level = told.level(semantics, issue)
            sellable = level if semantics == "available" else level - told.figures(issue)["assigned"]
            assert sellable <= max(0, counted - sum(p.owed(counted_at) for p in parts.values())), day[:minute]


def happen(told: OneSku, part: Part, code: str, what: str, units: int, minute: int) -> int:
    """One step of one invoice; the units that left the shelves."""
    if what == "send" and not part.sent:
        part.sent, part.wanted = True, part.units
        told.fulfilment(code, part.wanted)
    elif what in ("ship", "ship some") and part.sent and not part.gone:
        some = min(part.wanted - part.physical, units if what == "ship some" else part.wanted)
        part.physical += some
        return some
    elif what == "tell" and part.physical > sum(n for _, n in part.left):
        fresh = part.physical - sum(n for _, n in part.left)
        part.left.append((minute - 0.5, fresh))
        told.left(code, fresh, minute - 0.5, len(part.left))
        if part.cancelling and part.physical < part.wanted:
            told.state(code, "cancelling")
    elif what == "end" and part.physical == part.wanted:
        part.open = False
    elif what == "smaller" and part.units > 1:
        part.units -= 1
    elif what == "take back" and part.sent and not part.physical:
        part.open, part.cancelling = False, True
        told.state(code, "cancelling")
    elif what == "prove" and part.cancelling and not part.physical:
        part.gone = True
        told.state(code, "cancelled")
    return 0
