"""A garment that comes back in two steps, moves between states, and leaves for good.

``at`` is the event's own time, by which words of one garment are put in order; ``happened_at`` is when it was done,
by which finance dates it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from mappings.canonical.garments import Disposition, GarmentState, Grade
from mappings.canonical.hire import LineKind
from mappings.canonical.model import Canonical


class ReturnStep(StrEnum):
    """A return comes in two steps; money is decided at the second."""

    RECEIVED = "received"
    GRADED = "graded"


class GarmentReturn(Canonical):
    """One garment that came back, at one step. ``kind`` is None where the warehouse cannot say hire or sale.

    ``new_stock`` is goods in, not a return. ``note`` is free text of the warehouse: for the desk, never for logs.
    """

    step: ReturnStep
    tag: str
    garment_sku: str
    order_reference: str = ""
    line_id: str = ""
    kind: LineKind | None = None
    kind_word: str = ""
    new_stock: bool = False
    state: GarmentState
    state_words: str = ""
    grade: Grade | None = None
    disposition: Disposition | None = None
    condition_codes: tuple[str, ...] = ()
    charge_recommended: bool = False
    charge_reason: str = ""
    images: tuple[str, ...] = ()
    note: str = ""
    at: datetime
    happened_at: datetime


class GarmentMove(Canonical):
    """A garment passed from one state to another, by an event."""

    tag: str
    garment_sku: str
    from_state: GarmentState
    to_state: GarmentState
    state_words: str = ""
    grade: Grade | None = None
    at: datetime
    happened_at: datetime


class RetiredFor(StrEnum):
    """Why a garment will never come back."""

    BEYOND_REPAIR = "beyond_repair"
    LOST = "lost"
    SOLD = "sold"
    CLIENT_REQUEST = "client_request"
    COUNTERFEIT = "counterfeit"


class Retirement(Canonical):
    """A garment left the merchant's stock, for good unless it was sold. ``disposition`` is None while none is final."""

    tag: str
    garment_sku: str
    grade: Grade | None = None
    reason: RetiredFor
    disposition: Disposition | None = None
    at: datetime
    happened_at: datetime

    @property
    def write_off(self) -> bool:
        """Whether its value is to be written off: what was sold was issued, and the rest needs a final end."""
        if self.reason is RetiredFor.SOLD:
            return False
        return self.reason is RetiredFor.LOST or (self.disposition is not None and self.disposition.final)
