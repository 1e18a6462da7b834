"""The comparison with GXO's book: a world that adds up, and every kind of wrong planted into it, one by one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fleet_tests.demo_books import issued
from workers.demo.orders_file.product_facts import facts_of
from workers.demo.reconciliation.compare import Report, compare
from workers.demo.reconciliation.stock import Building

JsonDict = dict[str, Any]
DERBY = Building(home="Derby", beside=("Derby damaged",), warehouse="gxo", facility="GBDB01")

PRICE = Decimal("4.50")


def khaos(**more: Any) -> JsonDict:
    """9 of A at Derby, 2 of them damaged; SO1 left whole and is issued."""
    return {
        "orders": [{"order": "SO1", "site": "Derby"}],
        "invoices": [issued("A", 4)],
        "levels": [
            {"code": "A", "site": "Derby", "in_stock": 7},
            {"code": "A", "site": "Derby damaged", "in_stock": 2},
        ],
    } | more


def order(reference: str = "SO1-1", ordered: int = 4, shipped: int = 4, **more: Any) -> JsonDict:
    return {
        "reference": reference,
        "facility": "GBDB01",
        "state": "C",
        "lines": [{"line": "1", "sku": "A", "ordered": ordered, "shipped": shipped}],
        "shipments": [{"tracking": ["T1"]}],
    } | more


def message(set_id: str, number: int, reference: str = "", **more: Any) -> JsonDict:
    name = f"{set_id}_{number:09d}.edi"
    row = {"facility": "GBDB01", "set_id": set_id, "number": number, "reference": reference, "name": name, "files": 1}
    return row | more


def gxo(**more: Any) -> JsonDict:
    return {
        "orders": [order()],
        "stock": {"GBDB01": {"A": {"N": {"on_hand": 7}, "D": {"on_hand": 2}}}},
        "figures": {"GBDB01": {"A": {"33": 7, "27": 0, "20": 2, "28": 0, "17": 9}}},
        "messages": [message("824", 9001, "SO1-1"), message("945", 9002, "SO1-1")],
        "files": [{"facility": "GBDB01", "name": "940_000000001.edi", "folder": "archive"}],
    } | more


def taken(place: int, name: str, effect: str = "taken", **more: Any) -> JsonDict:
    return {"id": place, "facility": "GBDB01", "name": name, "number": 9000 + place, "effect": effect} | more


def ledger(**more: Any) -> JsonDict:
    files = [taken(1, "824_000009001.edi"), taken(2, "945_000009002.edi")]
    return {"files": files, "numbers": [{"number": 1, "sent": True}]} | more


def report(erp: JsonDict | None = None, theirs: JsonDict | None = None, rows: JsonDict | None = None) -> Report:
    return compare(
        erp or khaos(), {"gxo": theirs or gxo()}, [], in_flight=0, ledger=rows or ledger(), buildings=[DERBY]
    )


def test_an_order_that_left_stock_that_is_there_and_files_that_were_taken_once_balance() -> None:
    seen = report()
    assert seen.balanced, seen
    assert (seen.fulfilments_sent, seen.stock.units_held, seen.files.taken, seen.files.sent) == (1, 9, 2, 1)


def test_an_order_at_gxo_belongs_to_the_invoice_that_was_confirmed_with_it_or_has_its_lines() -> None:
    assert report(theirs=gxo(orders=[order(shipped=0)])).lost == 1
    unconfirmed = [{**khaos()["invoices"][0], "shipments": []}]
    seen = report(khaos(invoices=unconfirmed))
    assert seen.lost_invoices == ("I1",)
    assert "4 of A left the warehouse, nothing confirmed" in seen.disagreements[0]


def test_an_order_that_khaos_never_had_is_a_stranger_at_gxo() -> None:
    assert "unknown to Khaos Control" in report(theirs=gxo(orders=[order(), order("SO9-1")])).disagreements[0]


def test_a_cancelled_order_is_alive_no_more_and_one_that_was_picked_twice_is_doubled() -> None:
    assert report(theirs=gxo(orders=[order("SO1-0", state="V", shipped=0), order()])).balanced
    assert report(theirs=gxo(picked_twice_orders=["SO1-1"])).doubled == 1
    assert report(theirs=gxo(orders=[order(), order("SO1-2")])).doubled > 0


@pytest.mark.parametrize("kind", ["N", "D", "W"])
def test_a_unit_of_any_type_that_khaos_does_not_show_is_seen(kind: str) -> None:
    types = {"N": {"on_hand": 7}, "D": {"on_hand": 2}}
    types[kind] = {"on_hand": types.get(kind, {"on_hand": 0})["on_hand"] + 1}
    assert report(theirs=gxo(stock={"GBDB01": {"A": types}})).stock.stock_off


def moved(*parts: tuple[str, int]) -> JsonDict:
    rows = [
        {"facility": "GBDB01", "sku": "A", "type": kind, "units": units, "kind": "adjusted", "message": "947 9003"}
        for kind, units in parts
    ]
    messages = [*gxo()["messages"], message("947", 9003, "ADJ1")]
    return gxo(movements=rows, messages=messages)


def told(*units: int) -> JsonDict:
    files = [*ledger()["files"], taken(3, "947_000009003.edi")]
    entries = [
        {"movement_id": f"ADJ1/{place}/any", "site": "Derby", "sku": "A", "units": n} for place, n in enumerate(units)
    ]
    return ledger(files=files, journal=entries)


@pytest.mark.parametrize(
    ("parts", "units"),
    [
        ((("N", 2),), (2,)),
        ((("N", -2),), (-2,)),
        ((("N", -2), ("H", 2)), (-2,)),
        ((("D", -2), ("N", 2)), (2,)),
        ((("H", -1), ("D", 1)), (1, -1)),
        ((("D", -3),), (3, -3)),
        ((("D", 3),), (3, -3)),
    ],
)
def test_an_adjustment_is_in_the_journal_once_by_what_good_units_gained_and_lost(
    parts: tuple[tuple[str, int], ...], units: tuple[int, ...]
) -> None:
    assert report(theirs=moved(*parts), rows=told(*units)).balanced
    assert report(theirs=moved(*parts), rows=told(*units[1:])).journal.missing
    assert report(theirs=moved(*parts), rows=told(*units, units[0])).journal.doubled
    assert report(theirs=moved(*parts), rows=told(*units[1:], 9)).journal.extra


def test_a_line_that_came_in_two_conditions_is_known_by_all_its_units() -> None:
    goods = [{"sku": "A", "quantity": 1, "line": "1"}, {"sku": "A", "quantity": 2, "line": "1"}]
    arrival = {"number": "RCP1", "kind": "supplier", "facility": "GBDB01", "reference": "PO1", "lines": goods}
    row = {"their_id": "RCP1", "line_id": "1", "purchase_order": "PO1", "home": "Derby", "sku": "A"}
    came = gxo(receipts=[arrival])
    deliveries = [{"po": "PO1", "site": "Derby", "lines": {"A": 3}}]
    good = ledger(received=[{**row, "received": 3, "booked": 3}])
    assert report(khaos(deliveries=deliveries), came, good).balanced
    assert not report(
        khaos(deliveries=deliveries), came, ledger(received=[{**row, "received": 2, "booked": 3}])
    ).balanced


def test_a_file_that_landed_and_was_not_taken_or_taken_twice_is_seen() -> None:
    one, two = ledger()["files"]
    assert "landed 1 times and was taken 0 times" in report(rows=ledger(files=[one])).files.not_taken[0]
    again = {**two, "id": 3}
    assert "landed 1 times and was taken 2 times" in report(rows=ledger(files=[one, two, again])).files.not_taken[0]


def test_a_file_that_came_again_under_either_name_is_taken_once_and_both_are_archived() -> None:
    files = [message("824", 9001, "SO1-1"), message("945", 9002, "SO1-1", files=2)]
    for name in ("945_000009002.edi", "945_000009002-2.edi"):
        rows = [*ledger()["files"], taken(3, name, "repeated", number=9002)]
        seen = report(theirs=gxo(messages=files), rows=ledger(files=rows))
        assert seen.balanced, seen
        assert seen.files.repeated == 1
    assert "was archived 1 times" in report(theirs=gxo(messages=files)).files.not_taken[0]


def test_a_file_that_was_lost_is_expected_by_nobody_and_one_that_nobody_wrote_is_seen() -> None:
    lost = message("997", 9003, lost=True, files=0)
    assert report(theirs=gxo(messages=[*gxo()["messages"], lost])).balanced
    rows = [*ledger()["files"], taken(3, "945_000009009.edi")]
    assert "GXO never wrote it" in report(rows=ledger(files=rows)).files.not_taken[0]


def test_a_part_of_a_file_that_was_taken_for_all_of_it_is_seen() -> None:
    rows = [*ledger()["files"], taken(3, "945_000009002.edi", readable=False)]
    assert not report(rows=ledger(files=rows)).balanced


def test_a_number_that_was_sent_and_did_not_arrive_or_was_never_given_is_seen() -> None:
    numbers = [{"number": 1, "sent": True}, {"number": 2, "sent": True}]
    assert "control number 2 was sent" in report(rows=ledger(numbers=numbers)).files.not_arrived[0]
    assert report(rows=ledger(numbers=[numbers[0], {"number": 2, "sent": False}])).balanced
    assert "the ledger never gave it" in report(rows=ledger(numbers=[])).files.not_arrived[0]


def test_a_file_of_ours_that_gxo_could_not_use_is_seen() -> None:
    bad = [{**gxo()["files"][0], "folder": "error", "verdict": "ISA13 1 came before"}]
    assert "ended in error" in report(theirs=gxo(files=bad)).files.not_arrived[0]


def test_a_last_count_that_differs_from_what_was_told_does_not_balance() -> None:
    assert not report(rows=ledger(differing=1)).balanced


def test_files_that_overtook_each_other_are_counted() -> None:
    late = [taken(1, "945_000009002.edi", number=9002), taken(2, "824_000009001.edi", number=9001)]
    seen = report(rows=ledger(files=late))
    assert (seen.files.overtaken, seen.files.left_before_accepted, seen.balanced) == (1, 1, True)


def test_every_code_has_one_barcode_whose_check_digit_is_right() -> None:
    barcode = facts_of("KG0101", PRICE)["barcode"]
    assert facts_of("KG0101", PRICE)["barcode"] == barcode != facts_of("KG0102", PRICE)["barcode"]
    digits = [int(one) for one in barcode]
    assert len(digits) == 13
    assert sum(n * (3 if place % 2 else 1) for place, n in enumerate(digits)) % 10 == 0


def test_the_days_trade_at_gxo_is_counted_from_its_own_book() -> None:
    lines = [{"line": "1", "sku": "A", "ordered": 4, "shipped": 3, "result": "CP"}]
    busy = order(lines=lines, shipments=[{"tracking": ["T1", "T2"]}, {"tracking": []}, {"tracking": ["T3"]}])
    arrivals = [
        {"number": "R1", "facility": "GBDB01", "reference": "PO1", "kind": "supplier"},
        {"number": "R2", "facility": "GBDB01", "reference": "RMA1", "kind": "return"},
        {"number": "R3", "facility": "GBDB01", "reference": "", "kind": "return", "blind": True},
    ]
    seen = report(theirs=moved(("N", -2), ("H", 2)) | {"orders": [busy], "receipts": arrivals}).gxo
    assert seen.orders == {"GBDB01": 1}
    assert (seen.several_cartons, seen.in_parts, seen.lines_short) == (1, 1, 1)
    assert (seen.announced, seen.blind, seen.supplies, seen.adjusted, seen.passed) == (1, 1, 1, 0, 1)
