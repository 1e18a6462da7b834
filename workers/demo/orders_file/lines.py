"""How the lines of one invoice of an orders file are read, and what makes an invoice contradict itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from mappings.canonical import NewOrderLine
from mappings.text import why_no_code
from workers.demo.orders_file.cell_values import Dates, Unfit, read_price, read_text
from workers.demo.orders_file.codes import LONGEST_CUSTOMER, Kind, Refused
from workers.demo.orders_file.csv_rows import Row


@dataclass(frozen=True, slots=True)
class Entry:
    """One line that could be read, and the row that it stood in."""

    row: Row
    day: date
    line: NewOrderLine


@dataclass(frozen=True, slots=True)
class Reading:
    """How the whole file writes days, and what it calls its products elsewhere."""

    dates: Dates
    descriptions: dict[str, str]


def read_lines(
    invoice: str, rows: Iterable[Row], how: Reading, units: Callable[[str, str], int]
) -> tuple[list[Entry], list[Refused]]:
    """The readable lines of an invoice, and a refusal for each other one. ``units`` reads (code, quantity's cell)."""
    good: list[Entry] = []
    refused: list[Refused] = []
    for row in rows:
        try:
            good.append(Entry(row, how.dates.read(row.fields["InvoiceDate"]), _line(row, how.descriptions, units)))
        except Unfit as error:
            why = f"line {row.number}: {error}"
            refused.append(Refused(invoice=invoice, line_number=row.number, kind=error.kind, reason=why))
    return good, refused


def clash(invoice: str, good: Sequence[Entry]) -> Refused | None:
    """One invoice goes to one customer in one country: what contradicts itself is not guessed."""
    rows = [entry.row for entry in good]
    countries = {row.fields["Country"].casefold(): row.fields["Country"] for row in rows if row.fields["Country"]}
    customers = {row.fields["CustomerID"].removesuffix(".0") for row in rows if row.fields["CustomerID"]}
    kind: Kind = "country_conflict"
    if len(countries) > 1:
        why = f"names the countries {', '.join(sorted(countries.values()))}: leave the right one"
    elif len(customers) > 1:
        kind = "file_line_unreadable"
        why = f"names the customers {', '.join(sorted(customers))}: give each an invoice number of its own"
    else:
        return None
    return Refused(invoice=invoice, line_number=None, kind=kind, reason=f"invoice {invoice} {why}", lines=len(good))


def customer_of(invoice: str, good: Sequence[Entry]) -> str:
    """The customer's number, or the name of a guest of that invoice."""
    named = next((entry.row.fields["CustomerID"] for entry in good if entry.row.fields["CustomerID"]), "")
    return named.removesuffix(".0") or f"GUEST-{invoice}"


def describe(rows: Iterable[Row]) -> dict[str, str]:
    """The first description that the file gives each code."""
    found: dict[str, str] = {}
    for row in rows:
        text = "" if row.wrong else clean(row.fields["Description"])
        if text:
            found.setdefault(row.fields["StockCode"], text)
    return found


def clean(text: str) -> str:
    """A text on one line, without control characters: XML takes none."""
    shown = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    return " ".join(shown.split())


def _line(row: Row, descriptions: dict[str, str], units: Callable[[str, str], int]) -> NewOrderLine:
    if row.wrong:
        raise Unfit(row.wrong)
    if not row.fields["InvoiceNo"]:
        raise Unfit("it has no InvoiceNo: write the invoice that it belongs to")
    for column in ("InvoiceNo", "StockCode"):
        if why := why_no_code(read_text(row.fields[column], column)):
            raise Unfit(f"its {column} {why}")
    code = row.fields["StockCode"]
    if row.fields["CustomerID"] and len(read_text(row.fields["CustomerID"], "CustomerID")) > LONGEST_CUSTOMER:
        raise Unfit(f"its CustomerID is longer than the {LONGEST_CUSTOMER} characters Khaos Control keeps: shorten it")
    return NewOrderLine(
        sku=code,
        quantity=units(code, row.fields["Quantity"]),
        unit_price=read_price(row.fields["UnitPrice"]),
        description=clean(row.fields["Description"]) or descriptions.get(code, code),
    )
