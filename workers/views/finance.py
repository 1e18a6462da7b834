"""What finance keeps of a year, as files that need no fleet to be read: CSV, and a README that explains each column."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql

from workers.views.spreadsheet import SQL_CELL


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file: its name, what the ledger gives for it, and what it means, with its unit."""

    name: str
    gives: str
    means: str
    summed: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A file: where its rows come from, when each happened, and in which order they stand."""

    name: str
    title: str
    source: str
    table: str
    when: str  # a point in time, of the rows' own
    order: str
    columns: tuple[Column, ...]


def _same(means: dict[str, str], *summed: str) -> tuple[Column, ...]:
    """Columns that the ledger calls by the same name."""
    return tuple(Column(name, f"t.{name}", words, name in summed) for name, words in means.items())


LISTINGS = (
    Listing(
        "journal.csv",
        "Journal entries: adjustments, holds and releases of stock",
        "the warehouses' movements, with reasons and accounts by finance's table",
        "journal",
        "t.event_at",
        "t.id",
        _same(
            {
                "id": "number of the entry",
                "connection": "the warehouse",
                "movement_id": "the warehouse's own number of the movement; see movements.csv",
                "site": "stock site in Khaos Control",
                "sku": "stock code in Khaos Control",
                "cause": "adjusted_up, adjusted_down, held, released",
                "units": "units, signed: good units gained or lost",
                "from_condition": "condition before",
                "to_condition": "condition after",
                "their_reason": "the warehouse's reason code",
                "reason": "reason in Khaos Control",
                "account": "nominal account",
                "unit_cost": "value of one unit, in the base currency of Khaos Control",
                "value": "value of the entry, in the same currency, signed",
                "indicative": "t: no valuation was there, so the value is no book value",
                "event_at": "when it happened, UTC",
                "mover": "what moves the quantity in Khaos Control: level or adjust_by",
                "state": "unmapped, uncosted, ready, offered, loaded or posted, at the time of the export",
                "route": "how it reached Khaos Control",
                "file": "the file that it was offered in; see files.csv",
                "loaded_at": "when finance said that it was loaded, UTC",
                "loaded_by": "who said so",
            },
            "units",
            "value",
        ),
    ),
    Listing(
        "movements.csv",
        "Movements of stock, as the warehouses told them",
        "the warehouses",
        "movement",
        "t.moved_at",
        "t.moved_at, t.connection, t.movement_id",
        _same(
            {
                "connection": "the warehouse",
                "movement_id": "the warehouse's own number",
                "home": "the building",
                "sku": "stock code in Khaos Control",
                "cause": "what it was, in our words",
                "cause_word": "what it was, in the warehouse's words",
                "units": "units, without a sign: the cause gives the direction",
                "reason": "the warehouse's reason",
                "location": "the place in the building",
                "to_condition": "of units that were held: what they became",
                "asset": "the garment whose value it is",
                "moved_at": "when, UTC",
            },
            "units",
        ),
    ),
    Listing(
        "credit-notes.csv",
        "Credit notes, as Khaos Control showed them",
        "Khaos Control; read for customers whose returns were open",
        "credit_note",
        "coalesce(t.issued_on::timestamp at time zone {zone}, t.seen_at)",
        "t.erp, t.code",
        (
            *_same(
                {
                    "erp": "the Khaos Control",
                    "code": "the note's code there",
                    "reference": "the return's reference, where the note shows it; see returns.csv",
                    "order_code": "the sales order",
                    "issued_on": "date of the note; empty: not shown",
                }
            ),
            Column(
                "units",
                "(select coalesce(sum(value::integer), 0) from jsonb_each_text(t.lines))",
                "units credited, all lines",
                summed=True,
            ),
            Column("lines", "t.lines::text", "units by stock code, as JSON"),
            Column("matched", "t.matched::text", "units by return that the note was found to credit, as JSON"),
        ),
    ),
    Listing(
        "returns.csv",
        "Returns of customers: what came back, and what became of it",
        "the warehouses' receipts and gradings, people's decisions, Khaos Control's credit notes",
        "return_line",
        "t.received_at",
        "t.reference",
        _same(
            {
                "reference": "our reference of the return",
                "connection": "the warehouse",
                "receipt": "the warehouse's number of the receipt",
                "order_code": "the sales order in Khaos Control",
                "home": "the building",
                "sku": "stock code in Khaos Control",
                "units": "units that came back",
                "unit_price": "price refunded for a unit, where a person reduced it; empty: what was paid",
                "less": "per cent of the price that are kept back",
                "condition": "as the warehouse graded them",
                "reason_id": "return reason in Khaos Control",
                "processing": "return_to_stock, quarantine or stock_missing",
                "state": "received, graded, offered, presumed_imported, credited, refunded or stopped",
                "credit_note": "code of the note; see credit-notes.csv",
                "credited_at": "when the note was found, UTC",
                "refunded_by": "who said that it was refunded without a note",
                "refunded_at": "when, UTC",
                "stopped_by": "who said that it is not to be credited",
                "received_at": "when it came back, UTC",
            },
            "units",
        ),
    ),
    Listing(
        "garment-returns.csv",
        "Single garments that came back, and their money",
        "the warehouse's gradings and finance's decisions",
        "garment_return",
        "t.received_at",
        "t.received_at, t.connection, t.tag",
        _same(
            {
                "connection": "the warehouse",
                "order_code": "the sales order in Khaos Control",
                "tag": "the garment",
                "kind": "hire or sale",
                "sku": "stock code in Khaos Control",
                "received_at": "when it came back, UTC",
                "grade": "as the warehouse graded it",
                "money": "what the table of grades decided",
                "amount": "what finance charged or released, in the base currency of Khaos Control",
                "settled_by": "who said so",
                "settled_at": "when, UTC",
            },
            "amount",
        ),
    ),
    Listing(
        "write-offs.csv",
        "Garments that left for good",
        "the warehouse; confirmed by finance",
        "write_off",
        "t.happened_at",
        "t.happened_at, t.connection, t.tag",
        _same(
            {
                "connection": "the warehouse",
                "tag": "the garment",
                "home": "the building",
                "sku": "stock code in Khaos Control",
                "reason": "beyond_repair, lost and so on",
                "final": "t: its end is final",
                "happened_at": "when, UTC",
                "confirmed_by": "who confirmed it",
                "booked_at": "when its value left the books, UTC",
            }
        ),
    ),
    Listing(
        "shipments.csv",
        "Shipments that Khaos Control was told of",
        "the warehouses' dispatches",
        "shipment",
        "t.told_at",
        "t.reference",
        (
            *_same(
                {
                    "reference": "our reference of the shipment",
                    "fulfilment": "our reference of the order at the warehouse",
                    "invoice_code": "the invoice in Khaos Control",
                    "told_at": "when, UTC",
                    "confirmed_at": "when Khaos Control showed it, UTC",
                }
            ),
            Column(
                "units",
                "(select coalesce(sum(value::integer), 0) from jsonb_each_text(t.lines))",
                "units that left, all lines",
                summed=True,
            ),
            Column("lines", "t.lines::text", "units by stock code, as JSON"),
        ),
    ),
    Listing(
        "files.csv",
        "Files by name: for finance, for the courier, and from the warehouses",
        "the fleet, and the warehouses' folders",
        "(select 'journal' as kind, '' as connection, name, entries, made_at as at, made_by as by, loaded_at, ''"
        " as sha256 from journal_file"
        " union all select 'consignment', '', name, 1, made_at, 'fleet', written_at, '' from consignment_file"
        " union all select 'from ' || facility, connection, name, null, taken_at, 'fleet', null, sha256"
        " from partner_file)",
        "t.at",
        "t.at, t.name",
        _same(
            {
                "kind": "journal (for finance), consignment (for the courier), or the facility that it came from",
                "connection": "the warehouse, of its files",
                "name": "the file's name",
                "entries": "journal entries or shipments in it; empty: not counted",
                "at": "when it was made or taken, UTC",
                "by": "who had it made",
                "loaded_at": "when finance said that it was loaded, or it was laid for the courier, UTC",
                "sha256": "checksum of its bytes, of files that came",
            }
        ),
    ),
    Listing(
        "valuation.csv",
        "What a unit was worth, as finance uploaded it",
        "finance",
        "valuation",
        "t.as_at::timestamp at time zone {zone}",
        "t.as_at, t.site, t.sku",
        _same(
            {
                "site": "stock site in Khaos Control",
                "sku": "stock code in Khaos Control",
                "as_at": "the day of the valuation",
                "quantity": "units valued",
                "unit_cost": "value of one unit, in the base currency of Khaos Control",
                "uploaded_at": "when, UTC",
                "uploaded_by": "who uploaded it",
            },
            "quantity",
        ),
    ),
)


UNFINISHED = """
**The year was not over**: what happened after that moment is not in it. Export {year} again.
"""
FORM = """\
Each file is CSV as RFC 4180 has it: UTF-8, a comma between fields, the columns' names in the first line. An empty
field is unknown. t and f are yes and no. Times are UTC; amounts have a point. Names, addresses and e-mail addresses of
customers are not in it: an order's code leads to them in Khaos Control. Text that begins like a
formula has a quote before it, so that a spreadsheet shows it and runs nothing."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written: its rows, the sums of its columns as they stand in it, and its checksum."""

    name: str
    rows: int
    sums: dict[str, str]
    sha256: str


