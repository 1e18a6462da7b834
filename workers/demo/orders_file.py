"""Reads an orders file in the layout of the UCI "Online Retail" set into products and orders to import.

Every line ends in an order or in a refusal with its reason. Facts about the set (C- and A-invoices,
service codes, blank descriptions) are those of its page: DOI 10.24432/C5BW33.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from mappings.canonical import Canonical, NewOrder, NewOrderLine
from workers.demo.people import invent
from workers.demo.rows import Row, cut
from workers.demo.values import Dates, Unfit, read_price, read_quantity, read_text

SITE, CHANNEL = "Main Site", "Web"
LONGEST_REF = 15  # Khaos Control's guide to its order import: ASSOCIATED_REF
LONGEST_CUSTOMER = 30  # the same guide: OTHER_REF of CUSTOMER_DETAIL

Kind = Literal["return_not_order", "not_a_sale", "file_line_unreadable", "country_conflict"]

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
# Invoices that are no orders at all, by their first letter before a number.
NOT_ORDERS: dict[str, tuple[Kind, str]] = {
    "C": (
        "return_not_order",
        "it takes goods back: a return is handled by the returns flow and is not sent to a warehouse",
    ),
    "A": ("not_a_sale", "it adjusts a bad debt: nothing is sold by it; book it in Khaos Control"),
}


class FileProduct(Canonical):
    """A product that an order of the file names. ``price`` is net, the first above zero that the file shows."""

    code: str
    description: str
    stock_controlled: bool
    price: Decimal


class Refused(Canonical):
    """What could not become an order: ``lines`` lines of one invoice, or the one at ``line_number``."""

    invoice: str
    line_number: int | None
    kind: Kind
    reason: str
    lines: Annotated[int, Field(gt=0)] = 1


class OrdersFile(Canonical):
    """The whole file. ``lines`` counts its entries: those in orders and those refused make it up."""

    products: tuple[FileProduct, ...]
    orders: tuple[NewOrder, ...]
    refused: tuple[Refused, ...]
    lines: int


def load_orders(path: Path, *, seed: int = 1) -> OrdersFile:
    """As ``read_orders``, from a file."""
    return read_orders(path.read_bytes(), seed=seed)


def read_orders(data: bytes, *, seed: int = 1) -> OrdersFile:
    """Read a CSV (plain or gzip). Names and addresses are invented from ``seed`` and the customer.

    ``country_name`` is as the file has it and ``address.country`` stays empty. An invoice is one
    order, in the order of first appearance. Raises OrdersFileUnusable for a file without the columns.
    """
    rows = list(cut(data))
    invoices: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        invoices[row.fields.get("InvoiceNo", "")].append(row)
    dates = Dates(row.fields.get("InvoiceDate", "") for row in rows)
    descriptions = _descriptions(rows)
    orders: list[NewOrder] = []
    refused: list[Refused] = []
    for invoice, entries in invoices.items():
        order, refusals = _read_invoice(invoice, entries, dates, descriptions, seed)
        refused += refusals
        orders += [order] if order else []
    return OrdersFile(products=_products(orders), orders=tuple(orders), refused=tuple(refused), lines=len(rows))


def is_service(code: str) -> bool:
    """Whether the code is a charge or book-keeping (``SERVICES``) rather than goods."""
    upper = code.upper()
    return upper in SERVICES or any(upper.startswith(row[:-1]) for row in SERVICES if row.endswith("*"))


def personal_words(file: OrdersFile) -> set[str]:
    """Every name, street line, e-mail address and phone number of the file's orders: what must not leak."""
    addresses = [order.address for order in file.orders]
    return {word for one in addresses for word in (one.name, one.line1, one.line2, one.email, one.phone) if word}


