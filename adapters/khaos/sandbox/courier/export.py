"""CourierExportData: an invoice as the courier hook posts it, with or without its boxes.

Source: the vendor's repository kc-courier-services, README and sample; spelled as the sample (``items`` in a box,
``PostCode``). Weights and money are plain figures: this stand-in has no scales and one tax rate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.records import Invoice

NO_DATE = "1899-12-30T00:00:00"
TAX = 0.2
GRAMS = 0.1  # kilograms of every item
NAMES = {
    ("CourierExportData", "Items"): "CourierExportDataItem",
    ("CourierExportDataItem", "Items"): "Item",
    ("CourierExportDataItem", "Boxes"): "Box",
    ("Box", "items"): "BoxItem",
}
Row = dict[str, Any]


@dataclass(frozen=True)
class Box:
    """One box; ``item_id`` is what the answer must name."""

    item_id: str
    number: int
    lines: dict[str, int]


def boxes_of(invoice: Invoice) -> list[Box]:
    """How the goods were packed: the first item in a box of its own, the others together. Always the same."""
    first, *others = invoice.lines.items()
    packed = [dict([first]), dict(others)] if others else [dict([first])]
    number = int(invoice.id[-11:])
    return [Box(f"{1000 + number * 10 + n}", n, lines) for n, lines in enumerate(packed)]


def export_data(books: Books, invoice: Invoice, boxes: Iterable[Box]) -> Row:
    """The document for one invoice."""
    order = invoice.order
    document = fromstring(order.document)
    header = document.find("ORDER_HEADER")
    delivery = document.find("CUSTOMER_DETAIL/ADDRESSES/DELADDR")
    net = sum(float(books.products[sku].price) * n for sku, n in invoice.lines.items())
    item: Row = {
        "Items": [
            _item(books, invoice.id, n, line) | {"ImportRef": ""} for n, line in enumerate(invoice.lines.items())
        ],
        "Boxes": [_box(books, box) for box in boxes],
        "InvoiceAddress": _address(document, "I"),
        "DeliveryAddress": _address(document, "D" if delivery is not None and len(delivery) else "I"),
        "InvoiceID": invoice.id,
        "CompanyCode": order.urn,
        "TaxRef": "none",
        "ECCompany": False,
        "InvoiceCode": invoice.code,
        "InvoiceDate": NO_DATE,
        "OrderDate": f"{order.ordered_at:%Y-%m-%dT%H:%M:%S}",
        "SOrderCode": order.code,
        "SOrderID": order.number,
        "AssociatedRef": order.associated_ref or "N/A",
        "DeliveryDate": NO_DATE,
        "RequiredDate": NO_DATE,
        "ItemTotal": round(net, 2),
        "ItemTaxTotal": round(net * TAX, 2),
        "DeliveryTotal": 0.0,
        "DeliveryTaxTotal": 0.0,
        "Weight": round(GRAMS * sum(invoice.lines.values()), 3),
        "CurrencyCode": "GBP",
        "CurrencyName": "Pound Sterling",
        "CurrencyID": 1,
        "InvoiceNote": "" if header is None else (header.findtext("INVOICE_NOTE") or ""),
        "PickingListNote": "" if header is None else (header.findtext("ORDER_NOTE") or ""),
        "ChannelID": "0",
        "HideChildItems": False,
    }
    return {
        "ServiceCode": invoice.courier or "2",
        "Items": [item],
        "IncludePackaging": False,
        "AverageWeight": 0.0,
        "WeightScale": 0.0,
        "DimensionScale": 0.0,
    }


def _item(books: Books, owner: str, place: int, line: tuple[str, int]) -> Row:
    sku, units = line
    product = books.products[sku]
    net = float(product.price)
    return {
        "ItemID": f"{owner[:4]}{owner[-8:]}{place:0>3}",
        "QtyUser": float(units),
        "StockID": product.stock_id,
        "StockDesc": product.description,
        "UnitNet": net,
        "UnitTax": round(net * TAX, 3),
        "NetTotal": round(net * units, 2),
        "StockCode": sku,
        "StockType": product.stock_type,
        "Weight": GRAMS,
        "PackDetails": 1 if product.pack_of else 0,
    }


def _box(books: Books, box: Box) -> Row:
    weight = round(GRAMS * sum(box.lines.values()), 3)
    return {
        "items": [_item(books, f"BOXI{box.item_id:0>8}", n, line) for n, line in enumerate(box.lines.items())],
        "ItemID": box.item_id,
        "BoxNote": "",
        "BoxNumber": box.number,
        "BoxWidth": 30.0,
        "BoxDepth": 30.0,
        "BoxHeight": 30.0,
        "BoxPackagingWeight": 0.0,
        "BoxWeightScaled": weight,
        "BoxWeightCalculated": weight,
    }


def _address(document: Element, prefix: str) -> Row:
    element = document.find(f"CUSTOMER_DETAIL/ADDRESSES/{'INVADDR' if prefix == 'I' else 'DELADDR'}")

    def text(tag: str) -> str:
        return "" if element is None else (element.findtext(prefix + tag) or "").strip()

    return {
        "CourierNote": "",
        "CompanyName": (document.findtext("CUSTOMER_DETAIL/COMPANY_NAME") or "").strip(),
        "Address1": text("ADDRESS1"),
        "Address2": text("ADDRESS2"),
        "Locality": text("ADDRESS3"),
        "Town": text("TOWN"),
        "County": text("COUNTY"),
        "PostCode": text("POSTCODE"),
        "AddrTel": text("TEL"),
        "AddrFax": "",
        "AddrEmail": text("EMAIL"),
        "AddrType": 0,
        "CountryID": 826,
        "CountryName": text("COUNTRY_NAME") or "United Kingdom",
        "CountryCode2": text("COUNTRY_CODE"),
        "CountryCode3": "",
        "EUMember": False,
        "Title": text("TITLE"),
        "Forename": text("FORENAME"),
        "Surname": text("SURNAME"),
        "FullName": f"{text('FORENAME')} {text('SURNAME')}".strip(),
        "CtTel": "",
        "CtTel2": "",
        "CtEmail": text("EMAIL"),
        "Organisation": text("ORGANISATION"),
    }