def export(dsn: str, year: int, zone: ZoneInfo, folder: Path) -> list[Written]:
    """Write the files of a calendar year into an empty folder: all of one moment, and without customers' data.

    Raises FileExistsError where the folder holds anything.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(folder)
    begins, ends = datetime(year, 1, 1, tzinfo=zone), datetime(year + 1, 1, 1, tzinfo=zone)
    with psycopg.connect(dsn) as connection:
        connection.execute("set transaction isolation level repeatable read, read only")
        connection.execute("set local timezone = 'UTC'")
        connection.execute("set local datestyle = 'ISO'")
        for listing in LISTINGS:
            with (folder / listing.name).open("wb") as file:
                file.writelines(_lines(connection, listing, begins, ends, zone))
    return [_look(folder / listing.name, listing) for listing in LISTINGS]


def _lines(
    connection: psycopg.Connection[Any], listing: Listing, begins: datetime, ends: datetime, zone: ZoneInfo
) -> Iterator[bytes]:
    """A file's bytes as Postgres writes them, piece by piece."""
    names = ", ".join(f'{SQL_CELL.format(f"({column.gives})")} as "{column.name}"' for column in listing.columns)
    when = listing.when.replace("{zone}", "{}")
    text = (
        f"copy (select {names} from {listing.table} t where {when} >= {{begins}} and {when} < {{ends}}"  # noqa: S608  all of it is written above
        f" order by {listing.order}) to stdout with (format csv, header)"
    ).replace("{}", "{zone}")
    query = sql.SQL(text).format(begins=begins, ends=ends, zone=zone.key)
    with connection.cursor().copy(query) as copy:
        for piece in copy:
            yield bytes(piece)


