"""Which garments go out, where the merchant chooses them: ready ones that are free for the days of the order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from mappings.canonical import GarmentState, LineKind


@dataclass(frozen=True, slots=True)
class Candidate:
    """A garment that might go. ``ready_at`` is since when it is ready, ``bookable_from`` when a hire may begin."""

    tag: str
    unique_sku: str
    state: GarmentState
    ready_at: datetime
    bookable_from: datetime | None = None


def choose(candidates: Iterable[Candidate], units: int, kind: LineKind, leaves_at: datetime) -> tuple[Candidate, ...]:
    """As many garments as are wanted and can go, the longest ready first; fewer where there are not so many.

    Only a garment that is ready for customer goes. For a hire its buffer must be over when it leaves. The same
    candidates give the same choice in whatever order they come.
    """
    free = [
        one
        for one in candidates
        if one.state is GarmentState.SELLABLE
        and (kind is LineKind.SALE or one.bookable_from is None or one.bookable_from <= leaves_at)
    ]
    return tuple(sorted(free, key=lambda one: (one.ready_at, one.tag))[:units])
