"""945s in every form: what left is told once and for what it is, and what is still to come is not closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fleet_tests.gxo import ByFile

Build = Callable[..., ByFile]
SHORT = 0.3


@pytest.fixture
def gxo(build_gxo: Build) -> ByFile:
    return idle(build_gxo())


def idle(gxo: ByFile) -> ByFile:
    gxo.stock(MUG=20, BOWL=10, TRAY=5)
    gxo.switch(floor=False)
    return gxo


def ordered(gxo: ByFile, *lines: tuple[str, int]) -> str:
    order = str(gxo.order(*lines))
    gxo.round(SHORT)
    return order


def advice(
    gxo: ByFile,
    order: str,
    shipment: str,
    *lines: tuple[str, int, int, str],
    facility: str = "GBNH01",
    taken: bool = True,
    number: int = 1,
    day: str = "",
) -> None:
    """A 945 by hand: lines of (word, ordered, shipped, SKU); the site's own stock goes with it."""
    day = day or gxo.site.today("GBNH01")
    left = sum(shipped for _, _, shipped, _ in lines)
    told: list[tuple[str, ...]] = [
        ("W06", "F", f"{order}-{number}", day, shipment),
        ("N1", "WH", "GXO", "ZZ", facility),
        ("G62", "11", day),
        ("W27", "U", "ROYM", "RM-48", "PP"),
        ("LX", "1"),
        ("MAN", "CP", f"TRACK-{shipment}"),
    ]
    for line, (word, wanted, shipped, sku) in enumerate(lines, 1):
        told += [("W12", word, str(wanted), str(shipped), str(wanted - shipped), "EA", "", "SK", sku)]
        told += [("N9", "LI", str(line))]
        if shipped and taken:
            gxo.site.stock.move("GBNH01", sku, "N", -shipped, "shipped", f"945 {shipment}")
    gxo.tell("945", *told, ("W03", str(left)))
    gxo.world.read_back()
    gxo.world.go()


def shipped(gxo: ByFile, order: str) -> list[dict[str, int]]:
    rows = gxo.store.rows("select lines from shipment where fulfilment = %s order by number", f"{order}-1")
    return [row["lines"] for row in rows]


def test_a_945_that_overtakes_its_824_and_997_is_enough(gxo: ByFile) -> None:
    gxo.switch(late={"997": 20.0, "824": 20.0}, floor=True)
    order = gxo.order(("MUG", 2))
    gxo.round()
    gxo.world.read_back()
    assert (gxo.state(order), gxo.expected()) == ("dispatched", [])
    gxo.round(25.0)
    assert (gxo.state(order), gxo.expected(), gxo.world.exceptions()) == ("dispatched", [], [])
    assert shipped(gxo, order) == [{"MUG": 2}]


def test_a_day_of_dispatch_that_is_to_come_is_the_day_on_which_it_was_told(gxo: ByFile) -> None:
    order = ordered(gxo, ("MUG", 1))
    advice(gxo, order, "S1", ("CC", 1, 1, "MUG"), day="20361122")
    today = datetime.now(ZoneInfo("Europe/London")).date()
    rows = gxo.store.rows("select b.body->>'dispatched_on' as day from message_body b join message_key k"
                          " using (message_id) where k.kind = 'shipment'")  # fmt: skip
    assert [row["day"] for row in rows] == [today.isoformat()]
    noted = gxo.store.row("select note from timeline where step = 'day of dispatch'")
    assert noted
    assert "2036-11-22" in noted["note"]


@pytest.mark.parametrize(("final", "state"), [("all_lines", "part_dispatched"), ("first", "closed_short")])
def test_lines_that_a_945_leaves_out_are_short_or_still_to_come_as_the_setting_says(
    build_gxo: Build, final: str, state: str
) -> None:
    gxo = idle(build_gxo(more=f'final_945 = "{final}"'))
    order = ordered(gxo, ("MUG", 2), ("BOWL", 3))
    advice(gxo, order, "S1", ("CC", 2, 2, "MUG"))
    assert gxo.state(order) == state
    assert shipped(gxo, order) == [{"MUG": 2}]
    if final == "all_lines":
        advice(gxo, order, "S2", ("CC", 3, 3, "BOWL"))
        assert (gxo.state(order), shipped(gxo, order)) == ("dispatched", [{"MUG": 2}, {"BOWL": 3}])
        assert gxo.world.exceptions() == []
    else:
        assert "BOWL: 3 missing" in gxo.world.exception("short_pick")["reason"]