def _look(path: Path, listing: Listing) -> Written:
    """Read a file again, as anybody would, and count it."""
    sums = {column.name: Decimal(0) for column in listing.columns if column.summed}
    rows = 0
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows += 1
            for name in sums:
                sums[name] += Decimal(row[name] or 0)
    with path.open("rb") as raw:
        digest = hashlib.file_digest(raw, "sha256").hexdigest()
    return Written(listing.name, rows, {name: str(total) for name, total in sums.items()}, digest)


def readme(year: int, zone: ZoneInfo, keep_years: int, written: list[Written], now: datetime) -> str:
    """The README of an export: what each file and column is, where it comes from, and what to check it by."""
    complete = now >= datetime(year + 1, 1, 1, tzinfo=zone)
    lines = [
        f"# What finance keeps of {year}",
        "",
        f"Written at {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC. The year is that of the time zone {zone.key}.",
        f"Keep until the end of {year + keep_years}.",
        "" if complete else UNFINISHED.format(year=year),
        FORM,
        "",
        "| file | rows | sums | SHA-256 |",
        "|---|---|---|---|",
        *(
            f"| {one.name} | {one.rows} | {', '.join(f'{name} {total}' for name, total in one.sums.items())} |"
            f" `{one.sha256}` |"
            for one in written
        ),
    ]
    for listing in LISTINGS:
        lines += ["", f"## {listing.name}", "", f"{listing.title}. Source: {listing.source}.", ""]
        lines += ["| column | meaning |", "|---|---|"]
        lines += [f"| {column.name} | {column.means} |" for column in listing.columns]
    return "\n".join(lines) + "\n"
