"""A dispatch -> the file from which Khaos reads a courier's consignment references.

Columns, their headers and the file's form are settled with each courier (reference 5.15); what may stand in a column
is this table. Dates are written DD/MM/YYYY, as the vendor's own import files have them (reference 1.4).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mappings.canonical import Parcel
from mappings.canonical.consignments import Consigned
from mappings.errors import Unmappable

GRAMS = 1000  # of one kilogram


@dataclass(frozen=True, slots=True)
class _Row:
    consigned: Consigned
    parcel: Parcel
    consignment: str
    box: int
    parcels: int
    whole: bool  # the row stands for the invoice, not for one parcel


COLUMNS: Mapping[str, Callable[[_Row], str]] = {
    "invoice": lambda row: row.consigned.shipment.invoice_code,
    "order": lambda row: row.consigned.shipment.order_code,
    "associated_ref": lambda row: row.consigned.associated_ref,
    "shipment": lambda row: row.consigned.shipment.reference,
    "consignment": lambda row: row.consignment,
    "tracking": lambda row: row.parcel.tracking,
    "courier": lambda row: row.consigned.shipment.courier,
    "service": lambda row: row.parcel.service,
    "weight": lambda row: _kilograms(row.consigned.grams) if row.whole or row.parcels == 1 else "",
    "box": lambda row: str(row.box),
    "parcels": lambda row: str(row.parcels),
    "units": lambda row: str(sum(line.quantity for line in row.consigned.shipment.lines)),
    "shipped_on": lambda row: f"{row.consigned.shipment.dispatched_on:%d/%m/%Y}",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of the file. ``columns`` are our names and their headers, in order."""

    columns: Mapping[str, str]
    each_parcel: bool = False  # a row for each parcel, else one for the invoice
    delimiter: str = ","
    header: bool = True
    encoding: str = "utf-8"
    line_end: str = "\r\n"


def write_consignments(together: Sequence[Consigned], layout: Layout) -> bytes:
    """One file for the shipments of one invoice, the same bytes for the same shipments.

    Raises:
        Unmappable: a value has a character that the file's encoding lacks.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=layout.delimiter, lineterminator=layout.line_end)
    if layout.header:
        writer.writerow(layout.columns.values())
    for row in _rows(together, each_parcel=layout.each_parcel):
        writer.writerow([COLUMNS[name](row) for name in layout.columns])
    try:
        return out.getvalue().encode(layout.encoding)
    except UnicodeEncodeError as error:
        lacking = error.object[error.start : error.end]
        why = f"{layout.encoding} lacks it: set another encoding under consignment_file in fleet.toml"
        raise Unmappable("consignment_file.encoding", lacking, why) from None


def _rows(together: Sequence[Consigned], *, each_parcel: bool) -> list[_Row]:
    flat = [(one, parcel) for one in together for parcel in one.shipment.parcels or (Parcel(),)]
    if each_parcel:
        return [
            _Row(one, parcel, parcel.tracking or one.consignment, n, len(flat), whole=False)
            for n, (one, parcel) in enumerate(flat, 1)
        ]
    first = together[0]
    tracked = next((parcel for one, parcel in flat if parcel.tracking), flat[0][1])
    lines = tuple(line for one in together for line in one.shipment.lines)
    grams = [one.grams for one in together]
    whole = Consigned(
        shipment=first.shipment.model_copy(update={"lines": lines}),
        consignment=first.consignment,
        associated_ref=first.associated_ref,
        grams=sum((g for g in grams if g is not None), Decimal(0)) if None not in grams else None,
    )
    return [_Row(whole, tracked, first.consignment, 1, len(flat), whole=True)]


def _kilograms(grams: Decimal | None) -> str:
    return "" if grams is None else f"{grams / GRAMS:.3f}"
