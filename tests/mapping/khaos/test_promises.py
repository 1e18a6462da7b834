"""What invoices promise, read so that nothing unclear is sold again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tests.places import SAMPLES
from mappings.errors import Unmappable
from mappings.khaos import read_invoices, read_ordered, read_promises

OURS = SAMPLES / "khaos"


def status(items: str, *, order: str = 'SORDER_CODE="SO1"', kind: str = "S", more: str = "") -> str:
    return (
        f'<STATUS_LIST><ORDER_STATUS {order}><ORDER_TYPE TYPE_ID="{kind}"/><INVOICES><INVOICE INVOICE_CODE="INV1"'
        f' INVOICE_STAGE_ID="9" {more}><INVOICE_ITEMS>{items}</INVOICE_ITEMS></INVOICE></INVOICES></ORDER_STATUS>'
        "</STATUS_LIST>"
    )


def item(sku: str, quantity: str) -> str:
    return f'<INVOICE_ITEM STOCK_CODE="{sku}" QTY_SENT="{quantity}"/>'


def test_the_vendors_samples_promise_what_a_strict_reading_shows() -> None:
    text = (OURS / "soap_KSDXMLOrderStatusEx.xml").read_text()
    strict = {i.invoice_code: {line.sku: line.quantity for line in i.lines} for i in read_invoices(text)[0] if i.lines}
    promised = {one.invoice_code: one.units for one in read_promises(text)}
    assert promised.items() >= strict.items()


def test_an_order_promises_its_lines_whatever_its_address_and_none_if_a_line_is_unclear() -> None:
    def order(code: str, *lines: tuple[str, str]) -> str:
        items = "".join(
            f"<ORDER_ITEM><STOCK_CODE>{s}</STOCK_CODE><ORDER_QTY>{n}</ORDER_QTY></ORDER_ITEM>" for s, n in lines
        )
        header = f"<SORDER_CODE>{code}</SORDER_CODE><ASSOCIATED_REF>WEB-{code}</ASSOCIATED_REF>"
        return f"<SALES_ORDER><ORDER_HEADER>{header}</ORDER_HEADER><ORDER_ITEMS>{items}</ORDER_ITEMS></SALES_ORDER>"

    text = f"<SALES_ORDERS>{order('SO1', ('A', '1.5'), ('A', '2'))}{order('SO2', ('', '1'))}</SALES_ORDERS>"
    assert read_ordered(text) == {"SO1": {"A": 4}, "WEB-SO1": {"A": 4}}


@pytest.mark.parametrize(
    ("items", "units"),
    [
        (item("A", "2") + item("A", "1.00"), {"A": 3}),
        (item("A", "1.5"), {"A": 2}),
        (item("A", "-1") + item("B", "1"), {"B": 1}),
        (item("", "0") + item("B", "1"), {"B": 1}),
        (item("", "1") + item("B", "1"), None),
        (item("A", "") + item("B", "1"), None),
        (item("A", "many"), None),
        ("", None),
    ],
)
def test_a_part_of_a_unit_is_a_whole_one_and_what_is_unclear_is_not_guessed(
    items: str, units: dict[str, int] | None
) -> None:
    (one,) = read_promises(status(items))
    assert (one.order_code, one.invoice_code, one.stage, one.units) == ("SO1", "INV1", 9, units)


def test_credit_notes_promise_nothing_and_what_nobody_knows_does() -> None:
    promised = {kind: [one.units for one in read_promises(status(item("A", "1"), kind=kind))] for kind in "SC2X"}
    assert promised == {"S": [{"A": 1}], "C": [], "2": [], "X": [{"A": 1}]}


def test_a_bad_date_or_a_missing_code_of_the_order_hides_no_unit() -> None:
    (one,) = read_promises(status(item("A", "1"), order="", more='SHIP_DATE="soon"'))
    assert (one.order_code, one.shipped, one.units) == ("", False, {"A": 1})
    (left,) = read_promises(status(item("A", "1"), more='SHIP_DATE="21/11/2026"'))
    assert left.shipped


def test_another_document_is_refused() -> None:
    with pytest.raises(Unmappable):
        read_promises("<STOCK_ITEMS/>")


@given(st.lists(st.tuples(st.sampled_from(["A", "B", ""]), st.decimals(-3, 9, places=1)), max_size=5))
def test_never_less_is_promised_than_a_strict_reading_finds(lines: list[tuple[str, object]]) -> None:
    text = status("".join(item(sku, str(n)) for sku, n in lines))
    good, _ = read_invoices(text)
    (one,) = read_promises(text)
    for invoice in good:
        assert one.units is None or all(one.units[line.sku] >= line.quantity for line in invoice.lines)
