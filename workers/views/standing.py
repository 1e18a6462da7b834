"""Where an order stands: steps for a bar, and one sentence that customer service can read out.

Pure: the rows of an order's story in, words out. Days are the merchant's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import IntEnum

from mappings.canonical.stages import STAGE_NAMES
from workers.views.orders import Story
from workers.views.snapshot import Row
from workers.views.wording import units

WEEK = 6  # days within which the name of a weekday is enough
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
WAITS = {
    11: "it waits for its payment",
    17: "it waits for its delivery date",
    18: "it waits for stock",
    19: "somebody holds it in Khaos Control",
    21: "the customer's terms hold it",
}
NOT_BEGUN = {"", "waiting", "new", "accepted", "received", "imported", "open", "awaiting_stock", "on_hold"}
LEFT = ("part_dispatched", "dispatched", "closed_short")
OVER = ("cancelled", "withdrawn")


class Step(IntEnum):
    """How far an order is, in the order of the bar."""

    IN_KHAOS = 0
    READY = 1
    SENT = 2
    ACCEPTED = 3
    PICKING = 4
    LEFT = 5
    BOOKED = 6


STEPS = {
    Step.IN_KHAOS: "In Khaos",
    Step.READY: "Ready",
    Step.SENT: "Sent",
    Step.ACCEPTED: "Accepted",
    Step.PICKING: "Picking",
    Step.LEFT: "Left",
    Step.BOOKED: "Booked",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an order stands. ``step`` is None for one that goes no further: cancelled, or not for a warehouse."""

    sentence: str
    step: Step | None
    stuck: bool


def standing(story: Story, now: datetime, zone: tzinfo) -> Standing:
    """Say where an order stands at the moment ``now``."""
    alive = [row for row in story.fulfilments if row["state"] not in OVER]
    troubles = [row for row in story.exceptions if row["state"] == "open"]
    spoken = [_of_fulfilment(row, story, now, zone) for row in alive]
    if not alive:
        spoken = [_before(story, now, zone)]
    several = len(alive) > 1
    text = "; ".join(
        f"{row['reference']} {clause}" if several else clause
        for row, clause in zip(alive or [{"reference": ""}], spoken, strict=True)
    )
    text = f"In {_number(len(alive))} parts: {text}." if several else f"The order {text}."
    text += _lateness(story, now, zone) + _returned(story.returns, now, zone)
    step = min((step_of(row) for row in alive), default=None)
    if step is None and story.demand:
        step = Step.READY if _stage(story) == 9 else Step.IN_KHAOS  # noqa: PLR2004  Released
    return Standing(text, step, bool(troubles))


def step_of(row: Row) -> Step:
    """How far one fulfilment is."""
    if row["state"] in LEFT:
        return Step.BOOKED if row["confirmed"] and row["state"] != "part_dispatched" else Step.LEFT
    if row["state"] == "new":
        return Step.READY
    if not row["accepted_at"]:
        return Step.SENT
    return Step.PICKING if is_picked(row["status_there"]) else Step.ACCEPTED


def is_picked(status_there: str) -> bool:
    """Whether the warehouse's word for an order says that somebody works on it."""
    return status_there.lower() not in NOT_BEGUN


def _of_fulfilment(row: Row, story: Story, now: datetime, zone: tzinfo) -> str:
    place = row["site"] or row["warehouse"]
    shipments = [one for one in story.shipments if one["fulfilment"] == row["reference"]]
    match row["state"]:
        case "new":
            return _not_sent(row, story, place)
        case "sent" if not row["accepted_at"]:
            return f"went to {place}{_at(row['sent_at'], now, zone)}, which has not confirmed it yet"
        case "sent" if is_picked(row["status_there"]):
            return f"is being picked and packed at {place}"
        case "sent":
            return f"is at {place}, which accepted it{_at(row['accepted_at'], now, zone)}"
        case "flagged":
            return f"is at {place}, and was changed in Khaos Control since: operations decide how it goes on"
        case "cancelling":
            return f"is being cancelled at {place}, which has not answered yet"
        case "part_dispatched":
            left = (
                f"{_departure(shipments, place, now, zone)}, {units(row['shipped'])} of {units(row['requested'])} units"
            )
            return f"partly {left}; the rest is still there"
        case "closed_short":
            missing = units(row["requested"]) - units(row["shipped"])
            return f"{_departure(shipments, place, now, zone)}, without {missing} that will not come"
        case _:
            return _departure(shipments, place, now, zone)


def _not_sent(row: Row, story: Story, place: str) -> str:
    mine = [one for one in story.messages if one["reference"] == row["reference"] and one["flow"] == "orders-out"]
    gates = [gate for one in mine for gate in one["held_by"]]
    if any(gate.startswith("sku:") for gate in gates):
        return f"is ready and waits until {place} knows every product of it"
    if gates:
        return f"is ready and is held back before it goes to {place}"
    if any(one["state"] == "dead" for one in mine):
        return f"is ready and could not be sent to {place}: somebody looks after it"
    return f"is ready and is about to be sent to {place}"


