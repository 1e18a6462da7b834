"""How journal entries stand in a file: finance's CSV, and the adjust-by file that Khaos Control loads."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from workers.config.adjust_by import AdjustBy
from workers.ledger.store import Row
from workers.views.spreadsheet import cell

COLUMNS = (
    "entry", "warehouse", "movement", "site", "sku", "cause", "units", "from", "to", "their_reason", "reason",
    "account", "unit_cost", "value", "indicative", "event_time",
)  # fmt: skip
LINE_ENDS = ("\n", "\r")


class CannotWrite(Exception):
    """A value that the file has no room for. The message says which, and what to do."""


def moment(at: datetime, zone: ZoneInfo) -> str:
    """A time as files show it: to the second, on the merchant's clock, whose month is the entry's month."""
    return at.astimezone(zone).isoformat(timespec="seconds").replace("+00:00", "Z")


def finance_csv(entries: Iterable[Row], zone: ZoneInfo) -> bytes:
    """One line for each entry (rows of the table journal), with a header; UTF-8, commas, CRLF, dots in decimals.

    Text that a spreadsheet would take for a formula stands behind a quote.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for e in entries:
        writer.writerow(
            cell(value)
            for value in (
                e["id"], e["connection"], e["movement_id"], e["site"], e["sku"], e["cause"], e["units"],
                e["from_condition"], e["to_condition"], e["their_reason"], e["reason"], e["account"],
                _plain(e["unit_cost"]), _plain(e["value"]), "yes" if e["indicative"] else "no",
                moment(e["event_at"], zone),
            )
        )  # fmt: skip
    return text.getvalue().encode()


def _plain(amount: object) -> str:
    return "" if amount is None else format(amount, "f")


def adjust_by_text(written: Iterable[str], template: AdjustBy) -> bytes:
    """Write the file of lines that ``adjust_by_line`` made, under a header where the template has one; UTF-8."""
    header = [template.delimiter.join(column.header for column in template.columns)] if template.header else []
    return "".join(f"{line}\r\n" for line in (*header, *written)).encode()


def adjust_by_line(line: Row, template: AdjustBy, zone: ZoneInfo) -> str:
    """Write the line of a movement of units at one site, by the merchant's template.

    Khaos Control knows no quoting in this file (reference 1.4 names none), so a value with the delimiter or a line
    end in it raises CannotWrite.
    """
    values = {
        "sku": line["sku"], "site": line["at_site"], "units": line["moved"], "reason": line["reason"],
        "account": line["account"], "movement": f"{line['connection']}:{line['movement_id']}",
        "event_time": moment(line["event_at"], zone),
    }  # fmt: skip
    fields = [column.text.format(**values) for column in template.columns]
    for field in fields:
        if template.delimiter in field or len(field.splitlines()) > 1 or field.endswith(LINE_ENDS):
            raise CannotWrite(
                f"journal entry {line['id']}: {field!r} holds the file's delimiter or a line end: set another"
                " delimiter under [stock.adjust_by], or rename it in Khaos Control"
            )
    return template.delimiter.join(fields)
