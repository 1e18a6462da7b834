"""The daily file however it is written; what makes it no count; and that its size does not matter."""

from __future__ import annotations

import io
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.acs import Form, Grades, States, read_garments, survey
from mappings.acs.stock_file import OPTIONAL, REQUIRED
from mappings.canonical import GarmentRow, GarmentState, Grade
from mappings.errors import Unmappable, Unreadable

STATES, GRADES, PLAIN = States(), Grades(), Form({})
HEADER = "SKU,RFID,Location,UniqueSKU,ProcessStatus,Grade,OrderNumber,LastScan"  # nobody reads the last one
READY = "In warehouse – ready for customer"  # noqa: RUF001  the dash that the retailer's file had


def tag(number: int) -> str:
    return f"{number:024X}"


def lines(*rows: str, header: str = HEADER, end: str = "\r\n") -> str:
    return end.join([header, *rows, ""])


def read(data: bytes, form: Form = PLAIN) -> tuple[list[GarmentRow], list[Unreadable]]:
    file = io.BytesIO(data)
    surveyed = survey(file, form)
    found = list(read_garments(file, form, surveyed, states=STATES, grades=GRADES))
    return [one for one in found if isinstance(one, GarmentRow)], [one for one in found if isinstance(one, Unreadable)]


def refused(data: bytes, form: Form = PLAIN) -> Unmappable:
    with pytest.raises(Unmappable) as caught:
        survey(io.BytesIO(data), form)
    assert caught.value.kind == "stock_file_refused"
    return caught.value


GOOD = lines(
    f"DRESS,{tag(1)},{READY},DRESS_1,Ready,A,,2026-12-03T15:20:00Z", f"DRESS,{tag(2)},In warehouse processing,,,,,"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_file_is_read_in_every_encoding_with_every_delimiter(encoding: str, end: str, delimiter: str) -> None:
    text = GOOD.replace("\r\n", end).replace(",", delimiter)
    rows, bad = read(text.encode(encoding))
    assert bad == []
    assert [(one.state, one.grade) for one in rows] == [
        (GarmentState.SELLABLE, Grade.A),
        (GarmentState.INSPECTION, None),
    ]


def test_a_file_of_the_three_sure_columns_in_another_order_is_read() -> None:
    rows, bad = read(lines(f"{READY},{tag(1).lower()},DRESS", header="Location,RFID,SKU").encode())
    assert bad == []
    assert (rows[0].tag, rows[0].sku, rows[0].state) == (tag(1), "DRESS", GarmentState.SELLABLE)


def test_columns_with_other_names_are_read_by_the_header_map_and_spelling_makes_no_difference() -> None:
    form = Form({"RFID": "Tag No.", "Location": "Bin status"})
    rows, _ = read(lines(f"{tag(1)},{READY},DRESS,A", header="TAG NO,bin-status,sku,GRADE").encode(), form)
    assert (rows[0].tag, rows[0].grade) == (tag(1), Grade.A)


def test_a_delimiter_that_ends_rows_or_the_header_alone_makes_no_difference() -> None:
    head, *rows = GOOD.split("\r\n")[:-1]
    whole = read(GOOD.encode())
    assert read(lines(*(f"{row},," for row in rows), header=head).encode()) == whole
    assert read(lines(*rows, header=f"{head},,").encode()) == whole
    assert "row 2 has 9 cells" in refused(lines(f"{rows[0]},more", header=head).encode()).why


def test_a_columns_name_is_one_however_its_letters_are_composed() -> None:
    form = Form({"Location": "\u00c9tat"})
    rows, _ = read(lines(f"{tag(1)},{READY},DRESS", header="RFID,E\u0301tat,SKU").encode(), form)
    assert rows[0].state is GarmentState.SELLABLE


@pytest.mark.parametrize("column", OPTIONAL)
def test_two_columns_of_one_name_are_refused_by_it(column: str) -> None:
    said = refused(GOOD.replace("LastScan", column, 1).encode())
    assert (said.field, "several columns" in said.why) == (column, True)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\r\n", "is empty"),
        (GOOD.encode() + f'"DRESS,{tag(3)}'.encode(), "row 4"),
        (GOOD.encode() + b"x" * 200_000, "row 4"),
    ],
)
def test_a_refusal_says_what_is_wrong_with_the_file_and_where(data: bytes, says: str) -> None:
    assert says in refused(data).why


@pytest.mark.parametrize("column", REQUIRED)
def test_a_file_without_a_sure_column_is_refused_by_its_name(column: str) -> None:
    said = refused(GOOD.replace(column, "Something", 1).encode())
    assert said.field == column
    assert f"stock_headers.{column}" in said.why


