"""How an orders file is cut into rows: compression, encoding, header, broken quotes. No trade in it."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from mappings.text import without_placeholder

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
LONGEST_QUOTE = 10  # physical lines that one quoted field may span
GZIP = b"\x1f\x8b"
WIDE = (b"\xff\xfe", b"\xfe\xff")


class OrdersFileUnusable(Exception):
    """The file as a whole cannot be read. The message says what to change in it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of the file: the number of its first line (the header's is 1) and why it cannot be read."""

    number: int
    fields: dict[str, str]
    wrong: str = ""


def cut(data: bytes) -> Iterator[Row]:
    """Every entry below the header, in order; blank ones and unknown columns left out.

    UTF-8 or, line by line, cp1252; gzip is recognised by its first bytes. Raises OrdersFileUnusable
    for a file that is empty, is not text, or lacks a column.
    """
    lines = _lines(data)
    if not lines or not any(lines):
        raise OrdersFileUnusable(f"the orders file is empty: its first line must name {', '.join(COLUMNS)}")
    start = next(number for number, line in enumerate(lines) if line.strip())
    header = next(csv.reader([lines[start]]), [])
    places = _places(header)
    at = start + 1
    while at < len(lines):
        fields, used, wrong = _entry(lines, at, len(header))
        if any(field.strip() for field in fields) or wrong:
            yield _row(at + 1, fields, len(header), places, wrong)
        at += used


def _lines(data: bytes) -> list[str]:
    if data.startswith(GZIP):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise OrdersFileUnusable("the orders file is a damaged gzip: compress or download it again") from error
    if data.startswith(WIDE) or b"\x00" in data.partition(b"\n")[0]:
        raise OrdersFileUnusable("the orders file is not UTF-8 text: save it as 'CSV UTF-8' and load it again")
    data = data.removeprefix(b"\xef\xbb\xbf")
    return [_text(line) for line in re.split(rb"\r\n|\n|\r", data)]


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _places(header: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, title in enumerate(header):
        found.setdefault(title.strip("\ufeff \t\xa0").lower(), place)
    missing = [column for column in COLUMNS if column.lower() not in found]
    if missing:
        raise OrdersFileUnusable(
            f"the orders file lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}: "
            f"its first line must name {', '.join(COLUMNS)}, separated by commas"
        )
    return {column: found[column.lower()] for column in COLUMNS}


def _entry(lines: list[str], at: int, width: int) -> tuple[list[str], int, str]:
    """The fields, how many physical lines they took, and what is wrong with them.

    A quote that is never closed would swallow the neighbours: lines are joined only until it closes,
    and never over a line that reads whole by itself.
    """
    text = lines[at]
    for used in range(1, LONGEST_QUOTE + 1):
        fields = _parse(text)
        if fields is not None:
            return fields, used, ""
        following = at + used
        if following >= len(lines) or len(_parse(lines[following]) or ()) == width:
            break
        text = f"{text}\n{lines[following]}"
    try:
        loose = next(csv.reader([lines[at]]), [])
    except csv.Error as error:
        return [], 1, f"it cannot be read as CSV ({error}): write it anew"
    return loose, 1, "a quotation mark is opened and never closed: close it, or double it"


def _parse(text: str) -> list[str] | None:
    """Fields of a whole entry; None when it is not whole."""
    if '"' not in text:
        return text.split(",")  # nearly every line: five times as fast as a reader for each
    try:
        return next(csv.reader(io.StringIO(text, newline=""), strict=True), [])
    except csv.Error as error:
        if "expected after" not in str(error):
            return None
    return next(csv.reader(io.StringIO(text, newline="")), [])  # `"a"b` is odd, and readable


def _row(number: int, fields: list[str], width: int, places: dict[str, int], wrong: str) -> Row:
    named = {
        column: without_placeholder(fields[place]) if place < len(fields) else "" for column, place in places.items()
    }
    surplus = any(field.strip() for field in fields[width:])
    if not wrong and (len(fields) < max(places.values()) + 1 or surplus):
        wrong = f"it has {len(fields)} fields where the header has {width}: quote fields that hold a comma"
    return Row(number, named, wrong)
