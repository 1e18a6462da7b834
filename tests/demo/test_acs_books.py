"""The comparison with ACS's book: a day in garments that adds up, and every kind of wrong planted into it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fleet_tests.demo_books import issued
from workers.demo.garment_report import sentences
from workers.demo.reconciliation.compare import Report, compare
from workers.demo.reconciliation.stock import Building
from workers.demo.setting import wardrobe

JsonDict = dict[str, Any]
BESIDE = ("Glasgow with customer", "Glasgow quarantine")
GLASGOW = Building(home="Glasgow", beside=BESIDE, warehouse="acs", facility="ACS")
HIRED, SOLD, BACK, ENDED, READY = "A1", "A2", "A3", "A4", "A5"


def garment(tag: str, state: str) -> JsonDict:
    return {"rfid": tag, "product_sku": "GOWN", "state": state, "grade": "A"}


def left(tag: str, line: str, *, hire: bool) -> JsonDict:
    return {"order": "SO1-1", "line": line, "rfid": tag, "product_sku": "GOWN", "hire": hire}


def came(tag: str, line: str, kind: str, grade: str = "A", **more: Any) -> JsonDict:
    return {"rfid": tag, "product_sku": "GOWN", "order": "SO1-1", "line": line, "kind": kind, "grade": grade} | more


def acs(**more: Any) -> JsonDict:
    """Of five gowns one is out on hire and one sold; a sale and a hire came back, that hire was its gown's end."""
    return {
        "garments": [
            garment(HIRED, "WithCustomer"), garment(SOLD, "Gone"), garment(BACK, "Ready"), garment(ENDED, "Retired"),
            garment(READY, "Ready"),
        ],
        "orders": [
            {
                "number": "SO1-1",
                "status": "Dispatched",
                "body": {"Misc2": "I1"},
                "parcels": [{"TrackingNumber": "T1"}],
                "lines": [
                    {"line": "L1", "sku": "GOWN", "hire": True, "units": 2, "rfids": [HIRED, ENDED]},
                    {"line": "L2", "sku": "GOWN", "hire": False, "units": 2, "rfids": [SOLD, BACK]},
                ],
            }
        ],
        "dispatched": [
            left(HIRED, "L1", hire=True), left(ENDED, "L1", hire=True), left(SOLD, "L2", hire=False),
            left(BACK, "L2", hire=False),
        ],
        "returns": [came(ENDED, "L1", "HIRE_RETURN", "X", charge=True), came(BACK, "L2", "SALE_RETURN")],
        "retired": [{"rfid": ENDED, "product_sku": "GOWN", "reason": "BER"}],
        "setups": [{"rows": 2, "accepted": 1, "answer": "one.result.csv"}],
    } | more  # fmt: skip


def khaos(**more: Any) -> JsonDict:
    """The invoice of four is issued; the gown that is out on hire stands on a site of its own."""
    return {
        "orders": [{"order": "SO1", "site": "Glasgow"}],
        "invoices": [issued("GOWN", 4)],
        "levels": [
            {"code": "GOWN", "site": "Glasgow", "in_stock": 2},
            {"code": "GOWN", "site": "Glasgow with customer", "in_stock": 1},
        ],
        "credits": [{"reference": "CN1", "order": "SO1", "lines": {"GOWN": 1}, "return": "RT1"}],
    } | more


