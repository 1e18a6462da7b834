"""How the bytes of a file fall into interchanges: padding, line ends, wrapped lines, and separators of any kind.

The one place that finds an envelope: whoever reads sets and whoever only counts numbers sees the same interchanges.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adapters.x12.cut import Cut
from adapters.x12.errors import X12Error
from adapters.x12.grammar import ISA_LENGTH, ISA_WIDTHS, Delimiters, delimiters_of
from adapters.x12.tokens import Lines, beginning

PADDING = "\r\n\t\v\f \x04\x1a\x00"  # what transports leave before, between and behind interchanges and segments
AROUND = PADDING + "\ufeff"  # files that were joined keep the byte order mark of each
BREAK = re.compile(r"\r\n|\r|\n")
FEWEST = 3  # lines of one width that show a wrapped file: of two, one might be a line break in a text
WRAPPED = "line breaks stand inside of its segments, as of a file that was wrapped"
UNWRAP = "have the sender send it without line breaks, or with one behind each terminator"
MOST_SEGMENTS, MOST_SETS = 1_000_000, 50_000  # of one interchange: what is more takes all memory, or hours
DIVIDE = "have the sender send it in several interchanges"
UTF16 = (b"\xff\xfe", b"\xfe\xff")
PLAIN_ELEMENT, PLAIN_COMPONENT, NEVER = "\x1f", ">", "\x00"


@dataclass(frozen=True, slots=True)
class Piece:
    """One interchange as it stands: the ISA's elements by number (0 is its id), what separates, and all its segments.

    Where a control character separates in the file, the segments have been written anew with 0x1F between elements
    and ">" between components, so that a control character inside of a text still shows itself as one.
    """

    isa: list[str]
    marks: Delimiters
    segments: Lines


def pieces_of(data: bytes | memoryview, name: str) -> Iterator[Piece | X12Error]:
    """Every interchange of the file in its order; where there is none, or one has no end, what is wrong with it."""
    if bytes(data[:2]) in UTF16:
        yield X12Error(name, 1, "", 0, "the file is UTF-16", "have the sender send it in UTF-8")
        return
    text = _unwrapped(str(data, "utf-8", "surrogateescape").lstrip(AROUND))
    begin, position = 0, 1
    while begin < len(text) or position == 1:
        try:
            isa, marks = _isa_of(text[begin : begin + ISA_LENGTH], name, position)
            end = _end_of(text, begin, marks)
            segments = _segments(text, (begin, end), marks, name, position)
        except X12Error as error:
            yield error
            found = _next(text, begin + 1)
            if found is None:
                return
            begin, position = found, position + 1
            continue
        begin, position = _over_padding(text, end), position + len(segments)
        if begin >= len(text):
            text = ""  # what holds the segments is another: a file is not kept twice
            yield Piece(isa, marks, segments)
            return
        yield Piece(isa, marks, segments)


def _unwrapped(text: str) -> str:
    """The text in one line where it was wrapped at one width; as it is where line breaks follow something else."""
    first = BREAK.search(text)
    second = first and BREAK.search(text, first.end())
    if not first or not second or second.start() - first.end() != first.start():
        return text
    lines = BREAK.split(text.rstrip(PADDING))
    width = len(lines[0])
    if len(lines) < FEWEST or any(len(line) != width for line in lines[:-1]) or len(lines[-1]) > width:
        return text
    return "".join(lines)


def _isa_of(isa: str, name: str, position: int) -> tuple[list[str], Delimiters]:
    if not isa.startswith("ISA"):
        if position > 1:
            raise X12Error(name, position, isa[:3], 0, "stands behind the IEA, and is no ISA of another interchange")
        small = isa[:3].upper() == "ISA"
        why = "its segment ids are in small letters" if small else "the file does not begin with an ISA"
        raise X12Error(name, position, "ISA", 0, why)
    if set("\r\n") & set(isa[: ISA_LENGTH - 1]):
        raise X12Error(name, position, "ISA", 0, WRAPPED, UNWRAP)
    if len(isa) < ISA_LENGTH:
        raise X12Error(name, position, "ISA", 0, f"the file ends before the {ISA_LENGTH} characters of its ISA")
    elements = isa[: ISA_LENGTH - 1].split(isa[3])
    widths = tuple(len(one) for one in elements[1:])
    if widths != ISA_WIDTHS or not isa.isascii():
        odd = next((n for n, pair in enumerate(zip(widths, ISA_WIDTHS, strict=False), 1) if pair[0] != pair[1]), 0)
        raise X12Error(name, position, "ISA", odd, "has not the fixed width")
    try:
        return elements, delimiters_of(isa)
    except ValueError as error:
        raise X12Error(name, position, "ISA", 16, str(error)) from None


def _end_of(text: str, begin: int, marks: Delimiters) -> int:
    """Where the interchange ends: behind its IEA, before the ISA of the next one, or with the text."""
    mark, between = re.escape(marks.segment), re.escape(marks.element)
    end = re.compile(f"{mark}[{PADDING}]*(?:(IEA){between}[^{mark}]*{mark}|(?=ISA))")
    for found in end.finditer(text, begin + ISA_LENGTH - 1):
        if found[1] or _begins(text, found.end()):
            return found.end()
    return len(text)


def _begins(text: str, at: int) -> bool:
    try:
        _isa_of(text[at : at + ISA_LENGTH], "", 1)
    except X12Error:
        return False
    return True


def _next(text: str, begin: int) -> int | None:
    """Where another whole ISA stands behind an interchange without an end."""
    while (begin := text.find("ISA", begin)) >= 0:
        if _begins(text, begin):
            return begin
        begin += 1
    return None


def _over_padding(text: str, at: int) -> int:
    while at < len(text) and text[at] in AROUND:
        at += 1
    return at


def _segments(text: str, of: tuple[int, int], marks: Delimiters, name: str, first: int) -> Lines:
    if text.count(marks.segment, *of) > MOST_SEGMENTS:
        raise X12Error(name, first, "ISA", 0, f"has more than {MOST_SEGMENTS:,} segments", DIVIDE)
    padding = "".join(one for one in PADDING if one not in {marks.element, marks.component, marks.segment})
    lines: Sequence[str]
    if marks.segment in "\r\n":  # editors take the last line end away, and add empty lines
        lines, rest = (
            [line for raw in text[slice(*of)].split(marks.segment) if (line := raw.strip(padding + "\r\n"))],
            "",
        )
    else:
        cut = Cut(_unpadded(text[slice(*of)], marks.segment, padding), marks.segment)
        lines, rest = cut[:-1], cut[-1]
    if rest.strip(padding):
        short = X12Error(name, first + len(lines), "", 0, "has no terminator, so the file is cut off")
        raise X12Error(name, first + len(lines), "", 0, WRAPPED, UNWRAP) if _broken(lines) else short
    if sum(1 for _ in beginning(lines, f"ST{marks.element}")) > MOST_SETS:
        raise X12Error(name, first, "ISA", 0, f"has more than {MOST_SETS:,} transaction sets", DIVIDE)
    read = Lines(_plain(lines, marks), first, _plain_mark(marks))
    last = read.segment(len(read) - 1)
    if last.id != "IEA":
        short = X12Error(name, last.position, last.id, 0, "the file ends without IEA, so it is cut off")
        raise X12Error(name, last.position, last.id, 0, WRAPPED, UNWRAP) if _broken(lines) else short
    return read


def _broken(lines: Sequence[str]) -> bool:
    return any(BREAK.search(line) for line in lines)


def _unpadded(text: str, end: str, padding: str) -> str:
    """The text without padding before its segments."""
    plain = text.lstrip(padding).replace(f"{end}\r\n", end).replace(f"{end}\n", end)
    del text  # ten megabytes of a count
    odd = re.compile(f"({re.escape(end)})[{re.escape(padding)}]+")
    return odd.sub(r"\1", plain) if odd.search(plain) else plain


def _plain_mark(marks: Delimiters) -> str:
    return marks.element if marks.element.isprintable() else PLAIN_ELEMENT


def _plain(lines: Sequence[str], marks: Delimiters) -> Sequence[str]:
    if marks.element.isprintable() and marks.component.isprintable():
        return lines
    table = {ord(PLAIN_ELEMENT): NEVER}
    if not marks.element.isprintable():
        table[ord(marks.element)] = PLAIN_ELEMENT
    if not marks.component.isprintable():
        table[ord(marks.component)] = PLAIN_COMPONENT
    return [line.translate(table) for line in lines]
