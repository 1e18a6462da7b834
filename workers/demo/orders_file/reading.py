"""Reads an orders file in the layout of the UCI "Online Retail" set into products, orders to import, and returns.

Every line ends in an order, in a return, or in a refusal with its reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from mappings.canonical import Canonical, NewOrder, NewOrderLine
from workers.demo.orders_file.cell_values import Dates, read_quantity
from workers.demo.orders_file.codes import (
    LONGEST_REF,
    NOT_ORDERS,
    RETURN,
    FileProduct,
    Refused,
    first_letter,
    is_service,
)
from workers.demo.orders_file.csv_rows import Row, cut
from workers.demo.orders_file.customers import invent
from workers.demo.orders_file.lines import Reading, clash, clean, customer_of, describe, read_lines
from workers.demo.orders_file.returns import Back, FileReturn, match_returns, read_back

SITE, CHANNEL = "Main Site", "Web"


class OrdersFile(Canonical):
    """The whole file. ``lines`` counts its entries: those in orders, in returns and refused make it up."""

    products: tuple[FileProduct, ...]
    orders: tuple[NewOrder, ...]
    returns: tuple[FileReturn, ...] = ()
    refused: tuple[Refused, ...]
    lines: int


def load_orders(path: Path, *, seed: int = 1) -> OrdersFile:
    """As ``read_orders``, from a file."""
    return read_orders(path.read_bytes(), seed=seed)


def read_orders(data: bytes, *, seed: int = 1) -> OrdersFile:
    """Read a CSV (plain or gzip). Names and addresses are invented from ``seed`` and the customer.

    ``country_name`` is as the file has it and ``address.country`` stays empty. An invoice is one
    order, in the order of first appearance; one whose number begins with C is what came back.
    Raises OrdersFileUnusable for a file without the columns.
    """
    rows = list(cut(data))
    invoices: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        invoices[row.fields.get("InvoiceNo", "")].append(row)
    how = Reading(Dates(row.fields.get("InvoiceDate", "") for row in rows), describe(rows))
    orders: list[NewOrder] = []
    backs: list[Back] = []
    refused: list[Refused] = []
    for invoice, entries in invoices.items():
        whole = _refusal_of_all(invoice, entries)
        if whole:
            refused.append(whole)
        elif first_letter(invoice) == RETURN:
            back, refusals = read_back(invoice, entries, how)
            backs += [back] if back else []
            refused += refusals
        else:
            order, refusals = _read_invoice(invoice, entries, how, seed)
            orders += [order] if order else []
            refused += refusals
    return OrdersFile(
        products=_products(
            [*(line for one in orders for line in one.lines), *(line for one in backs for line in one.lines)]
        ),
        orders=tuple(orders),
        returns=match_returns(backs, orders),
        refused=tuple(refused),
        lines=len(rows),
    )


def personal_words(file: OrdersFile) -> set[str]:
    """Every name, street line, e-mail address and phone number of the file's orders: what must not leak."""
    addresses = [order.address for order in file.orders]
    return {word for one in addresses for word in (one.name, one.line1, one.line2, one.email, one.phone) if word}


def _read_invoice(invoice: str, rows: list[Row], how: Reading, seed: int) -> tuple[NewOrder | None, list[Refused]]:
    good, refused = read_lines(invoice, rows, how, lambda _, cell: read_quantity(cell))
    if not good:
        return None, refused
    contradiction = clash(invoice, good)
    if contradiction:
        return None, [*refused, contradiction]
    customer = customer_of(invoice, good)
    order = NewOrder(
        associated_ref=invoice,
        ordered_on=good[0].day,
        site=SITE,
        channel=CHANNEL,
        customer_ref=customer,
        country_name=clean(next((e.row.fields["Country"] for e in good if e.row.fields["Country"]), "")),
        address=invent(customer.removeprefix("GUEST-"), seed=seed),
        lines=tuple(entry.line for entry in good),
    )
    return order, refused


def _refusal_of_all(invoice: str, rows: list[Row]) -> Refused | None:
    not_order = NOT_ORDERS.get(first_letter(invoice))
    if not_order:
        kind, why = not_order
        why = f"invoice {invoice}: {why}"
        return Refused(invoice=invoice, line_number=None, kind=kind, reason=why, lines=len(rows))
    if len(invoice) > LONGEST_REF:
        why = f"the invoice number has {len(invoice)} characters, Khaos Control keeps {LONGEST_REF}: shorten it"
        return Refused(invoice=invoice, line_number=None, kind="file_line_unreadable", reason=why, lines=len(rows))
    return None


def _products(lines: Iterable[NewOrderLine]) -> tuple[FileProduct, ...]:
    first: dict[str, NewOrderLine] = {}
    prices: dict[str, Decimal] = {}
    for line in lines:
        first.setdefault(line.sku, line)
        prices[line.sku] = prices.get(line.sku) or line.unit_price
    return tuple(
        FileProduct(code=code, description=line.description, stock_controlled=not is_service(code), price=prices[code])
        for code, line in first.items()
    )
