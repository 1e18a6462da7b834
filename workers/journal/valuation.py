"""What finance says a unit is worth: a CSV, taken whole or not at all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from mappings.text import why_no_code
from workers.journal import costs
from workers.ledger.store import Store

COLUMNS = ("sku", "site", "quantity", "unit_cost", "as_at")
LARGEST = 2**31 - 1


class Refused(Exception):
    """Lines of the file that cannot be taken, one sentence each; nothing was stored."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences = tuple(sentences)
        super().__init__("; ".join(self.sentences))


@dataclass(frozen=True, slots=True)
class Line:
    """One line: so many units of a SKU at a Khaos site cost so much each, as at the end of a day."""

    sku: str
    site: str
    quantity: int
    unit_cost: Decimal
    as_at: date


@dataclass(frozen=True, slots=True)
class Loaded:
    """The result of a file: lines stored, and entries that have their value from it now."""

    lines: int
    revalued: int


def read_valuation(text: str, sites: frozenset[str], today: date) -> list[Line]:
    """Read a CSV with the columns SKU, site, quantity, unit cost and as at (YYYY-MM-DD), in any order.

    Raises Refused with a sentence for every line that cannot be taken.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    header = [name.strip().lower().replace(" ", "_") for name in next(reader, [])]
    if sorted(header) != sorted(COLUMNS):
        raise Refused([f"line 1: write the columns {', '.join(COLUMNS)}, not {', '.join(header) or 'nothing'}"])
    lines: dict[tuple[str, str, date], Line] = {}
    wrong: list[str] = []
    for fields in reader:
        if not any(field.strip() for field in fields):
            continue
        where = f"line {reader.line_num}"
        if len(fields) != len(header):
            wrong.append(f"{where}: has {len(fields)} fields and the first line {len(header)}; correct it")
            continue
        read = _line(dict(zip(header, (field.strip() for field in fields), strict=True)), sites, today)
        if isinstance(read, str):
            wrong.append(f"{where}: {read}")
        elif (read.site, read.sku, read.as_at) in lines:
            wrong.append(f"{where}: {read.sku} at {read.site} as at {read.as_at} stands twice; leave one of them out")
        else:
            lines[read.site, read.sku, read.as_at] = read
    if not lines and not wrong:
        wrong.append("there is no line below the first; write one for each SKU and site")
    if wrong:
        raise Refused(wrong)
    return list(lines.values())


def _line(row: dict[str, str], sites: frozenset[str], today: date) -> Line | str:
    """The line, or the sentence that says what is wrong with it."""
    if not row["sku"]:
        return "the SKU is missing; write Khaos Control's stock code"
    if why := why_no_code(row["sku"]):
        return f"the SKU {why}"
    if row["site"] not in sites:
        sites_text = ", ".join(sorted(sites)) or "none until the fleet has run once"
        return (
            f"the fleet keeps no stock at site {row['site']!r} (known: {sites_text}); correct it or leave the line out"
        )
    if not (row["quantity"].isascii() and row["quantity"].isdigit()) or int(row["quantity"]) > LARGEST:
        return f"quantity {row['quantity']!r} is no whole number of units; write one such as 12"
    cost = _decimal(row["unit_cost"])
    if cost is None:
        return f"unit cost {row['unit_cost']!r} is no amount of zero or more; write one such as 4.75"
    try:
        as_at = date.fromisoformat(row["as_at"])
    except ValueError:
        return f"as at {row['as_at']!r} is no date; write it as YYYY-MM-DD"
    if as_at > today:
        return f"as at {as_at} is in the future; write the day of which the value speaks"
    return Line(row["sku"], row["site"], int(row["quantity"]), cost, as_at)


def _decimal(text: str) -> Decimal | None:
    try:
        cost = Decimal(text)
    except InvalidOperation:
        return None
    return cost if text.isascii() and cost.is_finite() and cost >= 0 else None


def stock_sites(store: Store) -> frozenset[str]:
    """The Khaos sites whose stock the fleet keeps."""
    return frozenset(r["site"] for r in store.rows("select site from home union select site from stock_site"))


def load(store: Store, lines: Iterable[Line], who: str) -> Loaded:
    """Store a valuation. The same SKU, site and day again replaces the cost.

    Entries not handed out yet take their value from it; offered, loaded and posted ones keep theirs.
    """
    rows = [
        {"site": n.site, "sku": n.sku, "as_at": n.as_at.isoformat(), "quantity": n.quantity, "cost": str(n.unit_cost)}
        for n in lines
    ]
    with store.transaction() as db:
        db.execute(
            "insert into valuation (site, sku, as_at, quantity, unit_cost, uploaded_by)"
            " select site, sku, as_at, quantity, cost, %s from jsonb_to_recordset(%s)"
            " as e (site text, sku text, as_at date, quantity integer, cost numeric)"
            " on conflict (site, sku, as_at) do update set quantity = excluded.quantity,"
            " unit_cost = excluded.unit_cost, uploaded_at = now(), uploaded_by = excluded.uploaded_by",
            (who, json.dumps(rows)),
        )
        revalued = costs.find(db, costs.NOT_SENT)
    return Loaded(len(rows), revalued)
