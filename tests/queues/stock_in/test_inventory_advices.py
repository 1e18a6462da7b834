"""Counts against movements: where they differ the less sellable figure is sold, until whatever is late explains it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fleet_tests.gxo import ByFile
from workers.journal.entries import enter_new
from workers.spine.people import CannotDo
from workers.stock_in import count_differences

Build = Callable[..., ByFile]
TABLES = """
[stock]
[stock.sites."Main Site"]
quarantine = "Main Quarantine"
damaged = "Main Damaged"
[tables.adjustment_reasons.gxo]
AA = { account = "5200" }
AU = { account = "5210" }
05 = { account = "5220" }
COUNT = { khaos = "STOCK CHECK", account = "5230" }
"""


@pytest.fixture
def gxo(build_gxo: Build) -> ByFile:
    opened = build_gxo(stock=TABLES)
    opened.stock(MUG=20, BOWL=10)
    opened.switch(floor=False)
    return opened


def adjust(gxo: ByFile, units: int, sku: str = "MUG", **more: Any) -> None:
    gxo.act(adjust={"facility": "GBNH01", "sku": sku, "quantity": units, **more})


def book(gxo: ByFile, number: str, *rows: tuple[str, int, str, str], facility: str = "GBNH01") -> None:
    """A 947 by hand: rows of (reason, units, SKU, type)."""
    told: list[tuple[str, ...]] = [("W15", gxo.site.today(facility), number), ("N1", "WH", "GXO", "ZZ", facility)]
    for reason, units, sku, kind in rows:
        told += [("W19", reason, str(units), "EA", "", "SK", sku), ("N9", "ZZ", "INVTYPE", kind)]
    gxo.tell("947", *told, facility=facility)


def journal(gxo: ByFile) -> list[tuple[str, int, str]]:
    enter_new(gxo.runtime, late=0.0)
    rows = gxo.store.rows("select sku, units, their_reason from journal order by id")
    return [tuple(row.values()) for row in rows]


def level(gxo: ByFile, sku: str = "MUG") -> int:
    gxo.world.flush()
    return int(gxo.world.levels(sku).get("Main Site", (0, 0))[1])


def test_a_dispatch_a_receipt_and_an_adjustment_move_the_position_between_counts(gxo: ByFile) -> None:
    order = gxo.order(("MUG", 4))
    gxo.switch(floor=True)
    gxo.round()
    adjust(gxo, -1)
    gxo.act(
        receive={"facility": "GBNH01", "kind": "supplier", "reference": "PO", "lines": [{"sku": "MUG", "quantity": 5}]}
    )
    gxo.hear()
    assert (gxo.state(order), gxo.position("MUG")) == ("dispatched", (20, {}))
    gxo.count()
    assert (gxo.position("MUG"), gxo.world.exceptions()) == ((20, {}), [])
    assert gxo.store.row("select count(*) as n from told_sku where differs")["n"] == 0


def test_a_late_count_that_is_older_than_the_last_changes_nothing(gxo: ByFile) -> None:
    gxo.switch(late={"846": 30.0})
    gxo.count()
    gxo.switch(late={})
    gxo.pass_time(1.0)
    adjust(gxo, -3)
    gxo.count()
    before = gxo.ledger()
    gxo.round(31.0)
    after = gxo.ledger()
    assert (after["positions"], after["told"], after["exceptions"]) == (
        before["positions"], before["told"], before["exceptions"],
    )  # fmt: skip
    assert gxo.position("MUG") == (17, {})


def test_a_count_that_contradicts_itself_is_refused_whole(gxo: ByFile) -> None:
    gxo.switch(snapshot_unbalanced_next=1, snapshot_off_by={"MUG": -5})
    gxo.count()
    assert (gxo.position("MUG"), gxo.world.exceptions()) == ((20, {}), ["snapshot_unbalanced"])


def test_a_sku_that_a_count_leaves_out_is_gone_only_after_the_second_in_a_row(gxo: ByFile) -> None:
    gxo.switch(snapshot_leaves_out=["MUG"])
    gxo.count()
    assert (gxo.position("MUG"), gxo.world.exceptions()) == ((20, {}), [])
    gxo.replay()
    assert gxo.position("MUG") == (20, {}), "the same count again is not a second one"
    gxo.count()
    assert (gxo.position("MUG")[0], level(gxo), gxo.world.exceptions()) == (0, 0, ["stock_differs"])
    gxo.switch(snapshot_leaves_out=[])
    gxo.count()
    assert (gxo.position("MUG"), level(gxo), gxo.world.exceptions()) == ((20, {}), 20, [])


@pytest.mark.parametrize(("off", "held"), [(4, 20), (-4, 16)])
def test_where_count_and_movements_differ_the_lower_figure_is_sold_until_they_agree(
    gxo: ByFile, off: int, held: int
) -> None:
    gxo.switch(snapshot_off_by={"MUG": off})
    gxo.count()
    assert (gxo.position("MUG"), level(gxo)) == ((held, {}), held)
    found = gxo.world.exception("stock_differs")
    assert (found["owner"], f"MUG: told 20 good, counted {20 + off} good" in found["reason"]) == ("operations", True)
    adjust(gxo, -2)
    gxo.hear()
    assert gxo.position("MUG") == (held - 2, {})
    gxo.switch(snapshot_off_by={})
    gxo.count()
    assert (gxo.position("MUG"), level(gxo), gxo.world.exceptions()) == ((18, {}), 18, [])


def test_a_947_that_comes_late_explains_the_difference(gxo: ByFile) -> None:
    gxo.switch(late={"947": 20.0})
    adjust(gxo, -4)
    adjust(gxo, 3, "BOWL")
    gxo.count()
    assert (gxo.position("MUG"), gxo.position("BOWL")) == ((16, {}), (10, {}))
    assert gxo.world.exceptions() == ["stock_differs"]
    gxo.round(21.0)
    assert (gxo.position("MUG"), gxo.position("BOWL"), gxo.world.exceptions()) == ((16, {}), (13, {}), [])
    assert sorted(journal(gxo)) == [("BOWL", 3, "AA"), ("MUG", -4, "AA")]


def test_an_agreement_by_chance_ends_when_half_of_what_is_late_comes(gxo: ByFile) -> None:
    """Two adjustments that make up for each other are late; meanwhile a count agrees with the book."""
    gxo.switch(late={"947": 20.0})
    adjust(gxo, -4)
    gxo.switch(late={"947": 40.0})
    adjust(gxo, 4)
    gxo.count()
    assert gxo.world.exceptions() == []
    gxo.round(21.0)
    assert (gxo.position("MUG"), gxo.world.exceptions()) == ((16, {}), ["stock_differs"])
    gxo.round(21.0)
    assert (gxo.position("MUG"), gxo.world.exceptions()) == ((20, {}), [])


def test_what_was_written_before_the_first_count_is_in_it_however_late_it_comes(build_gxo: Build) -> None:
    gxo = build_gxo(stock=TABLES)
    gxo.switch(floor=False, late={"947": 30.0})
    gxo.site.stock.open("GBNH01", "MUG", "N", 20)
    adjust(gxo, -4)
    gxo.stock(BOWL=10)
    gxo.hear()
    assert gxo.position("MUG") == (16, {})
    gxo.round(31.0)
    assert (gxo.position("MUG"), gxo.world.exceptions()) == ((16, {}), [])


def test_a_person_takes_a_count_for_true_and_finance_hears_of_what_differed(gxo: ByFile) -> None:
    gxo.switch(snapshot_off_by={"MUG": -4})
    gxo.count()
    moves = count_differences.adopt(gxo.store, "Main Site", "MUG", "Anna")
    gxo.hear()
    assert (moves, gxo.position("MUG")) == ([{"condition": "good", "units": -4}], (16, {}))
    assert (gxo.world.exceptions(), journal(gxo)) == ([], [("MUG", -4, "COUNT")])
    with pytest.raises(CannotDo):
        count_differences.adopt(gxo.store, "Main Site", "MUG", "Anna")
    adjust(gxo, -1)
    gxo.count()
    assert (gxo.position("MUG"), gxo.world.exceptions()) == ((15, {}), [])


def test_what_explains_an_adopted_count_later_is_asked_about_and_every_adoption_is_booked(gxo: ByFile) -> None:
    gxo.switch(late={"947": 20.0})
    adjust(gxo, -4)
    gxo.count()
    count_differences.adopt(gxo.store, "Main Site", "MUG", "Anna")
    gxo.round(21.0)
    assert (gxo.position("MUG"), gxo.world.exceptions()) == ((12, {}), ["stock_differs"])
    count_differences.adopt(gxo.store, "Main Site", "MUG", "Anna")
    gxo.hear()
    assert (gxo.position("MUG"), gxo.world.exceptions()) == ((16, {}), [])
    assert sum(units for _, units, _ in journal(gxo)) == -4
    assert len(journal(gxo)) == 3


def test_adopting_twice_the_same_way_on_one_count_is_two_entries(gxo: ByFile) -> None:
    gxo.switch(late={"947": 20.0})
    adjust(gxo, 4)
    gxo.switch(snapshot_off_by={"MUG": -6})
    gxo.count()
    count_differences.adopt(gxo.store, "Main Site", "MUG", "Anna")
    gxo.round(21.0)
    count_differences.adopt(gxo.store, "Main Site", "MUG", "Anna")
    assert [units for _, units, reason in journal(gxo) if reason == "COUNT"] == [-2, -4]
    assert gxo.position("MUG") == (18, {})


def test_a_status_change_that_does_not_net_to_zero_is_refused_and_moves_nothing(gxo: ByFile) -> None:
    book(gxo, "ADJX", ("05", -3, "MUG", "N"), ("05", 2, "MUG", "H"))
    assert (gxo.world.exceptions(), gxo.position("MUG"), journal(gxo)) == (["unbalanced_status_change"], (20, {}), [])


def test_a_status_change_moves_units_between_conditions_and_the_count_agrees(gxo: ByFile) -> None:
    gxo.act(damage={"facility": "GBNH01", "sku": "MUG", "quantity": 2})
    gxo.act(hold={"facility": "GBNH01", "sku": "MUG", "quantity": 3})
    gxo.hear()
    assert gxo.position("MUG") == (15, {"damaged": 2, "quarantine": 3})
    gxo.count()
    assert (gxo.position("MUG"), gxo.world.exceptions()) == ((15, {"damaged": 2, "quarantine": 3}), [])
    gxo.act(release={"facility": "GBNH01", "sku": "MUG", "quantity": 3})
    gxo.hear()
    assert (gxo.position("MUG"), len(journal(gxo))) == ((18, {"damaged": 2}), 3)


@pytest.mark.parametrize("reason", ["AH", "Q7"])
def test_an_unknown_reason_moves_the_stock_and_finance_maps_it(gxo: ByFile, reason: str) -> None:
    adjust(gxo, -2, reason=reason)
    gxo.hear()
    enter_new(gxo.runtime, late=0.0)
    (entry,) = gxo.store.rows("select units, state from journal")
    assert (entry["units"], entry["state"], gxo.position("MUG")) == (-2, "unmapped", (18, {}))
    assert (gxo.world.exceptions(), gxo.world.exception("reason_unmapped")["owner"]) == (["reason_unmapped"], "finance")


def test_a_type_that_no_table_knows_is_held_as_unknown_until_a_row_says_what_it_is(gxo: ByFile) -> None:
    book(gxo, "ADJQ", ("AC", -6, "MUG", "N"), ("AC", 6, "MUG", "Q"))
    assert (gxo.position("MUG"), gxo.world.exceptions()) == ((14, {"unknown": 6}), ["unknown_condition"])
    files: Any = gxo.runtime.warehouse("gxo").files
    files._conditions = {"Q": "quarantine"}
    gxo.replay()
    assert gxo.position("MUG") == (14, {"quarantine": 6})


def test_adjustments_whose_numbers_hold_a_stroke_are_each_their_own(gxo: ByFile) -> None:
    book(gxo, "2026/1", ("AA", -1, "MUG", "N"))
    book(gxo, "2026/2", ("AA", -2, "MUG", "N"))
    assert (gxo.position("MUG"), journal(gxo)) == ((17, {}), [("MUG", -1, "AA"), ("MUG", -2, "AA")])


def test_two_facilities_may_give_their_adjustments_and_receipts_the_same_numbers(gxo: ByFile) -> None:
    book(gxo, "ADJ1", ("AA", -1, "MUG", "N"))
    book(gxo, "ADJ1", ("AA", 6, "MUG", "N"), facility="GBNH02")
    for facility, units in (("GBNH01", 2), ("GBNH02", 3)):
        gxo.tell(
            "944",
            ("W17", "F", gxo.site.today(facility), "RCP1", "PO-1"),
            ("N1", "WH", "GXO", "ZZ", facility),
            ("W07", str(units), "EA", "", "SK", "MUG"),
            ("N9", "LI", "1"),
            ("N9", "ZZ", "INVTYPE", "N"),
            ("W14", str(units)),
            facility=facility,
        )
    assert (gxo.position("MUG"), gxo.position("MUG", "Annex")) == ((21, {}), (9, {}))
    assert sorted(journal(gxo)) == [("MUG", -1, "AA"), ("MUG", 6, "AA")]
    rows = gxo.store.rows("select home, received from received_line order by 1")
    assert [tuple(row.values()) for row in rows] == [("Annex", 3), ("Main Site", 2)]
    before = gxo.ledger()
    gxo.replay()
    assert gxo.ledger() == before


def test_a_count_that_does_not_come_is_an_exception_and_only_a_newer_one_closes_it(gxo: ByFile) -> None:
    assert gxo.is_late("count_late") == 2
    assert gxo.world.exceptions() == ["count_late", "count_late"]
    gxo.replay()
    assert gxo.world.exceptions() == ["count_late", "count_late"]
    gxo.site.clock._at += timedelta(days=1)
    gxo.count()
    assert [row["subject"] for row in gxo.store.rows("select subject from exception where state = 'open'")] == [
        "count:Annex"
    ]


def test_a_building_that_never_told_a_count_is_late_as_well(build_gxo: Build) -> None:
    gxo = build_gxo()
    rows = gxo.store.rows("select subject, due_at from expectation where kind = 'count_late' order by 1")
    assert [row["subject"] for row in rows] == ["count:Annex", "count:Main Site"]
    assert all(timedelta(0) < row["due_at"] - datetime.now(UTC) <= timedelta(days=1, hours=1) for row in rows)
    assert gxo.is_late("count_late") == 2


def test_moments_of_counts_are_compared_and_not_only_their_files(gxo: ByFile) -> None:
    """A count speaks of 05:00 and is written at 05:10: what moved at 05:05 is not in it."""
    now = gxo.site.clock.now()
    gxo.site.clock._at += timedelta(minutes=10)
    adjust(gxo, -5)
    gxo.hear()
    gxo.site.clock._at += timedelta(minutes=5)
    gxo.tell(
        "846",
        ("BIA", "00", "SI", "SNAPBYHAND", f"{now:%Y%m%d}", f"{now:%H%M}"),
        ("N1", "WH", "GXO", "ZZ", "GBNH01"),
        *(
            segment
            for row, (sku, units) in enumerate((("MUG", 20), ("BOWL", 10)), 1)
            for segment in (
                ("LIN", str(row), "SK", sku), ("QTY", "17", str(units), "EA"), ("QTY", "33", str(units), "EA"),
                ("QTY", "27", "0", "EA"), ("QTY", "20", "0", "EA"),
            )
        ),
        ("CTT", "2"),
    )  # fmt: skip
    assert (gxo.position("MUG"), gxo.world.exceptions()) == ((15, {}), [])