def _read_invoice(
    invoice: str, entries: list[Row], dates: Dates, descriptions: dict[str, str], seed: int
) -> tuple[NewOrder | None, list[Refused]]:
    whole = _refusal_of_all(invoice, entries)
    if whole:
        return None, [whole]
    lines: list[NewOrderLine] = []
    good: list[tuple[Row, date]] = []
    refused: list[Refused] = []
    for row in entries:
        try:
            day = dates.read(row.fields["InvoiceDate"])
            lines.append(_read_line(row, descriptions))
            good.append((row, day))
        except Unfit as error:
            refused.append(
                Refused(invoice=invoice, line_number=row.number, kind=error.kind, reason=f"line {row.number}: {error}")
            )
    if not good:
        return None, refused
    clash = _clash(invoice, [row for row, _ in good])
    if clash:
        return None, [*refused, clash]
    customer = _first(row.fields["CustomerID"] for row, _ in good).removesuffix(".0")
    order = NewOrder(
        associated_ref=invoice,
        ordered_on=good[0][1],
        site=SITE,
        channel=CHANNEL,
        customer_ref=customer or f"GUEST-{invoice}",
        country_name=_clean(_first(row.fields["Country"] for row, _ in good)),
        address=invent(customer or invoice, seed=seed),
        lines=tuple(lines),
    )
    return order, refused


def _refusal_of_all(invoice: str, entries: list[Row]) -> Refused | None:
    marked = re.match(r"([A-Za-z])\s*\d", invoice)
    not_order = NOT_ORDERS.get(marked[1].upper()) if marked else None
    if not_order:
        kind, why = not_order
        return Refused(
            invoice=invoice, line_number=None, kind=kind, reason=f"invoice {invoice}: {why}", lines=len(entries)
        )
    if len(invoice) > LONGEST_REF:
        return Refused(
            invoice=invoice,
            line_number=None,
            kind="file_line_unreadable",
            reason=f"the invoice number has {len(invoice)} characters, Khaos Control keeps {LONGEST_REF}: shorten it",
            lines=len(entries),
        )
    return None


def _clash(invoice: str, good: list[Row]) -> Refused | None:
    """One invoice goes to one customer in one country: what contradicts itself is not guessed."""
    countries = {row.fields["Country"].casefold(): row.fields["Country"] for row in good if row.fields["Country"]}
    customers = {row.fields["CustomerID"].removesuffix(".0") for row in good if row.fields["CustomerID"]}
    kind: Kind = "country_conflict"
    if len(countries) > 1:
        why = f"names the countries {', '.join(sorted(countries.values()))}: leave the right one"
    elif len(customers) > 1:
        kind = "file_line_unreadable"
        why = f"names the customers {', '.join(sorted(customers))}: give each an invoice number of its own"
    else:
        return None
    return Refused(invoice=invoice, line_number=None, kind=kind, reason=f"invoice {invoice} {why}", lines=len(good))


def _read_line(row: Row, descriptions: dict[str, str]) -> NewOrderLine:
    if row.wrong:
        raise Unfit(row.wrong)
    if not row.fields["InvoiceNo"]:
        raise Unfit("it has no InvoiceNo: write the invoice that it belongs to")
    read_text(row.fields["InvoiceNo"], "InvoiceNo")
    code = read_text(row.fields["StockCode"], "StockCode")
    if row.fields["CustomerID"] and len(read_text(row.fields["CustomerID"], "CustomerID")) > LONGEST_CUSTOMER:
        raise Unfit(f"its CustomerID is longer than the {LONGEST_CUSTOMER} characters Khaos Control keeps: shorten it")
    return NewOrderLine(
        sku=code,
        quantity=read_quantity(row.fields["Quantity"]),
        unit_price=read_price(row.fields["UnitPrice"]),
        description=_clean(row.fields["Description"]) or descriptions.get(code, code),
    )


def _descriptions(rows: Iterable[Row]) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in rows:
        text = "" if row.wrong else _clean(row.fields["Description"])
        if text:
            found.setdefault(row.fields["StockCode"], text)
    return found


def _products(orders: list[NewOrder]) -> tuple[FileProduct, ...]:
    first: dict[str, NewOrderLine] = {}
    prices: dict[str, Decimal] = {}
    for line in (line for order in orders for line in order.lines):
        first.setdefault(line.sku, line)
        prices[line.sku] = prices.get(line.sku) or line.unit_price
    return tuple(
        FileProduct(code=code, description=line.description, stock_controlled=not is_service(code), price=prices[code])
        for code, line in first.items()
    )


def _clean(text: str) -> str:
    """A description on one line, without control characters: XML takes none."""
    shown = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    return " ".join(shown.split())


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if value), "")
