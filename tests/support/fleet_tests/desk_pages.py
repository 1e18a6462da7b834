"""The pages that a browser walks: a name for the screenshot, and the address on the seeded ledger."""

from __future__ import annotations

PAGES = {
    "flows": "/flows",
    "exceptions": "/exceptions",
    "order-left": "/orders/SO02101",
    "order-part": "/orders/SO02109",
    "order-stuck": "/orders/SO02107",
    "order-not-ready": "/orders/SO02901",
    "stock-sku": "/stock/MUG-SAND",
    "worklists": "/worklists",
    "worklist": "/worklists/received",
    "nothing": "/search?q=NOBODY",
}
WIDTHS = {"wide": (1280, 900), "narrow": (390, 844)}
