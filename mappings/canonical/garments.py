"""Stock that is one tagged garment at a time: its state and what sells least, its grade, what is done with it."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from mappings.canonical.model import Canonical
from mappings.canonical.stock import Condition


class GarmentState(StrEnum):
    """The state of a garment, from what sells to what never will. The order is that of sellability.

    Where two sources disagree the later member counts. Only ``SELLABLE`` may be promised to a customer.
    """

    SELLABLE = "sellable"
    RESERVED = "reserved"  # allocated, picked or packed: still on the premises
    IN_TRANSIT = "in_transit"
    WITH_CUSTOMER = "with_customer"  # hired out: still the merchant's
    SOLD = "sold"  # left with a sale: nobody's stock here until it comes back
    INSPECTION = "inspection"
    REFURBISHMENT = "refurbishment"
    QUARANTINE = "quarantine"
    DAMAGED = "damaged"
    UNSEEN = "unseen"
    UNKNOWN = "unknown"
    RETIRED = "retired"  # for good

    @property
    def condition(self) -> Condition | None:
        """The stock position that a garment in this state is counted in; None once it is sold or retired."""
        return _CONDITIONS[self]


_CONDITIONS: dict[GarmentState, Condition | None] = {
    GarmentState.SELLABLE: Condition.GOOD,
    GarmentState.RESERVED: Condition.GOOD,
    GarmentState.IN_TRANSIT: Condition.WITH_CUSTOMER,
    GarmentState.WITH_CUSTOMER: Condition.WITH_CUSTOMER,
    GarmentState.SOLD: None,
    GarmentState.INSPECTION: Condition.INSPECTION,
    GarmentState.REFURBISHMENT: Condition.REFURBISHMENT,
    GarmentState.QUARANTINE: Condition.QUARANTINE,
    GarmentState.DAMAGED: Condition.DAMAGED,
    GarmentState.UNSEEN: Condition.UNSEEN,
    GarmentState.UNKNOWN: Condition.UNKNOWN,
    GarmentState.RETIRED: None,
}
_RANK = {state: place for place, state in enumerate(GarmentState)}


def less_sellable(*states: GarmentState) -> GarmentState:
    """Return the state that promises least to a customer. At least one must be given."""
    return max(states, key=_RANK.__getitem__)


class Source(StrEnum):
    """The sources of a garment's state."""

    FILE = "file"  # the daily stock file
    EVENT = "event"  # events, and orders that were read back
    PERSON = "person"


class Grade(StrEnum):
    """The grade of a garment that came back, or what was wrong with the parcel."""

    A = "A"  # as new
    B = "B"  # light wear, or can be mended
    C = "C"  # visible wear: a lower channel
    D = "D"  # heavy damage
    X = "X"  # beyond economic repair
    WRONG_ITEM = "WRONG_ITEM"
    MISSING = "MISSING"
    EMPTY_BOX = "EMPTY_BOX"
    COUNTERFEIT = "COUNTERFEIT"

    @property
    def exceptional(self) -> bool:
        """Whether it speaks of something else than the condition of the right garment."""
        return self in {Grade.WRONG_ITEM, Grade.MISSING, Grade.EMPTY_BOX, Grade.COUNTERFEIT}


class Disposition(StrEnum):
    """The warehouse's decision on a graded garment."""

    RESTOCK = "RESTOCK"
    REPACK = "REPACK"
    REFURBISH = "REFURBISH"
    OUTLET = "OUTLET"
    QUARANTINE = "QUARANTINE"
    RETURN_TO_VENDOR = "RETURN_TO_VENDOR"
    DONATE = "DONATE"
    RECYCLE = "RECYCLE"
    DESTROY = "DESTROY"

    @property
    def final(self) -> bool:
        """Whether the garment leaves for good: only then may its value be written off."""
        return self in {Disposition.DONATE, Disposition.RECYCLE, Disposition.DESTROY}


class GarmentItem(Canonical):
    """One physical garment as it is announced to the warehouse."""

    product_sku: str  # style and size: the Khaos stock code, or what a table resolves to one
    unique_sku: str
    name: str
    designer: str = ""
    garment_type: str = ""
    sizes: str = ""
    description: str = ""
    retired: bool = False


class GarmentRow(NamedTuple):
    """One garment as a stock file shows it. ``state_words`` are the warehouse's own, for the timeline.

    A plain tuple: a file has a million, and whoever makes one has read its words.
    """

    tag: str  # upper case
    sku: str
    state: GarmentState
    unique_sku: str = ""
    state_words: str = ""
    grade: Grade | None = None
    order_reference: str = ""
