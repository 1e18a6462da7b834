"""What no orders file says of its products, and warehouses and customs ask for: invented, the same for a code."""

from __future__ import annotations

import hashlib
from decimal import Decimal

OWN_NUMBERS = "20"  # GS1: numbers that a company gives for its own use
COMMODITY_CODES = ("6301300000", "4420110000", "6911100000", "6117100000", "7013990000")
MARGIN = Decimal("0.4")  # what the shop pays, of what it asks
COUNTRIES = ("GB", "PT", "IN", "CN", "TR")


def facts_of(code: str, price: Decimal) -> dict[str, str]:
    """Barcode (EAN-13), commodity code, origin and buying price, as Khaos Control's stand-in takes them."""
    dice = int.from_bytes(hashlib.sha256(code.encode()).digest())
    return {
        "barcode": _with_check_digit(f"{OWN_NUMBERS}{dice % 10**10:010}"),
        "commodity_code": COMMODITY_CODES[dice % len(COMMODITY_CODES)],
        "country_of_origin": COUNTRIES[dice % len(COUNTRIES)],
        "buy_price": f"{price * MARGIN:.2f}",
    }


def _with_check_digit(digits: str) -> str:
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-weighted % 10}"
