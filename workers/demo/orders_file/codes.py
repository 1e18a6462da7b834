"""The words of an orders file: which codes are charges, which invoices are no sales, why a line is refused.

Facts about the UCI "Online Retail" set (C- and A-invoices, service codes) are those of its page: DOI 10.24432/C5BW33.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from mappings.canonical import Canonical

Kind = Literal["not_a_sale", "file_line_unreadable", "country_conflict"]

LONGEST_REF = 15  # Khaos Control's guide to its order import: ASSOCIATED_REF
LONGEST_CUSTOMER = 30  # the same guide: OTHER_REF of CUSTOMER_DETAIL

# Codes that are charges or book-keeping and stand on no shelf. A star ends a prefix; case does not count.
SERVICES: dict[str, str] = {
    "POST": "postage",
    "DOT": "postage of the web shop",
    "C2": "carriage",
    "C3": "carriage",
    "M": "a manual charge",
    "D": "a discount",
    "S": "samples, charged",
    "B": "a bad debt's adjustment",
    "BANK CHARGES": "a bank's fee",
    "AMAZONFEE": "a marketplace's fee",
    "CRUK": "a charity's commission",
    "GIFT_0001_*": "a gift voucher",
    "ADJUST*": "a book-keeping adjustment",
    "TEST*": "a test product",
}
# Invoices that neither sell nor bring goods back, by their first letter before a number.
NOT_ORDERS: dict[str, tuple[Kind, str]] = {
    "A": ("not_a_sale", "it adjusts a bad debt: nothing is sold by it; book it in Khaos Control"),
}
RETURN = "C"  # the first letter of an invoice that takes goods back


class FileProduct(Canonical):
    """A product that the file names. ``price`` is net, the first above zero that the file shows."""

    code: str
    description: str
    stock_controlled: bool
    price: Decimal


class Refused(Canonical):
    """What could become neither order nor return: ``lines`` lines of one invoice, or the one at ``line_number``."""

    invoice: str
    line_number: int | None
    kind: Kind
    reason: str
    lines: Annotated[int, Field(gt=0)] = 1


def first_letter(invoice: str) -> str:
    """The letter in front of an invoice's number, in upper case; empty where there is none."""
    marked = re.match(r"([A-Za-z])\s*\d", invoice)
    return marked[1].upper() if marked else ""


def service_of(code: str) -> str:
    """What the code charges (``SERVICES``); empty for goods."""
    upper = code.upper()
    if upper in SERVICES:
        return SERVICES[upper]
    return next((what for row, what in SERVICES.items() if row.endswith("*") and upper.startswith(row[:-1])), "")


def is_service(code: str) -> bool:
    """Whether the code is a charge or book-keeping rather than goods."""
    return bool(service_of(code))
