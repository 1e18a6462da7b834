"""What the file's C-invoices say: goods that come back, each from a sale of its customer where the file has one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from mappings.canonical import Canonical, NewOrder, NewOrderLine
from workers.demo.orders_file.cell_values import Unfit, read_back_quantity
from workers.demo.orders_file.codes import Refused, service_of
from workers.demo.orders_file.csv_rows import Row
from workers.demo.orders_file.lines import Reading, clash, customer_of, read_lines


class BackLine(Canonical):
    """Units of one code that come back."""

    sku: str
    quantity: Annotated[int, Field(gt=0)]


class FileReturn(Canonical):
    """One parcel that comes back. ``sale`` is the invoice that it was sold with, empty where the file shows none."""

    reference: str
    customer: str
    sale: str
    lines: tuple[BackLine, ...]


@dataclass(frozen=True, slots=True)
class Back:
    """A C-invoice as it was read; its lines' quantities are what came back."""

    invoice: str
    customer: str
    day: date
    lines: tuple[NewOrderLine, ...]


@dataclass(slots=True)
class _Sold:
    sale: str
    day: date
    left: int


def read_back(invoice: str, rows: Iterable[Row], how: Reading) -> tuple[Back | None, list[Refused]]:
    """A C-invoice: the goods that came back, and what of it could not be read or brings no goods."""
    good, refused = read_lines(invoice, rows, how, _units)
    contradiction = clash(invoice, good)
    if contradiction:
        return None, [*refused, contradiction]
    if not good:
        return None, refused
    return Back(invoice, customer_of(invoice, good), good[0].day, tuple(entry.line for entry in good)), refused


def match_returns(backs: Iterable[Back], orders: Iterable[NewOrder]) -> tuple[FileReturn, ...]:
    """Give each returned line the sale that it came from: the same customer's, not later, with units not back yet.

    The lines of one C-invoice that came from one sale are one parcel; what no sale of the file explains is a parcel
    without one.
    """
    sold: dict[tuple[str, str], list[_Sold]] = defaultdict(list)
    for order in orders:
        for line in order.lines:
            sold[order.customer_ref, line.sku].append(_Sold(order.associated_ref, order.ordered_on, line.quantity))
    found: list[FileReturn] = []
    for back in backs:
        parcels: dict[str, list[BackLine]] = defaultdict(list)
        for line in back.lines:
            sale = _sale(sold[back.customer, line.sku], back.day, line.quantity)
            parcels[sale].append(BackLine(sku=line.sku, quantity=line.quantity))
        for number, (sale, inside) in enumerate(sorted(parcels.items()), 1):
            reference = back.invoice if len(parcels) == 1 else f"{back.invoice}-{number}"
            found.append(FileReturn(reference=reference, customer=back.customer, sale=sale, lines=tuple(inside)))
    return tuple(found)


def _sale(sold: list[_Sold], day: date, quantity: int) -> str:
    for one in sold:
        if one.left >= quantity and one.day <= day:
            one.left -= quantity
            return one.sale
    return ""


def _units(code: str, cell: str) -> int:
    service = service_of(code)
    if service:
        raise Unfit(f"{code} is {service}: it brings no goods back; finance credits it in Khaos Control", "not_a_sale")
    return read_back_quantity(cell)
