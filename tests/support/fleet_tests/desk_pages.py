"""The pages that a browser walks: a name for the screenshot, and the address on the seeded ledger."""

from __future__ import annotations

PAGES = {
    "today": "/",
    "exceptions": "/exceptions",
    "exception": "/exceptions/1",
    "exception-bodies": "/exceptions/1/bodies",
    "exception-edit": "/exceptions/1/edit",
    "orders": "/orders",
    "orders-late": "/orders?list=late",
    "orders-not-ready": "/orders?list=not-ready",
    "order-left": "/orders/SO02101",
    "order-part": "/orders/SO02109",
    "order-stuck": "/orders/SO02107",
    "order-not-ready": "/orders/SO02901",
    "message": "/messages/1",
    "stock": "/stock",
    "stock-sku": "/stock/MUG-SAND",
    "garment": "/garments/TAG-0042-17",
    "returns": "/returns",
    "return": "/returns/RT0000001",
    "goods-in": "/goods-in/PO-7781",
    "worklists": "/worklists",
    "worklist": "/worklists/received",
    "journal": "/journal",
    "journal-entry": "/journal/1",
    "files": "/files",
    "flows": "/flows",
    "garments": "/garments",
    "tables": "/tables",
    "record": "/record",
    "record-proof": "/record/proof",
    "access": "/access",
    "nothing": "/search?q=NOBODY",
}
GROUP = "exception-group"  # its address is known when the ledger is filled
OPEN_ALL = "document.querySelectorAll('main details').forEach((one) => { one.open = true; })"  # so that forms are seen
WIDTHS = {"wide": (1280, 900), "narrow": (390, 844)}
