"""How an interchange is written: the envelope around segments, its numbers and its counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from adapters.errors import Rejected
from adapters.x12.grammar import ENVELOPE, ISA_WIDTHS, SEGMENT_ID, Delimiters
from adapters.x12.text import Unwritable, cleaned, is_plain

Segments = Sequence[tuple[str, ...]]

HIGHEST = 999_999_999  # ISA13 has nine digits
SHORTEST, LONGEST = 2, 15  # GS02 and ISA06


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who writes to whom, when, and under which number. The group's number is the interchange's.

    X12 asks only that GS06 is unique. ``usage`` is P or T.
    """

    sender: str
    receiver: str
    group: str
    usage: str
    at: datetime
    number: int
    version: str

    def check(self, marks: Delimiters) -> None:
        """Raise ValueError for what X12 has no room for."""
        for name, party in (("sender", self.sender), ("receiver", self.receiver)):
            if not SHORTEST <= len(party) <= LONGEST or not party.isascii() or cleaned(party, marks) != party:
                raise ValueError(
                    f"{name} {party!r} is not {SHORTEST} to {LONGEST} ASCII characters without separators:"
                    " correct the setting"
                )
        if not 1 <= self.number <= HIGHEST:
            raise ValueError(f"control number {self.number} is not within 1 and {HIGHEST}: start the sequence anew")
        if self.at.tzinfo is None:
            raise ValueError("the time of an interchange has no time zone: give an aware one")
        if self.usage not in {"P", "T"}:
            raise ValueError(f"usage {self.usage!r} is not P (production) or T (test)")

    def around(self, sets: Sequence[tuple[str, ...]], count: int, marks: Delimiters) -> list[tuple[str, ...]]:
        """Put ISA and GS before the segments of ``count`` sets, and GE and IEA behind them."""
        moment = self.at.astimezone(UTC)
        isa = (
            "00", "", "00", "", "ZZ", self.sender, "ZZ", self.receiver, f"{moment:%y%m%d}", f"{moment:%H%M}", "U",
            self.version[:5], f"{self.number:09d}", "0", self.usage, marks.component,
        )  # fmt: skip
        return [
            ("ISA", *(text.ljust(width) for text, width in zip(isa, ISA_WIDTHS, strict=True))),
            (
                "GS", self.group, self.sender, self.receiver, f"{moment:%Y%m%d}", f"{moment:%H%M}", str(self.number),
                "X", self.version,
            ),
            *sets,
            ("GE", str(count), str(self.number)),
            ("IEA", "1", f"{self.number:09d}"),
        ]  # fmt: skip


def write_interchange(
    sets: Sequence[tuple[str, Segments]],
    *,
    sender: str,
    receiver: str,
    control_number: int,
    at: datetime,
    group_id: str,
    version: str = "004010",
    usage: str = "P",
    ascii_only: bool = False,
    delimiters: Delimiters | None = None,
    line_end: str = "\n",
) -> bytes:
    """One interchange with one group: ``sets`` are (set id, segments between its ST and its SE).

    Sets are numbered from 0001; ``at`` is written in UTC; ``line_end`` follows each terminator. Separators in the data
    become spaces, and empty elements at a segment's end are left out. The same arguments give the same bytes.

    Raises ValueError for an envelope that X12 has no room for, and Rejected (symbol ``unwritable``) for a
    text with a character that cannot be sent.
    """
    marks = delimiters or Delimiters()
    envelope = Envelope(sender, receiver, group_id, usage, at, control_number, version)
    envelope.check(marks)
    if line_end.strip("\r\n") or (marks.segment in "\r\n" and line_end):
        raise ValueError("only CR and LF may follow a terminator, and nothing where it is one of them itself")
    lines: list[tuple[str, ...]] = []
    for number, (set_id, segments) in enumerate(sets, start=1):
        body = [_clean(one, f"{set_id} {number:04d}", marks, ascii_only=ascii_only) for one in segments]
        lines += [("ST", set_id, f"{number:04d}"), *body, ("SE", str(len(body) + 2), f"{number:04d}")]
    interchange = envelope.around(lines, len(sets), marks)
    return "".join(marks.element.join(line) + marks.segment + line_end for line in interchange).encode()


def _clean(segment: tuple[str, ...], where: str, marks: Delimiters, *, ascii_only: bool) -> tuple[str, ...]:
    if not segment or not SEGMENT_ID.fullmatch(segment[0]) or segment[0] in ENVELOPE:
        raise ValueError(f"{where}: {segment[:1]} cannot begin a segment between ST and SE")
    if is_plain("".join(segment), marks):  # almost every segment
        texts = [text.strip(" ") for text in segment]
        while len(texts) > 1 and not texts[-1]:
            texts.pop()
        return tuple(texts)
    texts = [segment[0]]
    for number, text in enumerate(segment[1:], start=1):
        try:
            texts.append(cleaned(text, marks, ascii_only=ascii_only))
        except Unwritable as error:
            raise Rejected(
                f"{where}: element {number} of {segment[0]}: {error}; write it in Latin letters in Khaos Control,"
                " or set ascii_only = false if the warehouse reads UTF-8",
                symbol="unwritable",
            ) from None
    while len(texts) > 1 and not texts[-1]:
        texts.pop()
    return tuple(texts)
