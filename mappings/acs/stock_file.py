"""The daily stock file: is it a whole count, and every garment in it, row by row, in bounded memory.

Source: acs.md 2.5.3. Only ``SKU,RFID,Location`` are sure to come. A file is surveyed before any row counts: a part of a
count would read as garments that are gone.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from operator import itemgetter
from typing import BinaryIO, NamedTuple

from mappings.acs.file_form import Form, find_form, folded
from mappings.acs.grades import Grades
from mappings.acs.states import States
from mappings.acs.tags import read_tag
from mappings.canonical import GarmentRow, Grade
from mappings.errors import Unmappable, Unreadable
from mappings.text import NO_VALUE

REQUIRED = ("SKU", "RFID", "Location")
OPTIONAL = ("UniqueSKU", "ProcessStatus", "Grade", "OrderNumber")
KIND = "stock_file_refused"
TAG_BYTES = 12
LONGEST_SKU = 100
WORDS = 1000  # different grades whose meaning is remembered
LONGEST_PLACEHOLDER = max(map(len, NO_VALUE))
ANEW = "ask ACS for a new file; the last good one stays"


@dataclass(frozen=True, slots=True)
class Survey:
    """A file that may count. ``rows`` are rows with something in them.

    ``whole`` is false where a row's tag or SKU cannot be read: then no garment may be concluded to be absent.
    """

    rows: int
    whole: bool
    encoding: str
    delimiter: str


def survey(file: BinaryIO, form: Form) -> Survey:
    """Read a file through once: its form, its rows, and that no garment stands in it twice.

    A garment is known by its tag; where that cannot be read, by what stands in its place, else by its own number.

    Raises:
        Unmappable: kind ``stock_file_refused``, for a file without rows or without a required column, with a broken
            or a doubled row, or in no encoding that is known.
    """
    encoding, delimiter = find_form(file, form)
    tags: defaultdict[int, bytearray] = defaultdict(bytearray)  # by their last byte: a million in few megabytes
    untagged: set[str] = set()
    rows, bad = 0, 0
    reader = _Reader(file, encoding, delimiter, form.headers)
    for number, row in reader:
        rows += 1
        try:
            tag = bytes.fromhex(read_tag(row.tag))
            tags[tag[-1]] += tag
            _sku(row)
        except Unmappable as refused:
            bad += 1
            if refused.field == "RFID":
                _refuse_again(number, row, untagged)
    for some in tags.values():
        if (twice := _twice(some)) is not None:
            _refuse(reader, twice)
    if not rows:
        raise Unmappable("rows", "0", f"the file has no garment: {ANEW}", kind=KIND)
    return Survey(rows, bad == 0, encoding, delimiter)


def _refuse_again(number: int, row: _Row, untagged: set[str]) -> None:
    """Refuse a garment without a readable tag that stands in the file already; else keep it in ``untagged``."""
    field, name = ("RFID", row.tag.upper()) if row.tag else ("UniqueSKU", row.unique)
    if name and name in untagged:
        raise Unmappable(field, name, f"a garment without a tag stands twice, again in row {number}: {ANEW}", kind=KIND)
    untagged.add(name)


def _twice(tags: bytearray) -> str | None:
    """A tag that stands twice among some, each of ``TAG_BYTES``."""
    seen: set[bytes] = set()
    for start in range(0, len(tags), TAG_BYTES):
        tag = bytes(tags[start : start + TAG_BYTES])
        if tag in seen:
            return tag.hex().upper()
        seen.add(tag)
    return None


def _refuse(reader: _Reader, twice: str) -> None:
    """Read the file once more for the row in which a tag stands again."""
    places = [(number, row.tag) for number, row in reader if row.tag.strip().upper() == twice]
    number, word = places[1]
    raise Unmappable("RFID", word, f"the tag stands twice, again in row {number}: {ANEW}", kind=KIND)


def read_garments(
    file: BinaryIO, form: Form, surveyed: Survey, *, states: States, grades: Grades
) -> Iterator[GarmentRow | Unreadable]:
    """Every row of a surveyed file, one at a time.

    A row whose tag or SKU cannot be read is an Unreadable by its row's number. A word without a row of a table is
    reported by an Unreadable with the garment's tag that follows its row: it counts as UNKNOWN, or without its grade.
    """
    grade_of = lru_cache(WORDS)(partial(_grade, grades=grades))  # a million rows have few different grades
    for number, row in _Reader(file, surveyed.encoding, surveyed.delimiter, form.headers):
        try:
            tag, sku = read_tag(row.tag), _sku(row)
        except Unmappable as refused:
            yield Unreadable(f"row {number}", refused)
            continue
        judged = states.judge(row.location, row.status, row.order)
        grade, grade_trouble = grade_of(row.grade)
        yield GarmentRow(
            tag=tag,
            sku=sku,
            unique_sku=row.unique,
            state=judged.state,
            state_words=f"{row.location} / {row.status}" if row.status else row.location,
            grade=grade,
            order_reference=row.order,
        )
        for trouble in (judged.trouble, grade_trouble):
            if trouble is not None:
                yield Unreadable(tag, trouble)


class _Row(NamedTuple):
    """The cells of a row, in the order of REQUIRED and OPTIONAL, without the blanks around them.

    An absent column is empty, and so is a word such as "null" that stands for no value.
    """

    sku: str
    tag: str
    location: str
    unique: str
    status: str
    grade: str
    order: str


class _Reader:
    """Rows by our column names, with their number in the file (the header is row 1). Blank rows are passed over."""

    def __init__(self, file: BinaryIO, encoding: str, delimiter: str, headers: Mapping[str, str]) -> None:
        self._file, self._encoding, self._delimiter, self._headers = file, encoding, delimiter, headers

    def __iter__(self) -> Iterator[tuple[int, _Row]]:
        self._file.seek(0)
        text = io.TextIOWrapper(self._file, encoding=self._encoding, newline="")
        reader = csv.reader(text, delimiter=self._delimiter, strict=True)
        try:
            header = _without_empty_end(next(reader, []), 0)
            pick, width = itemgetter(*_places(header, self._headers)), len(header)
            for found in reader:
                cells = found if len(found) == width else _without_empty_end(found, width)
                if len(cells) != width:
                    if not any(cell.strip() for cell in cells):
                        continue
                    why = f"row {reader.line_num} has {len(cells)} cells, the header {width}: {ANEW}"
                    raise Unmappable("row", str(reader.line_num), why, kind=KIND)
                cells.append("")  # what absent columns point to
                row = _Row._make(
                    [
                        kept if len(kept := cell.strip()) > LONGEST_PLACEHOLDER or kept.lower() not in NO_VALUE else ""
                        for cell in pick(cells)
                    ]
                )
                if row.tag or any(cell.strip() for cell in cells):
                    yield reader.line_num, row
        except (csv.Error, UnicodeError) as error:
            why = f"near row {reader.line_num} it is no {self._encoding} CSV ({type(error).__name__}): {ANEW}"
            raise Unmappable("file", self._encoding, why, kind=KIND) from None
        finally:
            text.detach()


def _without_empty_end(cells: list[str], width: int) -> list[str]:
    """Cells without the empty ones beyond ``width``: some programs end rows, or the header, with a delimiter."""
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    return cells


def _sku(row: _Row) -> str:
    """The code of a garment's row: its SKU's, or the garment's own. Raises Unmappable where it has none to look up."""
    sku = row.sku or row.unique
    if not 0 < max(len(sku), len(row.unique)) <= LONGEST_SKU:
        why = f"a garment has a code of 1 to {LONGEST_SKU} characters: ask ACS which it is; it stays as it was"
        raise Unmappable("SKU", sku[:LONGEST_SKU], why)
    return sku


def _places(header: Sequence[str], headers: Mapping[str, str]) -> list[int]:
    """The place of each column of REQUIRED and OPTIONAL; -1 for an absent one."""
    if not header:
        raise Unmappable("rows", "0", f"the file is empty, or begins with an empty line: {ANEW}", kind=KIND)
    found = [folded(name) for name in header]
    wanted = {name: folded(headers.get(name) or name) for name in (*REQUIRED, *OPTIONAL)}
    for name, theirs in wanted.items():
        there = found.count(theirs)
        if there > 1 or (there == 0 and name in REQUIRED):
            how = "several columns are called so" if there else "no column is called so"
            why = f"{how}: set stock_headers.{name} of the connection; the file has {', '.join(header)[:200]}"
            raise Unmappable(name, headers.get(name) or name, why, kind=KIND)
    return [found.index(name) if name in found else -1 for name in wanted.values()]


def _grade(word: str, grades: Grades) -> tuple[Grade | None, Unmappable | None]:
    if not word:
        return None, None
    try:
        return grades.grade(word), None
    except Unmappable as trouble:
        return None, trouble