@pytest.mark.parametrize("column", OPTIONAL)
def test_a_file_without_an_optional_column_is_read(column: str) -> None:
    rows, _ = read(GOOD.replace(column, "Something", 1).encode())
    assert len(rows) == 2


def test_a_tag_that_stands_twice_refuses_the_file_also_in_another_case() -> None:
    doubled = lines(f"DRESS,{'ab' * 12},{READY},,,,,", f"DRESS,{'AB' * 12},{READY},,,,,")
    assert "row 3" in refused(doubled.encode()).why


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xef\xbb\xbf",
        (HEADER + "\r\n").encode(),
        GOOD.encode()[:-30],  # ends within a row
        (GOOD + "DRESS,").encode(),
        (GOOD + f'"DRESS,{tag(3)}').encode(),
        GOOD.replace("SKU,RFID", "SKU,SKU,RFID", 1).encode(),
    ],
)
def test_a_file_that_is_empty_broken_or_doubled_is_no_count(data: bytes) -> None:
    assert refused(data).why


def test_a_broken_encoding_is_refused_where_the_encoding_is_set() -> None:
    assert "utf-8" in refused(GOOD.encode("cp1252"), Form({}, encoding="utf-8")).why


def test_one_row_without_a_readable_tag_spoils_no_other_and_proves_nobody_absent() -> None:
    data = lines(f"DRESS,{tag(1)},{READY},,,,,", "DRESS,no tag,Ex-hired,,,,,").encode()
    assert not survey(io.BytesIO(data), PLAIN).whole
    rows, bad = read(data)
    assert [one.tag for one in rows] == [tag(1)]
    assert [one.subject for one in bad] == ["row 3"]


def test_words_without_a_row_are_reported_by_their_garment_and_sell_nothing() -> None:
    rows, bad = read(lines(f"DRESS,{tag(1)},On the moon,,Ready,Q,,yesterday").encode())
    assert (rows[0].state, rows[0].grade) == (GarmentState.UNKNOWN, None)
    assert [(one.subject, one.error.field) for one in bad] == [(tag(1), "Location"), (tag(1), "Grade")]


def test_a_ready_garment_with_an_order_is_reserved() -> None:
    rows, _ = read(lines(f"DRESS,{tag(1)},{READY},,Ready,A,MODA-R-1,").encode())
    assert (rows[0].state, rows[0].order_reference) == (GarmentState.RESERVED, "MODA-R-1")


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters='\r\n,"\x00'), max_size=12)


@given(cells=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8))
def test_whatever_stands_in_a_row_only_what_is_called_ready_is_sellable(cells: list[tuple[str, str]]) -> None:
    text = lines(*(f"DRESS,{tag(n)},{place},,{status},,," for n, (place, status) in enumerate(cells)))
    rows, _ = read(text.encode("utf-8-sig"))
    assert len(rows) == len(cells)
    assert all(one.state is not GarmentState.SELLABLE for one in rows)


class Rows(io.RawIOBase):
    """A file of so many garments that is never in memory."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._start()

    def _start(self) -> None:
        self._next, self._held = 0, f"{HEADER}\r\n".encode()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        assert (offset, whence) == (0, 0)
        self._start()
        return 0

    def readinto(self, buffer: Any) -> int:
        while len(self._held) < len(buffer) and self._next < self._count:
            made = range(self._next, min(self._next + 500, self._count))
            self._held += "".join(f"DRESS-{n % 900},{tag(n)},{READY},D_{n},Ready,A,,\r\n" for n in made).encode()
            self._next = made.stop
        size = min(len(buffer), len(self._held))
        buffer[:size], self._held = self._held[:size], self._held[size:]
        return size


def test_rows_are_given_one_at_a_time_and_only_the_survey_keeps_tags() -> None:
    count, form = 60_000, Form({}, encoding="utf-8", delimiter=",")
    file: Any = Rows(count)
    surveyed = survey(file, form)
    assert surveyed.rows == count
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_garments(file, form, surveyed, states=STATES, grades=GRADES)) == count
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000  # bytes: some pages of text, not a row for each garment


def test_a_garment_without_a_tag_that_stands_twice_refuses_the_file() -> None:
    whole = f"DRESS,{tag(1)},{READY},D_1,Ready,A,,"
    assert "row 4" in refused(lines(whole, *[f"DRESS,,{READY},D_2,Ready,A,,"] * 2).encode()).why
    assert "row 4" in refused(lines(whole, *[f"DRESS,E28011,{READY},,Ready,A,,"] * 2).encode()).why
    nameless = lines(whole, *[f"DRESS,nan,{READY},nan,Ready,A,,"] * 2)
    assert len(read(nameless.encode())[1]) == 2  # nothing says that both are one