def test_what_is_back_ordered_comes_later_and_is_a_shipment_of_its_own(gxo: ByFile) -> None:
    order = ordered(gxo, ("MUG", 4), ("BOWL", 2))
    advice(gxo, order, "S1", ("BP", 4, 1, "MUG"), ("BO", 2, 0, "BOWL"))
    assert (gxo.state(order), gxo.world.exceptions()) == ("part_dispatched", [])
    advice(gxo, order, "S2", ("CC", 3, 3, "MUG"), ("CC", 2, 2, "BOWL"))
    assert (gxo.state(order), shipped(gxo, order)) == ("dispatched", [{"MUG": 1}, {"MUG": 3, "BOWL": 2}])
    assert gxo.world.exceptions() == []


def test_parts_that_overtake_each_other_are_both_told(gxo: ByFile) -> None:
    order = ordered(gxo, ("MUG", 4))
    advice(gxo, order, "S2", ("CC", 3, 3, "MUG"))
    assert gxo.state(order) == "part_dispatched"
    advice(gxo, order, "S1", ("BP", 4, 1, "MUG"))
    assert (gxo.state(order), shipped(gxo, order)) == ("dispatched", [{"MUG": 3}, {"MUG": 1}])
    assert gxo.world.exceptions() == []


@pytest.mark.parametrize(
    ("word", "kind", "state"),
    [("DS", "short_pick", "closed_short"), ("IC", "cancelled_at_warehouse", "sent"),
     ("DE", "cancelled_at_warehouse", "sent")],
)  # fmt: skip
def test_an_order_that_ends_with_nothing_is_an_exception(gxo: ByFile, word: str, kind: str, state: str) -> None:
    order = ordered(gxo, ("MUG", 2))
    advice(gxo, order, "", (word, 2, 0, "MUG"))
    assert (gxo.world.exceptions(), gxo.state(order), shipped(gxo, order)) == ([kind], state, [])


def in_two_invoices(gxo: ByFile, units: int) -> str:
    """So many mugs on each of two invoices of one order, both sent."""
    order = str(gxo.world.order(("MUG", 2 * units)))
    gxo.world.khaos.post("split", invoice=gxo.world.invoice(order), lines={"MUG": units})
    release(gxo, order)
    return order


def release(gxo: ByFile, order: str) -> None:
    """What waits of an order is released in Khaos Control, and the fleet sends it."""
    for invoice in gxo.world.invoices(order):
        if not invoice["ready"]:
            gxo.world.khaos.post("stage", invoice=invoice["invoice"], stage=9)
    gxo.world.poll()
    gxo.round(SHORT)


def short_orders(gxo: ByFile) -> list[str]:
    query = "select subject from exception where kind = 'short_pick' and state = 'open' order by subject"
    return [row["subject"].rpartition("-")[2] for row in gxo.store.rows(query)]


def test_the_rest_of_one_short_order_does_not_settle_another_s(gxo: ByFile) -> None:
    """Two invoices of two units, each one short; the first's rest is short again, with nothing, the second's leaves."""
    order = in_two_invoices(gxo, 2)
    advice(gxo, order, "S1", ("CP", 2, 1, "MUG"))
    release(gxo, order)
    advice(gxo, order, "", ("DS", 1, 0, "MUG"), number=3)
    assert short_orders(gxo) == ["1", "3"]
    advice(gxo, order, "S2", ("CP", 2, 1, "MUG"), number=2)
    assert short_orders(gxo) == ["1", "2", "3"]
    release(gxo, order)
    advice(gxo, order, "S4", ("CC", 1, 1, "MUG"), number=4)
    assert short_orders(gxo) == ["1", "3"], "one unit of four has not left"
    advice(gxo, order, "S3", ("CC", 1, 1, "MUG"), number=3)
    assert short_orders(gxo) == []


