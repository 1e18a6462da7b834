"""The merchant's own operation that takes a shipment, as the sandbox stands in for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from adapters.errors import Rejected
from adapters.khaos import Khaos
from fleet_tests.khaos_sandbox import Sandbox
from mappings.canonical import Invoice, Parcel, PickLine, Shipment
from mappings.khaos import read_invoices, write_shipment

Write = Callable[..., str]


def shown(khaos: Khaos, code: str) -> list[Invoice]:
    good, bad = read_invoices(khaos.export_order_status(ids=[code], mapping_type=3))
    assert not bad
    return good


def shipment(invoice: str, reference: str = "SO-1/S1", **lines: int) -> dict[str, str]:
    return write_shipment(
        Shipment(
            reference=reference,
            fulfilment="SO-1",
            order_code="SO",
            invoice_code=invoice,
            lines=tuple(PickLine(sku=sku, quantity=n) for sku, n in lines.items()),
            parcels=(Parcel(tracking="T1", carrier="DPD"), Parcel(tracking="T2", carrier="DPD")),
            courier="DPD Next Day",
            dispatched_on=date(2026, 11, 20),
            complete=True,
        )
    )


@pytest.fixture
def placed(khaos: Khaos, order: Write) -> tuple[str, str]:
    code = khaos.import_orders(order("W-1", MUG=4, BOWL=2, ENGRAVE=1)).imported[0].order_code
    return code, shown(khaos, code)[0].invoice_code


def test_all_of_an_invoice_ships_and_is_issued(khaos: Khaos, placed: tuple[str, str]) -> None:
    code, invoice = placed
    khaos.confirm_shipment(shipment(invoice, MUG=4, BOWL=2))
    (found,) = shown(khaos, code)
    assert (found.stage, found.ship_date, found.consignment) == (70, date(2026, 11, 20), "T1")
    assert found.issue_date is not None
    assert found.courier == "DPD Next Day"


def test_issuing_can_take_a_while(khaos: Khaos, placed: tuple[str, str], sandbox: Sandbox) -> None:
    sandbox.post("switches", issue_after=3600)
    khaos.confirm_shipment(shipment(placed[1], MUG=4, BOWL=2))
    (found,) = shown(khaos, placed[0])
    assert (found.stage, found.ship_date, found.issue_date) == (16, date(2026, 11, 20), None)


@pytest.mark.parametrize("stage", [9, 18])
def test_a_part_ships_on_its_invoice_and_the_rest_becomes_a_further_one(
    khaos: Khaos, placed: tuple[str, str], sandbox: Sandbox, stage: int
) -> None:
    sandbox.post("switches", remainder_stage=stage)
    khaos.confirm_shipment(shipment(placed[1], MUG=3))
    sent, rest = shown(khaos, placed[0])
    assert (sent.invoice_code, sent.stage) == (placed[1], 70)
    assert {line.sku: line.quantity for line in sent.lines} == {"ENGRAVE": 1, "MUG": 3}
    assert rest.stage == stage
    assert {line.sku: line.quantity for line in rest.lines} == {"MUG": 1, "BOWL": 2}
    khaos.confirm_shipment(shipment(rest.invoice_code, "SO-2/S1", MUG=1, BOWL=2))
    levels = {(x["code"], x["site"]): x for x in sandbox.books()["levels"]}
    assert levels["MUG", "Main Site"]["in_stock"] == levels["MUG", "Main Site"]["available"] == 96


def test_the_same_shipment_again_changes_nothing_and_is_counted(
    khaos: Khaos, placed: tuple[str, str], sandbox: Sandbox
) -> None:
    for _ in range(3):
        khaos.confirm_shipment(shipment(placed[1], MUG=3))
    assert len(shown(khaos, placed[0])) == 2
    (booked,) = sandbox.books()["invoices"][0]["shipments"]
    assert (booked["reference"], booked["calls"], booked["lines"]) == ("SO-1/S1", 3, {"MUG": 3})
    assert (booked["consignment"], booked["courier"]) == ("T1", "DPD Next Day")


def test_another_shipment_under_the_same_reference_is_refused(khaos: Khaos, placed: tuple[str, str]) -> None:
    khaos.confirm_shipment(shipment(placed[1], MUG=3))
    with pytest.raises(Rejected) as refused:
        khaos.confirm_shipment(shipment(placed[1], MUG=2))
    assert refused.value.symbol == "EShipmentMismatch"


def test_nothing_is_confirmed_that_is_unknown_too_much_cancelled_or_gone(
    khaos: Khaos, placed: tuple[str, str], sandbox: Sandbox, order: Write
) -> None:
    def refusal(values: dict[str, str]) -> str:
        with pytest.raises(Rejected) as refused:
            khaos.confirm_shipment(values)
        assert refused.value.maybe_done
        return refused.value.symbol

    assert refusal(shipment("INV999", MUG=1)) == "EInvoiceNotFound"
    assert refusal(shipment(placed[1], MUG=5)) == "EQuantityExceeded"
    assert refusal(shipment(placed[1], LAST=1)) == "EQuantityExceeded"
    other = khaos.import_orders(order("W-2", MUG=1)).imported[0].order_code
    invoice = shown(khaos, other)[0].invoice_code
    sandbox.post("cancel", order=other, reason="x")
    assert refusal(shipment(invoice, "SO-3/S1", MUG=1)) == "EInvoiceCancelled"
    khaos.confirm_shipment(shipment(placed[1], MUG=4, BOWL=2))
    assert refusal(shipment(placed[1], "SO-1/S2", MUG=1)) == "EInvoiceShipped"


def test_a_shipment_brings_an_old_order_back_when_tracking_is_included(khaos: Khaos, order: Write) -> None:
    old = khaos.import_orders(order("W-9", extra="<ORDER_DATE>2020-01-01</ORDER_DATE>", MUG=1)).imported[0].order_code
    khaos.confirm_shipment(shipment(shown(khaos, old)[0].invoice_code, MUG=1))
    now = datetime.now(UTC)
    window: dict[str, Any] = {"date_from": now - timedelta(days=1), "date_to": now + timedelta(days=1)}
    assert read_invoices(khaos.export_order_status(**window))[0] == []
    assert len(read_invoices(khaos.export_order_status(include_tracking=True, **window))[0]) == 1


def test_without_the_setting_or_without_the_operation_the_extension_says_what_to_do(
    sandbox: Sandbox, start: Callable[..., Any]
) -> None:
    plain = start()
    for khaos, hint in (
        (sandbox.client(), "is not set"),
        (plain.client(extensions={"confirm_shipment": {}}), "no operation ConfirmShipment"),
        (sandbox.client(extensions={"confirm_shipment": {"arguments": {"invoice": "Nr"}}}), "takes no Nr"),
    ):
        with pytest.raises(Rejected, match=hint) as refused:
            khaos.confirm_shipment(shipment("INV1", MUG=1))
        assert (refused.value.symbol, refused.value.maybe_done) == ("extension_not_bound", False)


def test_an_operation_that_appears_with_an_update_is_found_at_the_next_call(start: Callable[..., Any]) -> None:
    sandbox = start()
    khaos = sandbox.client(extensions={"confirm_shipment": {}})
    with pytest.raises(Rejected):
        khaos.confirm_shipment(shipment("INV1", MUG=1))
    sandbox.post("switches", confirm_shipment=True)
    with pytest.raises(Rejected) as refused:
        khaos.confirm_shipment(shipment("INV1", MUG=1))
    assert refused.value.symbol == "EInvoiceNotFound"