def ledger(**more: Any) -> JsonDict:
    return {
        "garments": [
            {"tag": HIRED, "state": "with_customer"}, {"tag": SOLD, "state": "sold"},
            {"tag": BACK, "state": "sellable"}, {"tag": ENDED, "state": "retired"},
            {"tag": READY, "state": "sellable"},
        ],
        "departed": [
            {"fulfilment": "SO1-1", "tag": HIRED, "hire": True}, {"fulfilment": "SO1-1", "tag": ENDED, "hire": True},
            {"fulfilment": "SO1-1", "tag": SOLD, "hire": False}, {"fulfilment": "SO1-1", "tag": BACK, "hire": False},
        ],
        "garment_returns": [{"fulfilment": "SO1-1", "tag": ENDED, "kind": "hire", "money": "charge"}],
        "write_offs": [{"tag": ENDED, "booked": True, "value": "140.00", "worth": "140.00"}],
        "returns": [
            {"reference": "RT1", "receipt": f"SO1-1/{BACK}", "line_id": BACK, "sku": "GOWN", "units": 1,
             "state": "credited"}
        ],
        "files": [{"id": 1, "facility": "ACS", "name": "one.result.csv", "effect": "taken"}],
        "journal": [{"movement_id": f"write-off {ENDED}", "site": "Glasgow", "sku": "GOWN", "units": -1}],
    } | more  # fmt: skip


def report(
    erp: JsonDict | None = None, theirs: JsonDict | None = None, rows: JsonDict | None = None, *open_ones: JsonDict
) -> Report:
    return compare(
        erp or khaos(), {"acs": theirs or acs()}, open_ones, in_flight=0, ledger=rows or ledger(), buildings=[GLASGOW]
    )


def test_hires_sales_returns_and_an_end_that_each_side_has_once_balance() -> None:
    seen = report()
    assert seen.balanced, seen
    found = seen.acs
    assert (found.hired, found.bought, found.hires_back, found.sales_back) == (2, 2, 1, 1)
    assert (found.credited, found.charged, found.written_off, found.written_off_value) == (1, 1, 1, "140.00")
    assert (found.back_by_grade, found.restocked, found.out_on_hire, found.sold) == ({"A": 1, "X": 1}, 1, 1, 1)
    assert (seen.stock.units_held, seen.journal.entries, seen.returns.credited) == (3, 1, 1)
    told = "\n".join(sentences(found))
    assert "2 garments hired, 2 sold" in told
    assert "Compared: 1 sales that came back, each credited once or in hand." in told


def off(*args: Any) -> str:
    seen = report(*args)
    assert not seen.balanced
    return "\n".join(seen.acs.off)


def without(rows: list[JsonDict], tag: str) -> list[JsonDict]:
    return [row for row in rows if row["tag"] != tag]


def test_a_garment_that_left_and_is_not_booked_or_booked_as_the_other_kind_is_seen() -> None:
    booked = ledger()["departed"]
    assert f"{SOLD} left with SO1-1 as a sale 1 times, the ledger has it 0 times" in off(
        None, None, ledger(departed=without(booked, SOLD))
    )
    wrong = [*without(booked, HIRED), {"fulfilment": "SO1-1", "tag": HIRED, "hire": False}]
    assert f"{HIRED} left with SO1-1 as a hire 1 times" in off(None, None, ledger(departed=wrong))
    assert "the ledger has it 2 times" in off(None, None, ledger(departed=[*booked, booked[0]]))


@pytest.mark.parametrize("state", ["PostRentalInspection", "InRefurbishment", "Quarantine", "WithCustomer", "Retired"])
def test_a_garment_that_the_fleet_would_sell_and_acs_has_not_ready_is_seen(state: str) -> None:
    there = [one for one in acs()["garments"] if one["rfid"] != READY] + [garment(READY, state)]
    assert f"{READY} is sellable in the ledger and {state} at ACS" in off(None, acs(garments=there))


def test_a_garment_that_acs_has_and_the_fleet_takes_for_sold_or_has_never_heard_of_is_seen() -> None:
    sold = [*without(ledger()["garments"], READY), {"tag": READY, "state": "sold"}]
    assert f"{READY} is Ready at ACS and sold in the ledger" in off(None, None, ledger(garments=sold))
    none = without(ledger()["garments"], READY)
    assert f"{READY} is Ready at ACS and unknown in the ledger" in off(None, None, ledger(garments=none))