def test_an_invoice_that_was_there_before_is_no_rest_of_what_was_short(gxo: ByFile) -> None:
    order = in_two_invoices(gxo, 2)
    advice(gxo, order, "S1", ("CP", 2, 1, "MUG"))
    advice(gxo, order, "S2", ("CC", 2, 2, "MUG"), number=2)
    assert short_orders(gxo) == ["1"]


def test_one_line_short_and_another_cancelled_at_the_site_closes_short_with_what_left(gxo: ByFile) -> None:
    order = ordered(gxo, ("MUG", 2), ("BOWL", 3), ("TRAY", 1))
    advice(gxo, order, "S1", ("CC", 2, 2, "MUG"), ("CP", 3, 1, "BOWL"), ("IC", 1, 0, "TRAY"))
    assert (gxo.state(order), shipped(gxo, order)) == ("closed_short", [{"MUG": 2, "BOWL": 1}])
    reason = gxo.world.exception("short_pick")["reason"]
    assert "BOWL: 2 missing" in reason
    assert "TRAY: 1 missing" in reason


def test_a_substitution_is_an_exception_its_stock_leaves_and_khaos_is_not_told(gxo: ByFile) -> None:
    order = ordered(gxo, ("MUG", 2), ("BOWL", 1))
    gxo.switch(substitute={f"{order}-1": "TRAY"}, floor=True)
    gxo.round()
    found = gxo.world.exception("substituted")
    assert (found["owner"], found["severity"], "2 x TRAY" in found["reason"]) == ("operations", "critical", True)
    assert (gxo.world.shipments(order), shipped(gxo, order)) == ([], [])
    assert (gxo.position("TRAY"), gxo.position("BOWL")) == ((3, {}), (9, {}))


def test_more_than_was_ordered_is_never_told_nor_is_what_follows_it(gxo: ByFile) -> None:
    order = ordered(gxo, ("MUG", 2), ("BOWL", 1))
    advice(gxo, order, "S1", ("CC", 2, 5, "MUG"), ("BO", 1, 0, "BOWL"))
    assert "MUG: 5 left, 2 ordered" in gxo.world.exception("over_shipped")["reason"]
    advice(gxo, order, "S2", ("CC", 1, 1, "BOWL"))
    assert (gxo.world.exceptions(), gxo.world.shipments(order)) == (["over_shipped"], [])
    assert (gxo.position("MUG"), gxo.position("BOWL")) == ((15, {}), (9, {}))


def test_a_shipment_that_goes_beyond_the_order_with_an_earlier_one_is_over_shipped(gxo: ByFile) -> None:
    order = ordered(gxo, ("MUG", 3))
    advice(gxo, order, "S1", ("BP", 3, 2, "MUG"))
    advice(gxo, order, "S2", ("CC", 1, 2, "MUG"))
    assert "MUG: 4 left, 3 ordered" in gxo.world.exception("over_shipped")["reason"]
    assert shipped(gxo, order) == [{"MUG": 2}]


def test_a_sku_that_was_not_ordered_is_over_shipped(gxo: ByFile) -> None:
    order = ordered(gxo, ("MUG", 1))
    advice(gxo, order, "S1", ("CC", 1, 1, "MUG"), ("CC", 1, 1, "TRAY"))
    assert "TRAY: 1 left, 0 ordered" in gxo.world.exception("over_shipped")["reason"]
    assert gxo.world.shipments(order) == []


def test_a_facility_that_is_not_ours_is_an_exception_and_moves_nothing(gxo: ByFile) -> None:
    order = ordered(gxo, ("MUG", 2))
    advice(gxo, order, "S1", ("CC", 2, 2, "MUG"), facility="GBXX99", taken=False)
    found = gxo.world.exception("unknown_facility")
    assert (found["owner"], "GBXX99" in found["reason"]) == ("support", True)
    assert (gxo.state(order), gxo.position("MUG"), gxo.world.shipments(order)) == ("sent", (20, {}), [])


