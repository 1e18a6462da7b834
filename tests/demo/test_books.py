"""The comparison of the books: every kind of error is planted and must be seen."""

from __future__ import annotations

from typing import Any

import pytest

from workers.demo.reconciliation.compare import Lines, Report, compare

JsonDict = dict[str, Any]


def khaos_invoice(code: str = "I1", order: str = "SO1", units: int = 5, **more: Any) -> JsonDict:
    shipments = more.pop("shipments", [shipped(f"{order}-1/S1", units)])
    lines = more.pop("warehouse_lines", {"A": units})
    return {
        "order": order,
        "invoice": code,
        "ready": True,
        "stage": 100,
        "cancelled": False,
        "lines": lines | {"POST": 1},
        "warehouse_lines": lines,
        "shipments": shipments,
    } | more


def shipped(reference: str, units: int, consignment: str = "") -> JsonDict:
    return {"reference": reference, "lines": {"A": units}, "consignment": consignment, "courier": "DPD", "calls": 2}


def goods_out(
    reference: str = "SO1-1", invoice: str = "I1", ordered: int = 5, dispatched: int = 5, **more: Any
) -> JsonDict:
    return {
        "id": f"id-{reference}",
        "reference": reference,
        "external_system_reference1": invoice,
        "status": "COMPLETED" if dispatched else "PENDING",
        "deleted": False,
        "lines": {"A": {"ordered": ordered, "dispatched": dispatched}} if ordered else {},
        "parcels": [],
    } | more


def excepted(**more: str) -> JsonDict:
    return {
        "kind": "refused_by_warehouse",
        "subject": "anything",
        "owner": "operations",
        "severity": "error",
        "state": "open",
        "order": "",
        "invoice": "",
    } | more


def report(
    invoices: list[JsonDict],
    outs: list[JsonDict],
    exceptions: list[JsonDict] | None = None,
    *,
    cancelled_orders: tuple[str, ...] = (),
    in_flight: int = 0,
    elsewhere: list[JsonDict] | None = None,
) -> Report:
    orders = [
        {"order": code, "associated_ref": code, "cancelled": code in cancelled_orders, "site": "Main Site"}
        for code in {one["order"] for one in invoices}
    ]
    warehouses = {"leeds": {"goods_outs": outs}, "york": {"goods_outs": elsewhere or []}}
    return compare(
        {"orders": orders, "invoices": invoices, "calls": {}}, warehouses, exceptions or [], in_flight=in_flight
    )


def test_an_order_dispatched_and_confirmed_in_equal_quantities_balances() -> None:
    seen = report([khaos_invoice()], [goods_out()])
    assert seen.balanced
    assert (seen.orders_ready, seen.fulfilments_sent, seen.shipments_confirmed) == (1, 1, 1)
    assert (seen.lost, seen.doubled, seen.held, seen.disagreements) == (0, 0, 0, ())


def test_a_part_shipment_balances_when_the_rest_is_a_fulfilment_of_its_own() -> None:
    first = khaos_invoice("I1", units=3, shipments=[shipped("SO1-1/S1", 3)])
    rest = khaos_invoice("I2", units=2, shipments=[shipped("SO1-2/S1", 2)])
    seen = report([first, rest], [goods_out(dispatched=3), goods_out("SO1-2", "I2", 2, 2)])
    assert seen.balanced, seen


def test_a_part_shipment_balances_when_the_rest_left_with_the_same_warehouse_order() -> None:
    first = khaos_invoice("I1", units=3, shipments=[shipped("SO1-1/S1", 3, "C1")])
    rest = khaos_invoice("I2", units=2, shipments=[shipped("SO1-1/S2", 2, "C2")])
    seen = report([first, rest], [goods_out(dispatched=5)])
    assert seen.balanced, seen


def test_an_invoice_that_no_warehouse_has_is_lost() -> None:
    seen = report([khaos_invoice(shipments=[])], [])
    assert (seen.lost, seen.lost_invoices, seen.balanced) == (1, ("I1",), False)


