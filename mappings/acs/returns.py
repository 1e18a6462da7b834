"""A garment that came back, in the words in which every warehouse's goods in are read: one receipt, one unit.

Source: acs.md 2.5.2 and 3.5. A receipt is received first and completed when the garment is graded.
"""

from __future__ import annotations

from mappings.acs.decisions import Decision
from mappings.canonical import Condition, GarmentReturn, GoodsReceipt, ReceiptLine, ReceiptStatus, ReturnStep

KIND = "return"
STEPS = {ReturnStep.RECEIVED: ReceiptStatus.RECEIVING, ReturnStep.GRADED: ReceiptStatus.COMPLETED}


def as_receipt(garment: GarmentReturn, decision: Decision | None, *, sku: str, facility: str) -> GoodsReceipt:
    """The garment as a goods receipt. ``sku`` is its Khaos stock code; ``decision`` is there once it was graded.

    ``hold_reason`` is grade and disposition, as the table of return dispositions names them; the line's condition is
    where the garment is bound for, and inspection until it was graded. The receipt is known by order and tag.
    """
    graded = decision is not None
    reason = f"{garment.grade or ''} {garment.disposition or ''}".strip()
    notes = (
        f"grade {garment.grade}" if garment.grade else "",
        f"disposition {garment.disposition}" if garment.disposition else "",
        f"condition {', '.join(garment.condition_codes)}" if garment.condition_codes else "",
        f"charge recommended {garment.charge_reason}".strip() if garment.charge_recommended else "",
    )
    line = ReceiptLine(
        line_id=garment.tag,
        sku=sku,
        received=1,
        put_away=1 if graded else 0,
        condition=decision.condition if decision else Condition.INSPECTION,
        hold_reason=(garment.grade or "") if garment.grade and garment.grade.exceptional else reason,
        note=", ".join(filter(None, notes)),
    )
    return GoodsReceipt(
        their_id=f"{garment.order_reference}/{garment.tag}",
        reference=garment.order_reference,
        facility=facility,
        status=STEPS[garment.step],
        status_word=garment.state_words or garment.step,
        kind_word=KIND,
        order_reference=garment.order_reference,
        lines=(line,),
        received_at=garment.happened_at,
        read_at=garment.at,
    )