def test_cartons_of_one_shipment_keep_their_own_tracking(gxo: ByFile) -> None:
    order = ordered(gxo, ("MUG", 4), ("BOWL", 2))
    gxo.switch(cartons={f"{order}-1": 3}, split_lines=True, floor=True)
    gxo.round()
    (row,) = gxo.store.rows("select lines, parcels from shipment")
    told = gxo.there(f"{order}-1")["shipments"][0]["tracking"]
    assert (row["lines"], [p["tracking"] for p in row["parcels"]]) == ({"MUG": 4, "BOWL": 2}, told)
    assert len(set(told)) == 3


def test_a_carrier_that_no_table_knows_waits_for_its_row_and_the_stock_has_left_all_the_same(gxo: ByFile) -> None:
    order = ordered(gxo, ("MUG", 2))
    day = gxo.site.today("GBNH01")
    gxo.site.stock.move("GBNH01", "MUG", "N", -2, "shipped", "945 S1")
    gxo.tell(
        "945",
        ("W06", "F", f"{order}-1", day, "S1"),
        ("N1", "WH", "GXO", "ZZ", "GBNH01"),
        ("W27", "U", "PIGE", "PIGEON", "PP"),
        ("LX", "1"),
        ("MAN", "CP", "TRACK"),
        ("W12", "CC", "2", "2", "0", "EA", "", "SK", "MUG"),
        ("W03", "2"),
    )
    assert "PIGEON" in gxo.world.exception("unknown_carrier")["reason"]
    assert (gxo.state(order), gxo.position("MUG")) == ("sent", (18, {}))
    dispatches: Any = gxo.runtime.warehouse("gxo").dispatches
    dispatches._carriers = {"PIGEON": "Royal Mail"}
    gxo.replay()
    gxo.world.read_back()
    assert (gxo.state(order), gxo.position("MUG"), shipped(gxo, order)) == ("dispatched", (18, {}), [{"MUG": 2}])
    gxo.world.khaos.switch(issue_after=0)
    gxo.world.flush()
    assert gxo.world.levels("MUG")["Main Site"] == (18, 18)


def test_goods_that_leave_under_a_number_that_was_cancelled_and_sent_again_are_a_persons(gxo: ByFile) -> None:
    """The invoice stands with the second number, whose units are owed; the first stays cancelled."""
    order = ordered(gxo, ("MUG", 4))
    gxo.world.khaos.post("edit", invoice=gxo.world.invoice(order), lines={"MUG": 3})
    gxo.world.poll()
    gxo.round(SHORT)
    gxo.world.poll()
    gxo.round(SHORT)
    assert gxo.world.fulfilments(order) == [(f"{order}-1", "cancelled"), (f"{order}-2", "sent")]
    advice(gxo, order, "S1", ("CC", 4, 4, "MUG"))
    assert "although it was to be cancelled" in gxo.world.exception("changed_after_release")["reason"]
    assert gxo.world.fulfilments(order) == [(f"{order}-1", "cancelled"), (f"{order}-2", "sent")]
    level = "select level from targets('Main Site', array['MUG'], 'available', 'issue')"
    assert (gxo.position("MUG"), gxo.store.row(level)) == ((16, {}), {"level": 13})


def test_goods_that_left_beyond_the_order_are_owed_to_nobody(gxo: ByFile) -> None:
    order = ordered(gxo, ("MUG", 2), ("BOWL", 1))
    advice(gxo, order, "S1", ("CC", 2, 5, "MUG"), ("BO", 1, 0, "BOWL"))
    levels = "select sku, level from targets('Main Site', array['BOWL', 'MUG'], 'available', 'issue') order by sku"
    assert gxo.store.rows(levels) == [{"sku": "BOWL", "level": 9}, {"sku": "MUG", "level": 15}]
