"""The comparison of goods: a world that adds up, and every kind of wrong planted into it, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from workers.demo.reconciliation.compare import Report, compare
from workers.demo.reconciliation.stock import Building, IssuePoint, Semantics

JsonDict = dict[str, Any]
LEEDS = Building(home="Main Site", beside=("Main Damaged", "Main Buffer"), warehouse="clarus", facility="LDS1")
YORK = Building(home="York", warehouse="clarus", facility="YRK1")


def khaos(**more: Any) -> JsonDict:
    """12 of A at Leeds: 3 assigned to I1, which left and is not issued; I2 left and is issued; 2 are damaged."""
    return {
        "orders": [{"order": code, "site": "Main Site"} for code in ("SO1", "SO2")],
        "invoices": [invoice("SO1", "I1", 3, 16), invoice("SO2", "I2", 4, 70)],
        "levels": [level(10, assigned=3), level(2, site="Main Damaged"), level(5, site="York")],
        "deliveries": [],
        "credits": [],
    } | more


def invoice(order: str, code: str, units: int, stage: int) -> JsonDict:
    shipments = [{"reference": f"{order}-1/S1", "lines": {"A": units}}]
    row = {"order": order, "invoice": code, "ready": True, "stage": stage, "warehouse_lines": {"A": units}}
    return row | {"shipments": shipments}


def level(in_stock: int, site: str = "Main Site", **more: int) -> JsonDict:
    return {"code": "A", "site": site, "in_stock": in_stock} | more


def shelf(available: int, held: int = 0) -> JsonDict:
    return {"available": available, "held": held, "physically_there": available + held}


def clarus(**more: Any) -> JsonDict:
    """What is held: 9 of A at Leeds, 2 of them damaged; 5 at York; the dispatches of both orders."""
    return {
        "goods_outs": [
            {
                "id": number,
                "reference": f"SO{number}-1",
                "external_system_reference1": f"I{number}",
                "status": "COMPLETED",
                "warehouse": "LDS1",
                "lines": {"A": {"ordered": units, "dispatched": units}},
            }
            for number, units in ((1, 3), (2, 4))
        ],
        "stock": {"A": {"LDS1": shelf(7, held=2), "YRK1": shelf(5)}},
        "transactions": [],
        "receipts": [],
        "stockouts": 0,
    } | more


def report(
    erp: JsonDict | None = None,
    warehouse: JsonDict | None = None,
    ledger: JsonDict | None = None,
    exceptions: tuple[JsonDict, ...] = (),
    issue_on: IssuePoint = "issue",
    semantics: Semantics = "available",
) -> Report:
    return compare(
        erp or khaos(),
        {"clarus": warehouse or clarus()},
        exceptions,
        in_flight=0,
        ledger=ledger,
        buildings=(LEEDS, YORK),
        issue_on=issue_on,
        level=semantics,
    )


def excepted(subject: str, owner: str = "finance") -> JsonDict:
    return {"kind": "any", "subject": subject, "owner": owner, "state": "open", "order": "", "invoice": ""}


def test_what_is_held_and_what_left_without_being_issued_make_up_what_khaos_shows() -> None:
    seen = report()
    assert seen.balanced, seen
    assert (seen.stock.skus, seen.stock.units_held, seen.stock.units_in_khaos) == (2, 14, 17)


@pytest.mark.parametrize("by", [-1, 1])
def test_one_unit_more_or_less_in_khaos_is_seen(by: int) -> None:
    levels = [level(10 + by, assigned=3), level(2, site="Main Damaged"), level(5, site="York")]
    seen = report(khaos(levels=levels))
    assert not seen.balanced
    (said,) = seen.stock.stock_off
    assert said.startswith(f"A at Main Site: Khaos Control shows {12 + by} and 0 in quarantine, not 12: 9 held, 3 disp")


def test_units_that_stand_at_the_wrong_site_are_seen_at_both() -> None:
    levels = [level(11, assigned=3), level(2, site="Main Damaged"), level(4, site="York")]
    assert len(report(khaos(levels=levels)).stock.stock_off) == 2


def test_a_unit_lost_at_the_warehouse_alone_is_seen() -> None:
    assert report(warehouse=clarus(stock={"A": {"LDS1": shelf(6, held=2), "YRK1": shelf(5)}})).stock.stock_off


def test_a_code_that_only_one_side_knows_is_seen() -> None:
    more = {"A": {"LDS1": shelf(7, held=2), "YRK1": shelf(5)}, "B": {"LDS1": shelf(1)}}
    assert report(warehouse=clarus(stock=more)).stock.stock_off[0].startswith("B at Main Site")
    levels = [*khaos()["levels"], {"code": "C", "site": "York", "in_stock": 1}]
    assert report(khaos(levels=levels)).stock.stock_off[0].startswith("C at York")


def test_where_khaos_lets_go_at_confirmation_what_left_is_in_stock_no_more() -> None:
    levels = [level(7), level(2, site="Main Damaged"), level(5, site="York")]
    assert report(khaos(levels=levels), issue_on="confirmation").balanced
    assert not report(issue_on="confirmation").balanced


@pytest.mark.parametrize("kind", ["pending_goods_in", "pending_return"])
def test_units_that_khaos_will_move_by_itself_are_a_term_of_the_sum(kind: str) -> None:
    more = clarus(stock={"A": {"LDS1": shelf(10, held=2), "YRK1": shelf(5)}})
    term = {"kind": kind, "home": "Main Site", "sku": "A", "units": 3}
    seen = report(warehouse=more, ledger={"terms": [term]})
    assert seen.balanced, seen
    assert seen.stock.terms == {kind: 3}
    assert not report(warehouse=more).balanced
    assert not report(ledger={"terms": [term]}).balanced


def test_a_loss_that_a_file_has_yet_to_take_out_is_a_term_with_the_opposite_sign() -> None:
    less = clarus(stock={"A": {"LDS1": shelf(5, held=2), "YRK1": shelf(5)}})
    term = {"kind": "pending_journal", "home": "Main Site", "sku": "A", "units": -2}
    assert report(warehouse=less, ledger={"terms": [term]}).balanced


def test_khaos_s_own_quarantine_counts_and_must_be_what_the_ledger_says() -> None:
    more = clarus(stock={"A": {"LDS1": shelf(7, held=4), "YRK1": shelf(5)}})
    levels = [level(10, assigned=3, quarantine=2), level(2, site="Main Damaged"), level(5, site="York")]
    term = {"kind": "khaos_quarantine", "home": "Main Site", "sku": "A", "condition": "quarantine", "units": 2}
    assert report(khaos(levels=levels), more, {"terms": [term]}).balanced
    (said,) = report(khaos(levels=levels), more).stock.stock_off
    assert said == "A at Main Site: Khaos Control has 2 in its quarantine, the ledger knows of 0"


def test_what_is_promised_beyond_what_is_held_is_shown_apart() -> None:
    less = clarus(stock={"A": {"LDS1": shelf(0, held=2), "YRK1": shelf(5)}})
    levels = [level(9, assigned=9), level(2, site="Main Damaged"), level(5, site="York")]
    seen = report(khaos(levels=levels), less)
    assert seen.balanced, seen
    assert seen.stock.oversold == 6


def test_what_is_set_as_in_stock_is_what_is_held_however_much_is_promised() -> None:
    less = clarus(stock={"A": {"LDS1": shelf(0, held=2), "YRK1": shelf(5)}})
    beside = [level(2, site="Main Damaged"), level(5, site="York")]
    off = report(khaos(levels=[level(9, assigned=9), *beside]), less, semantics="in_stock")
    assert (off.balanced, off.stock.oversold) == (False, 0)
    right = report(khaos(levels=[level(3, assigned=9), *beside]), less, semantics="in_stock")
    assert right.balanced, right


def test_an_order_that_could_not_be_shipped_for_lack_of_stock_is_a_stockout() -> None:
    seen = report(warehouse=clarus(stockouts=1))
    assert (seen.stock.stockouts, seen.balanced) == (1, False)


def moved(subtype: str, quantity: int = 2, number: int = 71) -> JsonDict:
    row = {"id": number, "subtype": subtype, "product": "A", "warehouse": "LDS1", "quantity": quantity}
    return clarus(transactions=[row, {**row, "id": 99, "subtype": "PICK"}])


def entry(units: int, **more: Any) -> JsonDict:
    return {"movement_id": "71", "site": "Main Site", "sku": "A", "units": units} | more


@pytest.mark.parametrize(("subtype", "units"), [("POSADJ", 2), ("NEGADJ", -2), ("HOLD", -2), ("RELEASE", 2)])
def test_a_movement_that_is_in_the_journal_once_with_its_units_is_well(subtype: str, units: int) -> None:
    seen = report(warehouse=moved(subtype), ledger={"journal": [entry(units)]})
    assert seen.balanced
    assert (seen.journal.movements, seen.journal.entries) == (1, 1)


def test_a_movement_that_is_missing_doubled_or_entered_otherwise_is_seen() -> None:
    assert report(warehouse=moved("NEGADJ")).journal.missing == ("NEGADJ 71 of 2 A at Main Site is not in the journal",)
    twice = report(warehouse=moved("NEGADJ"), ledger={"journal": [entry(-2), entry(-2)]})
    assert (len(twice.journal.doubled), twice.balanced) == (1, False)
    for wrong in (entry(2), entry(-1), entry(-2, sku="B"), entry(-2, site="York")):
        seen = report(warehouse=moved("NEGADJ"), ledger={"journal": [wrong]})
        assert (len(seen.journal.extra), seen.balanced) == (1, False)


def test_an_entry_that_no_warehouse_booked_is_seen() -> None:
    assert "no warehouse booked" in report(ledger={"journal": [entry(-2)]}).journal.extra[0]


def came_back(units: int = 2, reference: str = "SO2") -> JsonDict:
    line = {"id": 5, "product": "A", "received": units}
    receipts = [{"id": 8, "reference": reference, "warehouse": "LDS1", "lines": [line]}]
    stock = {"A": {"LDS1": shelf(7 + units, held=2), "YRK1": shelf(5)}}
    return clarus(receipts=receipts, stock=stock)


def back(units: int = 2, state: str = "credited") -> JsonDict:
    return {"reference": "RT1", "receipt": "8", "line_id": "5", "sku": "A", "units": units, "state": state}


def credit(units: int = 2, code: str = "CR1", **more: Any) -> JsonDict:
    return {"reference": code, "order": "SO2", "lines": {"A": units}, "return": "RT1"} | more


def credited(*notes: JsonDict, units: int = 2) -> JsonDict:
    levels = [level(10 + units, assigned=3), level(2, site="Main Damaged"), level(5, site="York")]
    return khaos(credits=list(notes), levels=levels)


def test_a_returned_line_that_is_credited_once_is_well() -> None:
    seen = report(credited(credit()), came_back(), {"returns": [back()]})
    assert seen.balanced, seen
    assert (seen.returns.parcels, seen.returns.lines, seen.returns.credited, seen.returns.waits) == (1, 1, 1, 0)


@pytest.mark.parametrize(
    "notes",
    [
        (credit(), credit(code="CR2")),
        (credit(3),),
        (credit(), credit(4, code="CR2", **{"return": ""})),  # a person's, of the same goods: only 4 ever left
    ],
)
def test_a_unit_that_is_credited_twice_is_seen_whoever_raised_the_notes(notes: tuple[JsonDict, ...]) -> None:
    seen = report(credited(*notes), came_back(), {"returns": [back()]})
    assert seen.returns.credited_twice
    assert not seen.balanced


def test_a_returned_line_without_a_credit_needs_an_exception_of_its_own_that_somebody_owns() -> None:
    term = {"kind": "pending_return", "home": "Main Site", "sku": "A", "units": 2}
    ledger = {"returns": [back(state="received")], "terms": [term]}
    held = report(warehouse=came_back(), ledger=ledger, exceptions=(excepted("return:RT1"),))
    assert held.balanced, held
    assert (held.returns.credited, held.returns.waits) == (0, 1)
    for others in ((), (excepted("return:RT2"),), (excepted("return:RT1", owner=""),)):
        seen = report(warehouse=came_back(), ledger=ledger, exceptions=others)
        assert seen.returns.uncredited == ("return RT1 of 2 A is credited with 0, and nobody has it in hand",)
        assert not seen.balanced


def test_a_returned_line_that_is_credited_in_part_is_not_credited() -> None:
    assert report(credited(credit(1)), came_back(), {"returns": [back()]}).returns.uncredited


def test_goods_at_the_door_that_the_ledger_does_not_know_are_seen() -> None:
    seen = report(credited(), came_back())
    assert seen.returns.uncredited == ("receipt SO2: 2 A came in, the ledger knows 0",)
    fewer = report(credited(credit(1), units=1), came_back(), {"returns": [back(1)]})
    assert fewer.returns.uncredited == ("receipt SO2: 2 A came in, the ledger knows 1",)
    invented = report(ledger={"returns": [back(state="stopped")]})
    assert "which no warehouse took in" in invented.returns.uncredited[0]


def supplied(booked: int = 2, **more: Any) -> JsonDict:
    row = {"their_id": "8", "line_id": "5", "purchase_order": "PO1", "home": "Main Site", "sku": "A", "received": 2}
    return {"received": [row | {"booked": booked} | more]}


def test_a_suppliers_line_that_a_delivery_note_books_is_well() -> None:
    erp = credited() | {"deliveries": [{"po": "PO1", "site": "Main Site", "lines": {"A": 2}}]}
    seen = report(erp, came_back(reference="PO1"), supplied())
    assert seen.balanced, seen
    assert (seen.receipts.lines, seen.receipts.received) == (1, 2)


@pytest.mark.parametrize(
    ("notes", "booked"),
    [([], 2), ([{"po": "PO1", "site": "York", "lines": {"A": 2}}], 2),
     ([{"po": "PO1", "site": "Main Site", "lines": {"A": 2}}], 1),
     ([{"po": "PO1", "site": "Main Site", "lines": {"A": 2}}] * 2, 2)],
)  # fmt: skip
def test_a_suppliers_line_that_is_not_booked_once_on_both_sides_is_seen(notes: list[JsonDict], booked: int) -> None:
    seen = report(credited() | {"deliveries": notes}, came_back(reference="PO1"), supplied(booked))
    assert seen.receipts.not_booked
    assert not seen.balanced


def test_an_invoice_that_an_operator_assigned_is_confirmed_for_the_order_that_it_left_with() -> None:
    one = {"order": "SO1", "invoice": "I1", "ready": True, "stage": 70, "warehouse_lines": {"A": 2}}
    rest = one | {"invoice": "I3", "warehouse_lines": {"A": 1}, "consignment": "P2", "tracking": "P2"}
    assigned = one | {"consignment": "P1", "tracking": "P1"}
    levels = [level(7), level(2, site="Main Damaged"), level(5, site="York")]
    erp = khaos(levels=levels, invoices=[assigned, rest, invoice("SO2", "I2", 4, 70)])
    seen = report(erp)
    assert seen.balanced, seen
    assert seen.shipments_confirmed == 3
    unassigned = report(erp | {"invoices": [assigned, rest | {"consignment": ""}, invoice("SO2", "I2", 4, 70)]})
    assert unassigned.lost == 1
