"""What Khaos's order statuses mean."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tests.places import SAMPLES
from mappings.canonical import PickLine
from mappings.errors import Unmappable
from mappings.khaos import read_invoices

OURS = SAMPLES / "khaos"


def status(invoices: str, order: str = "") -> str:
    return (
        f'<STATUS_LIST><ORDER_STATUS SORDER_CODE="SO1" ASSOCIATED_REF="W1">{order}'
        f"<INVOICES>{invoices}</INVOICES></ORDER_STATUS></STATUS_LIST>"
    )


def invoice(items: str = "", **more: str) -> str:
    named = {"INVOICE_CODE": "INV1", "INVOICE_STAGE_ID": "9", **more}
    attributes = " ".join(f"{k}={quoteattr(v)}" for k, v in named.items())
    return f"<INVOICE {attributes}><INVOICE_ITEMS>{items}</INVOICE_ITEMS></INVOICE>"


def item(sku: str, quantity: str) -> str:
    return f"<INVOICE_ITEM STOCK_CODE={quoteattr(sku)} QTY_SENT={quoteattr(quantity)}/>"


def test_the_vendors_sample_gives_the_invoice_without_items_and_refuses_the_three_with_fractions() -> None:
    good, bad = read_invoices((OURS / "soap_KSDXMLOrderStatusEx.xml").read_text())
    assert [b.error.kind for b in bad] == ["fractional_quantity"] * 3
    assert {b.subject for b in bad} == {"INV1234"}
    (found,) = good
    assert (found.order_code, found.invoice_code, found.associated_ref) == ("SO1234", "INV1234", "SO_WEBREF")
    assert (found.stage, found.stage_name, found.order_cancelled) == (19, "MANUALHOLD", True)
    assert (found.quantity_sold, found.quantity_sent) == (Decimal("100.50"), Decimal("90.50"))
    assert (found.ship_date, found.issue_date) == (date(2009, 1, 4), date(2009, 1, 5))
    assert (found.courier, found.consignment, found.lines) == ("Royal Mail", "ABC12345", ())


def test_the_same_sku_on_several_lines_is_one_pick() -> None:
    (found,), bad = read_invoices(status(invoice(item("A", "6.00") + item("B", "1") + item("A", "2"))))
    assert not bad
    assert found.lines == (PickLine(sku="A", quantity=8), PickLine(sku="B", quantity=1))


def test_lines_of_nothing_are_dropped_and_an_unfilled_quantity_means_that_no_items_came() -> None:
    (zero,), _ = read_invoices(status(invoice(item("A", "0.00") + item("B", "1"))))
    assert zero.lines == (PickLine(sku="B", quantity=1),)
    (unfilled,), _ = read_invoices(status(invoice(item("A", "") + item("B", "1"))))
    assert unfilled.lines == ()


@pytest.mark.parametrize("null", ["30/12/1899", "1899-12-30", "1899-12-30T00:00:00", ""])
def test_the_null_date_is_no_date(null: str) -> None:
    (found,), _ = read_invoices(status(invoice(SHIP_DATE=null, ISSUE_DATE=null)))
    assert found.ship_date is None
    assert found.issue_date is None


def test_one_unreadable_invoice_does_not_take_its_neighbours_along() -> None:
    broken = invoice(item("A", "1.5"), INVOICE_CODE="INV2") + invoice(INVOICE_STAGE_ID="", INVOICE_CODE="INV3")
    good, bad = read_invoices(status(invoice(item("A", "1")) + broken))
    assert [g.invoice_code for g in good] == ["INV1"]
    assert [(b.subject, b.error.kind) for b in bad] == [("INV2", "fractional_quantity"), ("INV3", "unmappable")]


def test_credit_notes_are_never_picked_and_an_unknown_type_is_refused() -> None:
    assert read_invoices(status(invoice(), '<ORDER_TYPE TYPE_ID="2">Credit Note</ORDER_TYPE>')) == ([], [])
    good, bad = read_invoices(status(invoice(), '<ORDER_TYPE TYPE_ID="Q">Quotation</ORDER_TYPE>'))
    assert not good
    assert bad[0].error.field == "ORDER_TYPE@TYPE_ID"


@pytest.mark.parametrize(
    ("block", "cancelled"),
    [
        ("", False),
        ("<CANCELLED/>", False),
        ("<CANCELLED><REASON/></CANCELLED>", False),
        ("<CANCELLED><CANCELLED_DATE_TIME>2026-11-20</CANCELLED_DATE_TIME></CANCELLED>", True),
    ],
)
def test_an_order_is_cancelled_when_its_block_says_something(block: str, cancelled: bool) -> None:
    (found,), _ = read_invoices(status(invoice(), block))
    assert found.order_cancelled is cancelled


def test_unknown_elements_are_passed_over() -> None:
    (found,), bad = read_invoices(status(f"<NEW/>{invoice(item('A', '1'))}", '<LOYALTY TIER="1">x</LOYALTY>'))
    assert found.lines
    assert not bad


def test_an_empty_reply_has_no_invoices_and_a_reply_that_is_no_xml_says_so() -> None:
    assert read_invoices("") == ([], [])
    for wrong in ("<html>", "<SALES_ORDERS/>", '<!DOCTYPE x [<!ENTITY a "b">]><STATUS_LIST/>'):
        with pytest.raises(Unmappable):
            read_invoices(wrong)


@given(st.dictionaries(st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1), st.integers(1, 10**6)))
def test_whole_quantities_come_through_whatever_the_sku_is_called(lines: dict[str, int]) -> None:
    (found,), bad = read_invoices(status(invoice("".join(item(sku, f"{n}.00") for sku, n in lines.items()))))
    assert not bad
    assert {line.sku: line.quantity for line in found.lines} == lines


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="￾￿")))
def test_any_quantity_or_date_or_stage_is_read_or_refused_by_name(anything: str) -> None:
    for reply in (
        status(invoice(item("A", anything))),
        status(invoice(SHIP_DATE=anything)),
        status(invoice(INVOICE_STAGE_ID=anything)),
        status(invoice(QTY_SOLD=anything)),
    ):
        good, bad = read_invoices(reply)
        assert len(good) + len(bad) == 1