def test_a_sale_that_came_back_and_is_not_credited_or_twice_is_seen() -> None:
    assert f"{BACK} of SO1-1, sold and back as A: credited 0 times" in off(khaos(credits=[]))
    twice = [*khaos()["credits"], {"reference": "CN2", "order": "SO1", "lines": {"GOWN": 1}, "return": "RT1"}]
    assert f"{BACK} of SO1-1, sold and back as A: credited 2 times" in off(khaos(credits=twice))


def in_hand(kind: str, tag: str) -> JsonDict:
    return {"kind": kind, "subject": f"garment:acs:{tag}", "owner": "customer service", "state": "open", "order": "SO1"}


def test_what_is_not_the_garment_is_in_somebodys_hand_and_credited_to_nobody() -> None:
    odd = acs(returns=[acs()["returns"][0], came(BACK, "L2", "SALE_RETURN", "WRONG_ITEM")])
    erp, rows = khaos(credits=[]), ledger(returns=[])
    assert report(erp, odd, rows, in_hand("wrong_item", BACK)).balanced
    assert "credited 0 times, not in somebody's hand" in off(erp, odd, rows)
    assert "credited 0 times, not in somebody's hand" in off(erp, odd, rows, in_hand("garment_lost", BACK))


def test_a_hire_that_stands_among_the_returns_or_that_finance_knows_nothing_of_is_seen() -> None:
    credited = {"reference": "RT2", "receipt": f"SO1-1/{ENDED}", "line_id": ENDED, "sku": "GOWN", "units": 1,
                "state": "offered"}  # fmt: skip
    assert "stands among the returns that are credited" in off(
        None, None, ledger(returns=[*ledger()["returns"], credited])
    )
    assert "finance knows of no deposit and no charge" in off(None, None, ledger(garment_returns=[]))


def test_an_end_that_is_not_written_off_or_twice_or_with_another_value_is_seen() -> None:
    (row,) = ledger()["write_offs"]
    assert f"{ENDED} was retired 1 times and written off 0 times" in off(None, None, ledger(write_offs=[]))
    assert f"{ENDED} was retired 1 times and written off 0 times" in off(
        None, None, ledger(write_offs=[{**row, "booked": False}])
    )
    assert "written off with 15.00, the asset file says 140.00" in off(
        None, None, ledger(write_offs=[{**row, "value": "15.00"}])
    )
    assert f"{READY} was retired 0 times and written off 1 times" in off(
        None, None, ledger(write_offs=[row, {**row, "tag": READY}])
    )
    assert report(None, None, ledger(journal=[])).journal.missing


def test_an_answer_to_a_set_up_file_that_was_not_taken_or_twice_is_seen() -> None:
    (row,) = ledger()["files"]
    assert "one.result.csv was laid once and taken 0 times" in off(None, None, ledger(files=[]))
    assert "one.result.csv was laid once and taken 2 times" in off(None, None, ledger(files=[row, {**row, "id": 2}]))


def test_an_order_that_acs_could_not_fill_for_lack_of_stock_does_not_balance() -> None:
    assert report(None, acs(refused={"item_not_available": 1})).stock.stockouts == 1
    assert not report(None, acs(refused={"item_not_available": 1})).balanced


@pytest.mark.parametrize("seed", [1, 2, 7, 42])
def test_planned_orders_want_no_more_than_hangs_there_and_have_hires_and_sales(seed: int) -> None:
    made = wardrobe.orders(seed, date(2026, 11, 29))
    lines = [line for order in made for line in order.lines]
    for style in wardrobe.STYLES:
        assert sum(line.units for line in lines if line.style == style) == style.garments - wardrobe.SPARE
    units = [sum(line.units for line in lines if line.hire is hire) for hire in (True, False)]
    assert min(units) >= 8  # so that every grade comes back
    assert {line.hire for line in made[0].lines} == {True, False}
    assert len({order.reference for order in made}) == len(made) > wardrobe.CANCELLED
