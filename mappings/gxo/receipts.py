"""Goods that came in, read from a 944 (stock transfer receipt advice): a supplier's, and returns by grade.

Source: gxo.md 2.2.6 and 3.5. A 944 comes once, when its goods are put away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from mappings.canonical import Condition, GoodsReceipt, ReceiptLine, ReceiptStatus
from mappings.errors import Unmappable, Unreadable
from mappings.gxo.conditions import Conditions, Judged, Words
from mappings.gxo.segments import (
    Segments,
    counted,
    day,
    element,
    facility,
    first,
    head,
    latest,
    loops,
    needed,
    note,
    sku,
)
from mappings.text import without_placeholder

SUPPLIER, RETURN, BLIND = "F", "C", "BLIND"
STATUS_WORD = "944"


@dataclass(frozen=True, slots=True)
class _ReceivedRow:
    """One W07 with what stands behind it."""

    line: str
    sku: str
    units: int
    damaged: int
    inventory_type: str
    grade: str
    disposition: str
    exception: str
    reason: str


def read_944(
    segments: Segments, *, told_at: datetime, zone: tzinfo = UTC, own: Mapping[str, str] | None = None
) -> tuple[GoodsReceipt, list[Unreadable]]:
    """One receipt, complete, with a line for each W07; ``told_at`` is when GXO wrote it, ``zone`` the facility's.

    A line's condition is that of the inventory type it was put away in. Where that is good and the grade, the
    disposition or a count of damaged units (W13) says otherwise, the less sellable counts; a return without a
    grade is INSPECTION. An exception goes before them all. ``hold_reason`` is the exception, else grade and
    disposition (``D DESTROY``); ``note`` keeps every word. ``kind_word`` is ``F``, ``C``, or ``C BLIND`` for a
    return that nobody announced, which has no ``reference``. A line id is N9*LI, and where that names several
    SKUs (a wrong item) N9*LI, a stroke and the SKU. ``own`` are the rows of ``[tables.stock_conditions.gxo]``.

    What has no row, and what contradicts itself, is UNKNOWN or the less sellable, and stands among the unreadable
    by its SKU: ``unknown_condition``, ``unknown_grade``.

    Raises:
        Unmappable: ``unknown_status`` for a kind of receipt that is neither, ``fractional_quantity``, else
            ``unmappable``, also where W14 does not sum up to the lines.
    """
    opening, conditions = head(segments, "W17"), Conditions(own)
    kind = needed(opening, 1).upper()
    if kind not in (SUPPLIER, RETURN):
        why = "the profile has F (supplier) and C (customer return): ask GXO what this receipt is"
        raise Unmappable("W1701", kind, why, kind="unknown_status")
    rows = [_read_row(loop) for loop in loops(segments, "W07")]
    if not rows:
        raise Unmappable("W07", "", "the receipt has no line: ask GXO to send it again")
    _check_total(segments, sum(one.units for one in rows))
    reference = without_placeholder(element(opening, 4))
    if not reference and kind == RETURN:
        reference = without_placeholder(element(first(segments, "N9", "RZ"), 2))
    lines, bad = [], []
    for one in rows:
        judged = _judge(one, conditions, graded=kind == RETURN)
        lines.append(_line(one, rows, judged.condition))
        if judged.trouble is not None:
            bad.append(Unreadable(one.sku, judged.trouble))
    receipt = GoodsReceipt(
        their_id=needed(opening, 3),
        reference=reference,
        facility=facility(segments),
        status=ReceiptStatus.COMPLETED,
        status_word=STATUS_WORD,
        kind_word=f"{kind} {BLIND}" if kind == RETURN and not reference else kind,
        return_reference=reference if kind == RETURN else "",
        order_reference=without_placeholder(element(first(segments, "N9", "CO"), 2)),
        lines=tuple(lines),
        received_at=latest(day(opening, 2), told_at, zone),
        read_at=told_at,
    )
    return receipt, bad


def is_return(receipt: GoodsReceipt) -> bool:
    """Whether a receipt read here is a customer's return, announced or not."""
    return receipt.kind_word.startswith(RETURN)


def _read_row(loop: Segments) -> _ReceivedRow:
    opening = loop[0]
    odd = [segment for segment in loop if segment[:1] == ("W13",)]
    return _ReceivedRow(
        line=element(first(loop, "N9", "LI"), 2),
        sku=sku(opening, 4, 6),
        units=counted(opening, 1, 2),
        damaged=sum(counted(segment, 1, 2) for segment in odd),
        inventory_type=note(loop, "INVTYPE").upper(),
        grade=note(loop, "GRADE").upper(),
        disposition=note(loop, "DISPOSITION").upper(),
        exception=note(loop, "EXCEPTION").upper(),
        reason=note(loop, "REASON"),
    )


def _judge(row: _ReceivedRow, conditions: Conditions, *, graded: bool) -> Judged:
    if row.exception:
        return conditions.judge(Words.EXCEPTION, row.exception)
    if graded and not row.grade and not row.inventory_type:
        return Judged(Condition.INSPECTION)
    found = conditions.judge(Words.TYPE, row.inventory_type)
    if found.condition is not Condition.GOOD:
        return found
    if graded and not row.grade:
        return Judged(Condition.INSPECTION)
    for words, word in ((Words.GRADE, row.grade), (Words.DISPOSITION, row.disposition)):
        at_most = conditions.judge(words, word) if word else found
        if at_most.condition is not Condition.GOOD:
            return Judged(at_most.condition, at_most.trouble or _contradicted(row, word))
    if row.damaged:
        return Judged(Condition.DAMAGED, _contradicted(row, f"{row.damaged} damaged"))
    return found


def _contradicted(row: _ReceivedRow, word: str) -> Unmappable:
    why = f"put away as good, and reported as {word}: ask GXO which is right; they correct it with a 947"
    return Unmappable("N9*ZZ*INVTYPE", row.inventory_type, why, kind="unknown_grade")


def _line(row: _ReceivedRow, every: Sequence[_ReceivedRow], condition: Condition) -> ReceiptLine:
    alone = row.line and {one.sku for one in every if one.line == row.line} == {row.sku}
    words = {
        "grade": row.grade,
        "disposition": row.disposition,
        "type": row.inventory_type,
        "exception": row.exception,
        "reason": row.reason,
    }
    return ReceiptLine(
        line_id=row.line if alone else f"{row.line}/{row.sku}",
        sku=row.sku,
        received=row.units,
        put_away=row.units,
        condition=condition,
        hold_reason=row.exception or f"{row.grade} {row.disposition}".strip(),
        note=", ".join(f"{name} {word}" for name, word in words.items() if word),
    )


def _check_total(segments: Segments, units: int) -> None:
    total = first(segments, "W14")
    if total and counted(total, 1) != units:
        raise Unmappable("W1401", element(total, 1), f"the lines sum up to {units}: ask GXO to send it again")