def test_an_invoice_that_waits_at_the_warehouse_is_lost_until_it_leaves() -> None:
    assert report([khaos_invoice(shipments=[])], [goods_out(dispatched=0)]).lost == 1


def test_a_dispatch_that_khaos_never_heard_of_is_lost_and_a_disagreement() -> None:
    seen = report([khaos_invoice(shipments=[])], [goods_out()])
    assert seen.lost == 1
    assert "5 of A left the warehouse, nothing confirmed" in seen.disagreements[0]


def test_a_confirmation_without_a_dispatch_is_lost_and_a_disagreement() -> None:
    seen = report([khaos_invoice()], [goods_out(dispatched=0)])
    assert seen.lost == 1
    assert "nothing left the warehouse, 5 of A confirmed" in seen.disagreements[0]


def test_a_confirmation_of_an_order_that_no_warehouse_has_is_a_disagreement() -> None:
    seen = report([khaos_invoice()], [goods_out(deleted=True)])
    assert seen.lost == 1
    assert "no warehouse has its order" in seen.disagreements[0]


def test_unequal_quantities_are_seen() -> None:
    seen = report([khaos_invoice(shipments=[shipped("SO1-1/S1", 4)])], [goods_out()])
    assert not seen.balanced
    assert seen.lost == 1
    assert "5 of A left the warehouse, 4 of A confirmed" in seen.disagreements[0]


def test_an_invoice_cancelled_at_the_warehouse_alone_is_lost() -> None:
    assert report([khaos_invoice(shipments=[])], [goods_out(dispatched=0, status="CANCELLED")]).lost == 1


@pytest.mark.parametrize("cancelled", ["invoice", "order"])
def test_what_is_cancelled_on_both_sides_is_not_lost(cancelled: str) -> None:
    invoice = khaos_invoice(shipments=[], cancelled=cancelled == "invoice")
    gone = goods_out(dispatched=0, status="Cancelled")
    assert report([invoice], [gone], cancelled_orders=("SO1",) if cancelled == "order" else ()).balanced


def test_what_is_cancelled_in_khaos_and_alive_at_the_warehouse_is_lost_and_a_disagreement() -> None:
    seen = report([khaos_invoice(shipments=[], cancelled=True)], [goods_out(dispatched=0)])
    assert seen.lost == 1
    assert "cancelled in Khaos Control and alive as SO1-1" in seen.disagreements[0]


@pytest.mark.parametrize("by", [{"invoice": "I1", "order": "SO1"}, {"order": "SO1"}, {"subject": "SO1-1"}])
def test_an_open_exception_of_it_explains_a_loss(by: dict[str, str]) -> None:
    seen = report([khaos_invoice(shipments=[])], [goods_out()], [excepted(**by)])
    assert (seen.lost, seen.held, seen.balanced) == (0, 1, True)
    assert seen.exceptions == {"refused_by_warehouse": 1}


@pytest.mark.parametrize(
    "by", [{"invoice": "I2", "order": "SO1"}, {"order": "SO2"}, {"order": "SO1", "state": "closed"}]
)
def test_an_exception_of_another_or_a_closed_one_explains_nothing(by: dict[str, str]) -> None:
    assert report([khaos_invoice(shipments=[])], [goods_out(dispatched=0)], [excepted(**by)]).lost == 1


def test_an_exception_that_nobody_owns_is_a_disagreement() -> None:
    seen = report([khaos_invoice()], [goods_out()], [excepted(owner="")])
    assert seen.disagreements == ("exception refused_by_warehouse of anything has no owner",)


def test_a_reference_that_is_alive_twice_is_doubled_even_across_warehouses() -> None:
    waiting = goods_out(dispatched=0)
    assert report([khaos_invoice()], [goods_out(), waiting]).doubled == 1
    assert report([khaos_invoice()], [goods_out()], elsewhere=[waiting]).doubled == 1


def test_a_reference_whose_twin_is_deleted_or_cancelled_is_not_doubled() -> None:
    twins = [goods_out(dispatched=0, deleted=True), goods_out(dispatched=0, status="CANCELLED")]
    assert report([khaos_invoice()], [goods_out(), *twins]).balanced


