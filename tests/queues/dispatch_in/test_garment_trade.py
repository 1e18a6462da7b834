"""A trade in garments, hire and sale: the books of the stand-in, of the ledger and of Khaos Control agree."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from adapters.acs.sandbox.garments import State
from fleet_tests.acs import Garments

SKUS = {"DRESS": 14, "SHOES": 12, "COAT": 10}
FAULTS = {
    "event_loss_rate": 0.2,
    "event_repeat_rate": 0.3,
    "event_shuffle": True,
    "event_bad_signature_rate": 0.2,
    "event_unknown_next": 1,
    "event_forged_next": 1,
    "bodies": "text",
    "two_goes_rate": 0.5,
    "short_rate": 0.1,
}
HERE = {State.READY, State.ALLOCATED, State.PACKED}
CANCELLED = 7  # the order that is taken back while people work on it
PERSONS = {"short_pick", "unknown_event", "cancel_refused", "shipped_after_cancel", "cancelled_at_warehouse"}


def trade(acs: Garments, dice: random.Random, faults: bool) -> list[str]:
    """Orders of one to three lines, some cancelled while people work; everything leaves, and hires come back."""
    orders = []
    for place in range(10):
        if faults and place % 4 == 1:
            acs.switch(effect_then_500_next={"PUT": 1})
        lines = [
            (sku, dice.randint(1, 2), dice.choice(["hire", ""]))
            for sku in dice.sample(sorted(SKUS), dice.randint(1, 3))
        ]
        orders.append(acs.order(*lines, event=acs.soon()))
        acs.pass_time(0.2)
        if place == CANCELLED:
            acs.world.khaos.post("cancel", order=orders[-1])
            acs.world.poll()
    for _ in range(6):
        acs.pass_time(1.0)
        acs.hear()
        acs.world.hurry()
        acs.poll()
        acs.world.read_back()
        acs.world.go()
    return orders


@pytest.mark.parametrize("faults", [False, True])
def test_units_and_garments_leave_once_and_nothing_is_promised_that_is_not_there(
    build_acs: Callable[..., Garments], faults: bool
) -> None:
    come_back = {"hires_come_back": True, "hire_seconds": 0.3, "inspect_seconds": 0.1, "refurbish_seconds": 0.1}
    acs = build_acs(switches={**come_back, "grades": {"A": 3.0, "B": 2.0, "X": 1.0}, **(FAULTS if faults else {})})
    acs.stock(**SKUS)
    acs.count()
    orders = trade(acs, random.Random(17), faults)

    left = Counter((one["order"], one["product_sku"]) for one in acs.site.dispatched)
    booked_units: Counter[tuple[str, str]] = Counter()
    for order in orders:
        ours: Counter[str] = Counter()
        for reference, state in acs.world.fulfilments(order):  # what was short may have gone again under a new number
            units = {sku: n for sku, n in acs.world.fulfilment(reference)["shipped"].items() if n}
            booked_units.update({(reference, sku): n for sku, n in units.items()})
            ours.update(units if state != "cancelled" else {})
        in_khaos: Counter[str] = Counter()
        for one in acs.world.shipments(order):
            in_khaos.update(one["lines"])
        if order != orders[CANCELLED]:
            assert in_khaos == ours
    assert booked_units == left

    rows = acs.store.rows(
        "select d.tag, d.fulfilment, o.kind from departed_item d join order_item o using (fulfilment, item) order by 1"
    )
    booked = Counter((row["tag"], row["fulfilment"], row["kind"] == "hire") for row in rows)
    assert booked == Counter((one["rfid"], one["order"], one["hire"]) for one in acs.site.dispatched)
    assert len([one for one in acs.site.orders if one.dispatches]) >= 8

    held = {r["sku"]: r["good"] for r in acs.store.rows("select sku, good from position where home = 'Main Site'")}
    there = Counter(one.product_sku for one in acs.site.garments if one.state in HERE)
    for sku in SKUS:
        assert held[sku] <= there[sku] if faults else held[sku] == there[sku]
    gone = {one["rfid"] for one in acs.site.retired}
    sellable = {r["tag"] for r in acs.store.rows("select tag from garment where state in ('sellable', 'reserved')")}
    assert not gone & sellable if not faults else len(gone & sellable) <= acs.site.events.counts["lost"]
    late = {"garment_unmatched"} if faults else set()  # it came back before its dispatch was heard of
    assert set(acs.world.exceptions()) <= PERSONS | late