def _departure(shipments: Sequence[Row], place: str, now: datetime, zone: tzinfo) -> str:
    parcels = sum(max(1, len(one["parcels"])) for one in shipments)
    when = _at(max((one["told_at"] for one in shipments), default=None), now, zone)
    into = f" in {_number(parcels)} parcel{'' if parcels == 1 else 's'}" if shipments else ""
    return f"left {place}{when}{into}"


def _before(story: Story, now: datetime, zone: tzinfo) -> str:
    if story.fulfilments:
        last = story.fulfilments[-1]
        place = last["site"] or last["warehouse"]
        what = "was cancelled at" if last["state"] == "cancelled" else "was taken back before it went to"
        return f"{what} {place}{_at(last['changed_at'], now, zone)}"
    if story.demand:
        stage = _stage(story)
        name = STAGE_NAMES.get(stage, f"stage {stage}")
        why = WAITS.get(stage, "")
        if stage == 9:  # noqa: PLR2004  Released
            return "is released in Khaos Control and on its way to a warehouse"
        return f"is not ready yet: Khaos Control has it in “{name}”" + (f", {why}" if why else "")
    troubles = [row for row in story.exceptions if row["state"] == "open"]
    if any(row["kind"] == "no_warehouse_lines" for row in story.exceptions):
        return "holds nothing that a warehouse would send"
    if troubles:
        return "has not been sent to a warehouse: somebody looks after it"
    return "is not at a warehouse"


def _stage(story: Story) -> int:
    return min(int(row["stage"]) for row in story.demand)


def _lateness(story: Story, now: datetime, zone: tzinfo) -> str:
    awaited = [row for row in story.expected if row["word"] in ("dispatch", "rest")]
    if not awaited:
        return ""
    due = min(row["due_at"] for row in awaited)
    what = "The rest" if any(row["state"] == "part_dispatched" for row in story.fulfilments) else "It"
    if due <= now:
        return f" {what} should have left by {_clock(due, now, zone)} and is late."
    return f" {what} should leave by {_clock(due, now, zone)}."


def _returned(returns: Sequence[Row], now: datetime, zone: tzinfo) -> str:
    return "".join(f" {_return(row, now, zone)}." for row in returns)


def _return(row: Row, now: datetime, zone: tzinfo) -> str:
    back = f"{_number(row['units']).capitalize()} of {row['sku']} came back{_at(row['received_at'], now, zone)}"
    graded = f", graded {row['condition'].replace('_', ' ')}"
    match row["state"]:
        case "received":
            return f"{back} and is not graded yet"
        case "credited":
            return f"{back}{graded}, credit note {row['credit_note']}{_at(row['credited_at'], now, zone)}"
        case "refunded":
            note = f", credit note {row['credit_note']}" if row["credit_note"] else ""
            return f"{back}{graded}{note}, refunded{_at(row['refunded_at'], now, zone)}"
        case "stopped":
            return f"{back}{graded}, and is not to be credited"
        case _:
            return f"{back}{graded}; its credit note is being prepared"


def _number(count: int) -> str:
    return NUMBERS[count] if 0 <= count < len(NUMBERS) else str(count)


def _at(at: datetime | None, now: datetime, zone: tzinfo) -> str:
    """`` on Friday``, `` today``, `` on Friday 13 November``; empty where nobody knows when."""
    if at is None:
        return ""
    named = _day(at.astimezone(zone).date(), now.astimezone(zone).date())
    return f" {named}" if named in {"today", "yesterday", "tomorrow"} else f" on {named}"


def _day(day: date, today: date) -> str:
    away = (day - today).days
    near = {0: "today", -1: "yesterday", 1: "tomorrow"}.get(away)
    if near:
        return near
    name = f"{day:%A}" if abs(away) <= WEEK else f"{day:%A} {day.day} {day:%B}"
    return name if day.year == today.year or abs(away) <= WEEK else f"{name} {day.year}"


def _clock(at: datetime, now: datetime, zone: tzinfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%H:%M} {_day(local.date(), now.astimezone(zone).date())}"


def parcels_of(shipments: Iterable[Row]) -> list[Row]:
    """Each parcel that left, with the shipment it belongs to; the first of a shipment has its ``lines``."""
    return [
        {
            "tracking": parcel.get("tracking", ""),
            "carrier": parcel.get("carrier", ""),
            "reference": one["reference"],
            "lines": {} if place else one["lines"],
            "told_at": one["told_at"],
            "confirmed_at": one["confirmed_at"],
        }
        for one in shipments
        for place, parcel in enumerate(one["parcels"] or [{}])
    ]