def test_an_invoice_alive_under_two_references_is_doubled() -> None:
    seen = report([khaos_invoice()], [goods_out(), goods_out("SO1-2", dispatched=0)])
    assert (seen.doubled, seen.balanced) == (1, False)
    assert "SO1-1 and SO1-2" in seen.doublings[0]


def test_units_dispatched_beyond_the_invoice_are_doubled() -> None:
    seen = report([khaos_invoice()], [goods_out(dispatched=6)])
    assert "1 of A dispatched beyond" in seen.doublings[0]


def test_a_code_that_the_invoice_does_not_have_is_beyond_it() -> None:
    lines = {"A": {"ordered": 5, "dispatched": 5}, "B": {"ordered": 1, "dispatched": 1}}
    assert "1 of B dispatched beyond" in report([khaos_invoice()], [goods_out(lines=lines)]).doublings[0]


def test_goods_sent_again_for_the_rest_of_a_part_shipment_are_doubled() -> None:
    first = khaos_invoice("I1", units=3, shipments=[shipped("SO1-1/S1", 3)])
    rest = khaos_invoice("I2", units=2, shipments=[shipped("SO1-2/S1", 2)])
    seen = report([first, rest], [goods_out(dispatched=5), goods_out("SO1-2", "I2", 2, 2)])
    assert seen.doubled == 1


def test_units_confirmed_beyond_the_invoice_are_doubled() -> None:
    twice = [shipped("SO1-1/S1", 5), shipped("SO1-1/S2", 5)]
    seen = report([khaos_invoice(shipments=twice)], [goods_out()])
    assert "5 of A confirmed beyond" in seen.doublings[0]


def test_one_parcel_confirmed_under_two_references_is_doubled_even_on_two_invoices() -> None:
    first = khaos_invoice("I1", units=3, shipments=[shipped("SO1-1/S1", 3, "C1")])
    rest = khaos_invoice("I2", units=3, shipments=[shipped("SO1-1/S2", 3, "C1")])
    seen = report([first, rest], [goods_out(ordered=6, dispatched=6)])
    assert "consignment C1 is confirmed as SO1-1/S1 and SO1-1/S2" in seen.doublings[0]


def test_a_reference_booked_twice_is_doubled() -> None:
    first = khaos_invoice("I1", units=3, shipments=[shipped("SO1-1/S1", 3)])
    rest = khaos_invoice("I2", units=3, shipments=[shipped("SO1-1/S1", 3)])
    assert report([first, rest], [goods_out(ordered=6, dispatched=6)]).doubled == 1


def test_an_exception_explains_no_doubling() -> None:
    seen = report([khaos_invoice()], [goods_out(), goods_out("SO1-2")], [excepted(order="SO1")])
    assert seen.doubled
    assert not seen.balanced


def test_a_warehouse_order_that_khaos_does_not_know_is_a_disagreement() -> None:
    seen = report([khaos_invoice()], [goods_out(), goods_out("X-1", "I9")])
    assert "leeds has X-1 for invoice I9" in seen.disagreements[0]


def test_an_invoice_that_was_never_ready_and_was_sent_is_a_disagreement() -> None:
    seen = report([khaos_invoice(ready=False)], [goods_out()])
    assert seen.orders_ready == 0
    assert "was never ready" in seen.disagreements[0]


def test_an_invoice_without_warehouse_lines_needs_no_warehouse() -> None:
    seen = report([khaos_invoice(warehouse_lines={}, shipments=[])], [])
    assert (seen.orders_ready, seen.no_warehouse_lines, seen.balanced) == (0, 1, True)


def test_nothing_balances_while_messages_are_in_flight() -> None:
    assert not report([khaos_invoice()], [goods_out()], in_flight=1).balanced


def test_the_report_survives_json() -> None:
    lines = Lines(in_file=9, refused=1, service=2, for_warehouse=6)
    seen = compare({"orders": [], "invoices": []}, {}, [], in_flight=0, seconds=1.5, lines=lines)
    assert Report.model_validate_json(seen.model_dump_json()) == seen
    assert seen.balanced
