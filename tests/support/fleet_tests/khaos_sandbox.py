"""Khaos Control's sandbox behind a free port, and what to fill it with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from adapters.khaos import Khaos, Settings
from adapters.khaos.sandbox.app import create_app
from fleet_tests.servers import serve

PATIENCE = 15.0


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox: where it is, and its own door."""

    root: str
    verify: bool = True

    @property
    def url(self) -> str:
        return f"{self.root}/LiveSoap/KhaosKSD.exe"

    def post(self, door: str, **body: Any) -> Any:
        answer = requests.post(f"{self.root}/_sandbox/{door}", json=body, timeout=PATIENCE, verify=self.verify)
        answer.raise_for_status()
        return answer.json()

    def books(self) -> Any:
        return requests.get(f"{self.root}/_sandbox/books", timeout=PATIENCE, verify=self.verify).json()

    def level(self, code: str, site: str = "Main Site") -> dict[str, int]:
        return next(row for row in self.books()["levels"] if (row["code"], row["site"]) == (code, site))

    def client(self, **more: Any) -> Khaos:
        return Khaos(Settings(**{"url": self.url, "deadline": PATIENCE, **more}))


PRODUCTS: list[dict[str, Any]] = [
    {"code": "MUG", "description": "Mug & saucer", "stock_controlled": True, "in_stock": 100, "price": "4.50"},
    {
        "code": "BOWL",
        "description": "Bowl",
        "stock_controlled": True,
        "in_stock": 5,
        "price": "6.00",
        "barcode": "5012",
    },
    {"code": "ENGRAVE", "description": "Engraving", "stock_controlled": False, "in_stock": 0, "price": "2.00"},
    {
        "code": "OLD",
        "description": "Old",
        "stock_controlled": True,
        "in_stock": 9,
        "price": "1.00",
        "discontinued": True,
    },
    {
        "code": "LAST",
        "description": "Last",
        "stock_controlled": True,
        "in_stock": 1,
        "price": "1.00",
        "run_to_zero": True,
    },
    {"code": "SET", "description": "Set", "stock_controlled": False, "price": "9.00", "pack_of": {"MUG": 2, "BOWL": 1}},
    {"code": "TEE", "description": "T-shirt", "stock_controlled": False, "price": "12.00"},
    {
        "code": "TEE/L",
        "description": "Large",
        "stock_controlled": True,
        "in_stock": 7,
        "price": "12.00",
        "parent_code": "TEE",
    },
]


@contextmanager
def sandboxes() -> Iterator[Callable[..., Sandbox]]:
    """Starts sandboxes; all of them are gone when the block ends."""
    with ExitStack() as stack:

        def begin(*, filled: bool = True, **options: Any) -> Sandbox:
            sandbox = Sandbox(stack.enter_context(serve(create_app(**options), wait=True)))
            if filled:
                sandbox.post("products", sites=["Main Site", "Annex"], products=PRODUCTS)
            return sandbox

        yield begin


def order_document(ref: str, *, site: str = "Main Site", extra: str = "", payments: str = "", **lines: int) -> str:
    """A minimal order as a shop imports it."""
    items = "".join(
        f"<ORDER_ITEM><STOCK_CODE>{sku.replace('_', '/')}</STOCK_CODE><MAPPING_TYPE>1</MAPPING_TYPE>"
        f"<ORDER_QTY>{n}</ORDER_QTY><PRICE_NET>1.00</PRICE_NET></ORDER_ITEM>"
        for sku, n in lines.items()
    )
    return (
        "<SALES_ORDERS><SALES_ORDER><CUSTOMER_DETAIL><IS_NEW_CUSTOMER>0</IS_NEW_CUSTOMER>"
        "<OTHER_REF>C-77</OTHER_REF><ADDRESSES><INVADDR><IADDRESS1>1 High St</IADDRESS1><ITOWN>Leeds</ITOWN>"
        "<IPOSTCODE>LS1 1AA</IPOSTCODE><ICOUNTRY_CODE>GB</ICOUNTRY_CODE><IFORENAME>Jane</IFORENAME>"
        f"<ISURNAME>Doe</ISURNAME></INVADDR></ADDRESSES></CUSTOMER_DETAIL>{payments}<ORDER_HEADER>"
        f"<ASSOCIATED_REF>{ref}</ASSOCIATED_REF><SITE>{site}</SITE><SALES_SOURCE>Web</SALES_SOURCE>{extra}"
        f"</ORDER_HEADER><ORDER_ITEMS>{items}</ORDER_ITEMS></SALES_ORDER></SALES_ORDERS>"
    )
