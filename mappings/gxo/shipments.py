"""What left for an order, read from a 945 (warehouse shipping advice), and lines that it does not speak of.

Source: gxo.md 2.2.4. Quantities are those of this message alone; several to one order are allowed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mappings.canonical import PickLine
from mappings.canonical.advices import LineOutcome, ShipmentAdvice, ShipmentLine
from mappings.errors import Unmappable
from mappings.gxo.cartons import read_cartons
from mappings.gxo.segments import Segments, counted, day, element, facility, first, head, loops, needed, sku
from mappings.gxo.tables import read_line_outcome

Final = Literal["all_lines", "first"]
FULL = "F"  # W0601: every line and quantity; other codes leave lines out or correct an earlier 945


@dataclass(frozen=True, slots=True)
class _Row:
    """One W12: a line, or its share in one carton."""

    line_id: str
    sku: str
    ordered: int
    shipped: int
    word: str


def read_945(segments: Segments, *, own: Mapping[str, str] | None = None) -> ShipmentAdvice:
    """One shipment; a line that lies in several cartons is one line. ``own``: ``[tables.line_statuses.gxo]``.

    Raises:
        Unmappable: ``unknown_status`` for a reporting code or a line status without a row,
            ``fractional_quantity``, else ``unmappable``, also where W03 does not sum up to the lines.
    """
    opening = head(segments, "W06")
    if needed(opening, 1).upper() != FULL:
        why = "the profile has full details (F) only: ask GXO what this 945 means, and to send it as F"
        raise Unmappable("W0601", element(opening, 1), why, kind="unknown_status")
    rows = [_row(loop) for loop in loops(segments, "W12")]
    lines = tuple(_lines(rows, own))
    if not lines:
        raise Unmappable("W12", "", "the shipment has no line: ask GXO to send it again")
    total = first(segments, "W03")
    shipped = sum(line.shipped for line in lines)
    if total and counted(total, 1) != shipped:
        raise Unmappable("W0301", element(total, 1), f"the lines sum up to {shipped}: ask GXO to send it again")
    packed = [(loop, _content(loop)) for loop in loops(segments, "LX")] or [(segments, _content(segments))]
    cartons, not_used = read_cartons(segments, packed)
    went = first(segments, "W27")
    date_shipped = first(segments, "G62", "11")
    return ShipmentAdvice(
        their_id=needed(opening, 4) if shipped else element(opening, 4),
        reference=needed(opening, 2),
        facility=facility(segments),
        shipped_on=day(date_shipped, 2) if date_shipped else day(opening, 3),
        lines=lines,
        cartons=cartons,
        not_used=not_used,
        carrier=element(went, 2),
        service=element(went, 3),
    )


def with_absent(advice: ShipmentAdvice, still_open: Sequence[PickLine], final: Final = "all_lines") -> ShipmentAdvice:
    """The advice with a line for each SKU of ``still_open`` that it does not speak of.

    ``still_open`` are what no earlier advice closed. ``final`` is the facility's: ``first``, its first shipment
    is its last and absent lines are short; ``all_lines``, the order is over when every line was advised, and absent
    lines are still to follow.
    """
    named = {line.sku for line in advice.lines}
    outcome = LineOutcome.SHORT if final == "first" else LineOutcome.TO_FOLLOW
    absent = [
        ShipmentLine(line_id="", sku=line.sku, ordered=line.quantity, shipped=0, outcome=outcome)
        for line in still_open
        if line.sku not in named
    ]
    return advice.model_copy(update={"lines": (*advice.lines, *absent)})


def _row(loop: Segments) -> _Row:
    opening = loop[0]
    return _Row(
        line_id=element(first(loop, "N9", "LI"), 2),
        sku=sku(opening, 7, 17),
        ordered=counted(opening, 2, 5),
        shipped=counted(opening, 3, 5),
        word=needed(opening, 1),
    )


def _lines(rows: Sequence[_Row], own: Mapping[str, str] | None) -> Iterator[ShipmentLine]:
    lines: dict[tuple[str, str], list[_Row]] = {}
    for row in rows:
        lines.setdefault((row.line_id, row.sku), []).append(row)
    for (line_id, code), shares in lines.items():
        outcomes = [read_line_outcome(share.word, own) for share in shares]
        shipped = sum(share.shipped for share in shares)
        # In several cartons each share may show the whole line's order, or its own part of it.
        ordered = max(shipped, *(share.ordered for share in shares)) if len(shares) > 1 else shares[0].ordered
        outcome = outcomes[-1]
        if LineOutcome.SUBSTITUTED in outcomes:
            outcome = LineOutcome.SUBSTITUTED
        elif len(shares) > 1 and shipped >= ordered:
            outcome = LineOutcome.FILLED
        yield ShipmentLine(
            line_id=line_id, sku=code, ordered=ordered, shipped=shipped, outcome=outcome, status_word=shares[-1].word
        )


def _content(segments: Segments) -> Counter[str]:
    content: Counter[str] = Counter()
    for row in map(_row, loops(segments, "W12")):
        content[row.sku] += row.shipped
    return +content
