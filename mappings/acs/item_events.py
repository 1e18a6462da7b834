"""Events about garments: received, graded, moved from one state to another, retired. Source: acs.md 2.5.2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from mappings.acs.events import Event
from mappings.acs.grades import Grades, ReturnKind, read_retired_for, read_return_kind
from mappings.acs.json_words import flag, moment, needed, text, words
from mappings.acs.states import Judged, States
from mappings.acs.tags import read_tag
from mappings.canonical import GarmentMove, GarmentReturn, GarmentState, Grade, Retirement, ReturnStep, less_sellable
from mappings.errors import Unmappable, Unreadable

IMAGES = 5
NOTE = 500

Troubles = Sequence[Unreadable]


def read_received(event: Event, states: States) -> tuple[GarmentReturn, Troubles]:
    """Read a garment that came in, not graded yet. Wherever it lies, it sells only once ACS has graded it.

    A place without a row is UNKNOWN and stands among the troubles. Raises Unmappable(kind="unknown_grade") for a kind
    of return without a row, else ``unmappable``.
    """
    kind = read_return_kind(needed(event.data, "ReturnKind"))
    judged = _place(event.data, states)
    return _returned(event, kind, ReturnStep.RECEIVED, judged.state), _troubles(event, judged.trouble)


def read_graded(event: Event, states: States, grades: Grades) -> tuple[GarmentReturn, Troubles]:
    """A garment that was graded: what the decision about stock and money is made of.

    Its state here is inspection or less; ``mappings.acs.decide`` says where it is bound for. A condition code without
    a row is kept and stands among the troubles. Raises Unmappable(kind="unknown_grade") for a grade, a disposition or
    a kind of return without a row, else ``unmappable``.
    """
    data = event.data
    kind = read_return_kind(needed(data, "ReturnKind"))
    codes, missing = grades.condition_codes(words(data, "ConditionCodes"))
    judged = _place(data, states) if text(data, "Location") or text(data, "ProcessStatus") else None
    state = judged.state if judged else GarmentState.INSPECTION
    found = _returned(event, kind, ReturnStep.GRADED, state).model_copy(
        update={
            "grade": grades.grade(needed(data, "Grade")),
            "disposition": grades.disposition(text(data, "Disposition")),
            "condition_codes": codes,
            "charge_recommended": flag(data, "ChargeRecommended"),
            "charge_reason": text(data, "ChargeReason"),
            "images": words(data, "Images")[:IMAGES],
            "note": text(data, "Notes")[:NOTE],
        }
    )
    return found, _troubles(event, judged.trouble if judged else None, *missing)


def read_moved(event: Event, states: States, grades: Grades) -> tuple[GarmentMove, Troubles]:
    """A garment that passed from one state to another. The new state is that of status and place, the less sellable.

    A grade without a row is left out and stands among the troubles. Raises Unmappable.
    """
    data = event.data
    before, after = text(data, "FromStatus"), needed(data, "ToStatus")
    judged = states.judge(text(data, "Location"), after) if text(data, "Location") else states.judge_status(after)
    grade, unknown = _grade(text(data, "ToGrade"), grades)
    move = GarmentMove(
        tag=read_tag(needed(data, "RFID")),
        garment_sku=needed(data, "GarmentSKU"),
        from_state=states.judge_status(before).state,
        to_state=judged.state,
        state_words=_words(before, after, text(data, "Location")),
        grade=grade,
        at=event.at,
        happened_at=moment(data, "ChangedAt", event.at),
    )
    return move, _troubles(event, judged.trouble, unknown)


def read_retired(event: Event, grades: Grades) -> Retirement:
    """A garment that left for good. Raises Unmappable(kind="unknown_grade") for a word without a row."""
    data = event.data
    grade = text(data, "Grade")
    return Retirement(
        tag=read_tag(needed(data, "RFID")),
        garment_sku=needed(data, "GarmentSKU"),
        grade=grades.grade(grade) if grade else None,
        reason=read_retired_for(needed(data, "Reason")),
        disposition=grades.disposition(text(data, "FinalDisposition")),
        at=event.at,
        happened_at=moment(data, "RetiredAt", event.at),
    )


def read_unclear(event: Event) -> GarmentMove:
    """A garment of which an event says what cannot be understood: off sale until it can, and by any later word.

    Raises Unmappable where it does not even name the garment.
    """
    return GarmentMove(
        tag=read_tag(needed(event.data, "RFID")),
        garment_sku=needed(event.data, "GarmentSKU"),
        from_state=GarmentState.UNKNOWN,
        to_state=GarmentState.UNKNOWN,
        state_words=event.kind_word,
        at=event.at - timedelta(microseconds=1),  # the event itself, once it is understood, is the later word
        happened_at=event.at,
    )


def _grade(word: str, grades: Grades) -> tuple[Grade | None, Unmappable | None]:
    try:
        return grades.grade(word) if word else None, None
    except Unmappable as unknown:
        return None, unknown


def _returned(event: Event, kind: ReturnKind, step: ReturnStep, state: GarmentState) -> GarmentReturn:
    data = event.data
    return GarmentReturn(
        step=step,
        tag=read_tag(needed(data, "RFID")),
        garment_sku=needed(data, "GarmentSKU"),
        order_reference=text(data, "OrderNumber"),
        line_id=text(data, "LineItemId"),
        kind=kind.line_kind,
        kind_word=needed(data, "ReturnKind"),
        new_stock=kind is ReturnKind.NEW_STOCK,
        state=less_sellable(GarmentState.INSPECTION, state),
        state_words=_words(text(data, "Location"), text(data, "ProcessStatus")),
        at=event.at,
        happened_at=moment(data, "ReceivedAt" if step is ReturnStep.RECEIVED else "GradedAt", event.at),
    )


def _place(data: Mapping[str, Any], states: States) -> Judged:
    location, status = text(data, "Location"), text(data, "ProcessStatus")
    return states.judge(location, status) if location else states.judge_status(status)


def _troubles(event: Event, *found: Unmappable | None) -> list[Unreadable]:
    return [Unreadable(event.subject, trouble) for trouble in found if trouble is not None]


def _words(*words: str) -> str:
    return " / ".join(one for one in words if one)
