"""Hires that are entered as services: which garment goes, and by which code Khaos Control is told."""

from __future__ import annotations

from datetime import date

import pytest

from mappings.canonical import Address, LineKind, OrderLine, PickLine, SalesOrder, Shipment
from mappings.khaos.services import ServiceLines

ROWS = ServiceLines({"*-HIRE": "*", "GALA-*-HIRE": "GOWN-*", "PACKAGE": "SUIT"})


@pytest.mark.parametrize(
    ("service", "garment"),
    [("DRESS-HIRE", "DRESS"), ("GALA-RED-HIRE", "GOWN-RED"), ("PACKAGE", "SUIT"), ("DRESS", ""), ("-HIRE", ""),
     ("PACKAGE-2", ""), ("", "")],
)  # fmt: skip
def test_a_row_says_the_garment_and_the_longest_pattern_goes_first(service: str, garment: str) -> None:
    assert ROWS.garment(service) == garment


@pytest.mark.parametrize("service", ["DRESS-HIRE", "GALA-RED-HIRE", "PACKAGE"])
def test_what_a_garment_is_hired_by_is_found_again(service: str) -> None:
    assert ROWS.service(ROWS.garment(service)) == service


def test_without_rows_nothing_is_a_service_line() -> None:
    assert (ServiceLines().garment("DRESS-HIRE"), ServiceLines().service("DRESS")) == ("", "")


def test_a_line_becomes_its_garment_s_and_a_hire_and_the_others_stay(order: SalesOrder) -> None:
    lines = ROWS.of_order(order).lines
    assert [(line.sku, line.kind) for line in lines] == [("DRESS", LineKind.HIRE), ("DRESS", LineKind.SALE)]
    assert ServiceLines().of_order(order) is order


def test_only_hired_units_are_told_by_the_service() -> None:
    lines = (PickLine(sku="DRESS", quantity=1), PickLine(sku="DRESS", quantity=2, kind=LineKind.HIRE))
    shipment = Shipment(reference="SO1-1/S1", fulfilment="SO1-1", order_code="SO1", invoice_code="INV1", lines=lines,
                        dispatched_on=date(2026, 12, 1), complete=True)  # fmt: skip
    told = ROWS.of_shipment(shipment).lines
    assert [(line.sku, line.quantity) for line in told] == [("DRESS", 1), ("DRESS-HIRE", 2)]


@pytest.fixture
def order() -> SalesOrder:
    lines = (OrderLine(sku="DRESS-HIRE", quantity=1), OrderLine(sku="DRESS", quantity=1))
    return SalesOrder(code="SO1", lines=lines, address=Address(name="T", line1="1 Row", town="Leeds", country="GB"))
