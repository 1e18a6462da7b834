"""The courier hook: which invoices and boxes Khaos asks a consignment for, and the answer to that.

README of ``kc-courier-services``. Both of its samples answer with the box's id, where its table says the box item's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mappings.canonical.courier import CourierAnswer, CourierBox, CourierInvoice, CourierRequest
from mappings.errors import Unmappable, Unreadable
from mappings.khaos.channel.codec import Form, inner, judge, open_document, write_document
from mappings.khaos.channel.courier_words import (
    BoxItem,
    CourierExportData,
    CourierExportDataItem,
    CourierImportData,
    CourierImportDataItem,
)
from mappings.khaos.channel.scalars import units

NO_REFERENCE = "N/A"  # what Khaos writes for an order without an associated reference


def read_courier_export(body: bytes, form: Form) -> CourierRequest:
    """The request's invoices, without anybody's name or address.

    Raises:
        Unmappable: the body as a whole is no such document, or names no service. An invoice with part of a unit is
            unreadable with the ``kind`` ``fractional_quantity``.
    """
    raw = open_document(CourierExportData, body, form)
    service = raw.get("ServiceCode")
    if not isinstance(service, str):
        raise Unmappable("CourierExportData.ServiceCode", "", "is missing; set the courier's service code in Khaos")
    good: list[CourierInvoice] = []
    bad: list[Unreadable] = []
    for place, entry in enumerate(raw.get("Items", ()), 1):
        try:
            good.append(_invoice(judge(CourierExportDataItem, entry)))
        except Unmappable as error:
            name = inner(CourierExportDataItem, entry).get("InvoiceID")
            bad.append(Unreadable(name if isinstance(name, str) and name else f"CourierExportDataItem {place}", error))
    return CourierRequest(service.strip(), tuple(good), tuple(bad))


def _invoice(invoice: CourierExportDataItem) -> CourierInvoice:
    if not invoice.invoice_id.strip():
        raise Unmappable("CourierExportDataItem.InvoiceID", "", "an invoice without an id; have it sent again")
    reference = (invoice.associated_ref or "").strip()
    return CourierInvoice(
        invoice_id=invoice.invoice_id.strip(),
        invoice_code=invoice.invoice_code.strip(),
        order_code=(invoice.sorder_code or "").strip(),
        associated_ref="" if reference == NO_REFERENCE else reference,
        units=_units(invoice.items),
        boxes=tuple(CourierBox(box.item_id.strip(), _units(box.items or ())) for box in invoice.boxes or ()),
    )


def _units(items: Iterable[BoxItem]) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in items:
        sku = (item.stock_code or "").strip()
        if not sku:
            raise Unmappable("Item.StockCode", "", "a line without a stock code; correct the order in Khaos")
        found[sku] = found.get(sku, 0) + units("Item.QtyUser", item.qty_user)
    return found


def write_courier_import(answers: Sequence[CourierAnswer], form: Form) -> bytes:
    """The answer to a request, in the order given.

    Raises:
        Unmappable: a success without a consignment, or two labels for one parcel.
    """
    return write_document(CourierImportData(items=tuple(_answer(answer, form) for answer in answers)), form)


def _answer(answer: CourierAnswer, form: Form) -> CourierImportDataItem:
    if answer.success and not answer.consignment.strip():
        raise Unmappable("ConsignmentRef", "", "a success needs a consignment; answer with an error until there is one")
    if answer.label_url and answer.raw_label:
        raise Unmappable("LabelURL", "", "one label only; give its address or its bytes")
    return CourierImportDataItem(
        invoice_id=answer.invoice_id,
        item_id=answer.item_id,
        is_success=answer.success,
        consignment_ref=answer.consignment,
        tracking_no=answer.tracking or None,
        # the XML sample has no element where there are none, the JSON sample an empty array
        errors=answer.errors or (None if form == "xml" else ()),
        label_url=answer.label_url or None,
        raw_label_data=f"0x{answer.raw_label.hex().upper()}" if answer.raw_label else None,
    )
