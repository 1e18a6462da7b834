"""What finance's asset register says each garment is worth: a CSV, taken whole or not at all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from workers.journal import costs
from workers.journal.valuation import Loaded, Refused
from workers.ledger.store import Store

COLUMNS = ("tag", "value", "as_at")
TAG_DIGITS = 24


@dataclass(frozen=True, slots=True)
class Asset:
    """One line: the net book value of one garment, as at the end of a day."""

    tag: str
    value: Decimal
    as_at: date


def read_assets(text: str, today: date) -> list[Asset]:
    """Read a CSV with the columns tag, value and as at (YYYY-MM-DD), in any order.

    Raises Refused with a sentence for every line that cannot be taken.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    header = [name.strip().lower().replace(" ", "_") for name in next(reader, [])]
    if sorted(header) != sorted(COLUMNS):
        raise Refused([f"line 1: write the columns {', '.join(COLUMNS)}, not {', '.join(header) or 'nothing'}"])
    found: dict[tuple[str, date], Asset] = {}
    wrong: list[str] = []
    for fields in reader:
        if not any(field.strip() for field in fields):
            continue
        where = f"line {reader.line_num}"
        if len(fields) != len(header):
            wrong.append(f"{where}: has {len(fields)} fields and the first line {len(header)}; correct it")
            continue
        read = _asset(dict(zip(header, (field.strip() for field in fields), strict=True)), today)
        if isinstance(read, str):
            wrong.append(f"{where}: {read}")
        elif (read.tag, read.as_at) in found:
            wrong.append(f"{where}: {read.tag} as at {read.as_at} stands twice; leave one of them out")
        else:
            found[read.tag, read.as_at] = read
    if not found and not wrong:
        wrong.append("there is no line below the first; write one for each garment")
    if wrong:
        raise Refused(wrong)
    return list(found.values())


def _asset(row: dict[str, str], today: date) -> Asset | str:
    """The asset, or the sentence that says what is wrong with its line."""
    tag = row["tag"].upper()
    if len(tag) != TAG_DIGITS or not set(tag) <= set("0123456789ABCDEF"):
        return f"tag {row['tag']!r} is none; write the 24 hexadecimal digits of the garment's tag"
    try:
        value = Decimal(row["value"])
    except InvalidOperation:
        value = Decimal(-1)
    if not (row["value"].isascii() and value.is_finite() and value >= 0):
        return f"value {row['value']!r} is no amount of zero or more; write one such as 84.50"
    try:
        as_at = date.fromisoformat(row["as_at"])
    except ValueError:
        return f"as at {row['as_at']!r} is no date; write it as YYYY-MM-DD"
    if as_at > today:
        return f"as at {as_at} is in the future; write the day of which the value speaks"
    return Asset(tag, value, as_at)


def load(store: Store, assets: Iterable[Asset], who: str) -> Loaded:
    """Store an asset file. The same garment and day again replaces the value.

    Write-offs that were not handed out yet take their value from it.
    """
    rows = [{"tag": one.tag, "value": str(one.value), "as_at": one.as_at.isoformat()} for one in assets]
    with store.transaction() as db:
        db.execute(
            "insert into asset (tag, as_at, value, uploaded_by)"
            " select tag, as_at, value, %s from jsonb_to_recordset(%s) as e (tag text, as_at date, value numeric)"
            " on conflict (tag, as_at) do update set value = excluded.value, uploaded_at = now(),"
            " uploaded_by = excluded.uploaded_by",
            (who, json.dumps(rows)),
        )
        revalued = costs.find(db, costs.NOT_SENT)
    return Loaded(len(rows), revalued)
