"""Garments as rows of ACS's set-up file, one for each physical garment, and the file that answers which were taken.

Source: acs.md 1.2.2 and 2.5.4; samples ``acs_stock_setup_*``. How a garment is withdrawn later is not published: where
a column for it is agreed (``status_column``), it says ``active`` or ``retired``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date

from mappings.acs.file_form import Form, find_form, folded
from mappings.canonical import GarmentItem
from mappings.canonical.advices import ItemResult
from mappings.errors import Unmappable, Unreadable
from mappings.text import UNKNOWN, is_placeholder, storable, without_placeholder

COLUMNS = ("product_sku", "unique_sku", "name", "designer", "garment_type", "sizes", "description")
NEEDED = ("product_sku", "unique_sku", "name", "sizes")
RESULT = ("unique_sku", "result", "code", "message")
RESULTS = {"accepted": True, "rejected": False}
BOTH = "CONTRADICTORY"
ALREADY = "duplicate_sku"  # the code of a garment that was set up before
SKU = 50
NAME = "acs_stock_setup_{account}_{day:%Y%m%d}_{number}.csv"


def write_setup_row(item: GarmentItem) -> tuple[str, ...]:
    """One row. Raises Unmappable(kind="bad_product") naming what is missing."""
    row = {column: " ".join(getattr(item, column).split()) for column in COLUMNS}
    for column in NEEDED:
        if not row[column]:
            why = f"fill {column} of this garment: ACS takes no item without"
            raise Unmappable(column, item.unique_sku, why, kind="bad_product")
    for column in ("product_sku", "unique_sku"):
        if len(row[column]) > SKU:
            raise Unmappable(column, row[column], f"shorten it to {SKU} characters", kind="bad_product")
    return tuple(row.values())


def write_setup_file(
    items: Iterable[GarmentItem], account: str, day: date, number: int, *, status_column: str = ""
) -> tuple[str, bytes]:
    """The file's name and its bytes, the same for the same garments. Every value is quoted.

    Raises:
        Unmappable: ``bad_product`` for the first garment that ACS has no room for (ask ``write_setup_row`` about each
            before), and for one that stands twice; ``unmappable`` for a withdrawal without ``status_column``.
    """
    held, seen = io.StringIO(newline=""), set()
    writer = csv.writer(held, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow((*COLUMNS, *([status_column] if status_column else [])))
    for item in items:
        if item.unique_sku in seen:
            raise Unmappable("unique_sku", item.unique_sku, "a garment stands once in a file", kind="bad_product")
        seen.add(item.unique_sku)
        if item.retired and not status_column:
            why = "agree with ACS on a column for withdrawn garments, and set setup_status_column of the connection"
            raise Unmappable("unique_sku", item.unique_sku, why)
        status = "retired" if item.retired else "active"
        writer.writerow((*write_setup_row(item), *([status] if status_column else [])))
    return NAME.format(account=account, day=day, number=number), held.getvalue().encode()


def read_setup_result(data: bytes) -> tuple[list[ItemResult], list[Unreadable]]:
    """The result of each garment of a file by its ``unique_sku``; what cannot be read stands by its SKU, or by its row.

    A garment that one file both takes and rejects is rejected (code CONTRADICTORY): nobody knows which is true. Columns
    may stand in any order, beside others, with any delimiter, and in UTF-8 or UTF-16.

    Raises:
        Unmappable: the file is no CSV with the result's columns.
    """
    encoding, delimiter = find_form(io.BytesIO(data), Form({}))
    encoding = encoding if encoding.startswith("utf") else "utf-8"  # a byte that is none spoils its own cell alone
    try:
        text = io.StringIO(data.decode(encoding, "replace"), newline="")
        rows = list(csv.reader(text, delimiter=delimiter, strict=True))
    except csv.Error:
        raise Unmappable("result.csv", f"<{len(data)} bytes>", "this is no CSV: ask ACS to lay it again") from None
    header = [folded(name) for name in rows[0]] if rows else []
    if any(header.count(folded(name)) != 1 for name in RESULT):
        raise Unmappable(
            "result.csv", "", f"its first row has not {','.join(RESULT)}, each once: ask ACS to lay it again"
        )
    places = [header.index(folded(name)) for name in RESULT]
    by_sku: dict[str, list[ItemResult]] = {}
    bad: list[Unreadable] = []
    for place, row in enumerate(rows[1:], 2):
        sku, result, code, message = (storable(row[at]).strip() if at < len(row) else "" for at in places)
        if not any((sku, result, code, message)):
            continue
        if not sku or is_placeholder(sku) or UNKNOWN in sku or result.lower() not in RESULTS:
            why = f"a row is {','.join(RESULT)}, its result accepted or rejected: ask ACS to lay the file again"
            bad.append(
                Unreadable(
                    without_placeholder(sku) or f"row {place}", Unmappable("result", result, why, kind="unknown_status")
                )
            )
        else:
            one = ItemResult(sku=sku, accepted=RESULTS[result.lower()], code=code, message=message)
            by_sku.setdefault(sku, []).append(one)
    return [_together(results) for results in by_sku.values()], bad


def _together(results: list[ItemResult]) -> ItemResult:
    """The rows of one garment as one."""
    if len({is_there(one) for one in results}) == 1:
        return results[0]
    codes = "; ".join(dict.fromkeys(one.code for one in results if one.code))
    why = f"one result file takes and rejects it ({codes or 'no code'}): ask ACS which is true, and to lay it again"
    return ItemResult(sku=results[0].sku, accepted=False, code=BOTH, message=why)


def is_there(result: ItemResult) -> bool:
    """Whether the garment may be named in an order: taken now, or refused because it was set up before."""
    return result.accepted or result.code.strip().lower() == ALREADY
