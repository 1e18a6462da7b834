"""Every garment of the account: its tag, its state, its grade, its order, and all the states that it was ever in.

The states go round (profile 2.5.5): Ready, Allocated, Packed, WithCustomer, Receipted, PostRentalInspection, and from
there Ready, InRefurbishment and then Ready, Quarantine, or Retired, which is the end.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from adapters.acs.sandbox.refusal import Refused

READY_PLACE = "In warehouse – ready for customer"  # noqa: RUF001  the dash that the retailer's file had


class State(StrEnum):
    """The word is what ProcessStatus says."""

    EXPECTED = "Expected"  # set up, and not arrived: in no file
    READY = "Ready"
    ALLOCATED = "Allocated"
    PACKED = "Packed"
    WITH_CUSTOMER = "WithCustomer"
    RECEIPTED = "Receipted"
    INSPECTION = "PostRentalInspection"
    REFURBISHMENT = "InRefurbishment"
    QUARANTINE = "Quarantine"
    RETIRED = "Retired"
    GONE = "Gone"  # sold: in no file


PLACES = {
    State.READY: READY_PLACE,
    State.ALLOCATED: READY_PLACE,
    State.PACKED: READY_PLACE,
    State.WITH_CUSTOMER: "With customer",
    State.RECEIPTED: "Receipted – No Location",  # noqa: RUF001  as above
    State.INSPECTION: "In warehouse processing",
    State.REFURBISHMENT: "In warehouse processing",
    State.QUARANTINE: "In warehouse processing",
    State.RETIRED: "Ex-hired",
}
MAY = {
    State.EXPECTED: {State.RECEIPTED, State.READY},
    State.READY: {State.ALLOCATED, State.INSPECTION, State.RETIRED},
    State.ALLOCATED: {State.READY, State.PACKED, State.INSPECTION, State.RETIRED},
    State.PACKED: {State.READY, State.WITH_CUSTOMER, State.GONE},
    State.WITH_CUSTOMER: {State.RECEIPTED, State.RETIRED},
    State.GONE: {State.RECEIPTED},
    State.RECEIPTED: {State.INSPECTION, State.READY},
    State.INSPECTION: {State.READY, State.REFURBISHMENT, State.QUARANTINE, State.RETIRED},
    State.REFURBISHMENT: {State.READY, State.QUARANTINE, State.RETIRED},
    State.QUARANTINE: {State.READY, State.REFURBISHMENT, State.RETIRED},
    State.RETIRED: set(),
}


@dataclass
class Garment:
    """One physical garment. ``states`` are all that it was in, in order."""

    tag: str
    product_sku: str
    unique_sku: str
    state: State
    grade: str = ""
    order: str = ""
    line: str = ""
    hire: bool = False
    scanned: datetime | None = None
    states: list[State] = field(default_factory=list)
    lost: bool = False  # it lies somewhere, and no file names it

    @property
    def place(self) -> str:
        """The word of the column Location."""
        return PLACES.get(self.state, "")


class Garments:
    """All of them, by tag, by unique SKU, and the ready ones by product SKU, the longest ready first."""

    def __init__(self) -> None:
        self._by_tag: dict[str, Garment] = {}
        self._by_unique: dict[str, Garment] = {}
        self._by_product: defaultdict[str, dict[str, Garment]] = defaultdict(dict)
        self._ready: defaultdict[str, dict[str, None]] = defaultdict(dict)

    def __iter__(self) -> Iterator[Garment]:
        return iter(self._by_tag.values())

    def __len__(self) -> int:
        return len(self._by_tag)

    def add(self, product_sku: str, unique_sku: str, state: State, at: datetime, tag: str = "") -> Garment:
        """A garment that was not there; its tag is made of its unique SKU where none is given."""
        made = tag.upper() or hashlib.sha256(unique_sku.encode()).hexdigest()[:24].upper()
        if unique_sku in self._by_unique or made in self._by_tag:
            raise Refused(f"garment {unique_sku} is set up already: give another unique_sku and rfid")
        garment = Garment(made, product_sku, unique_sku, state, grade="A", scanned=at, states=[state])
        self._by_tag[made] = self._by_unique[unique_sku] = self._by_product[product_sku][made] = garment
        if state is State.READY:
            self._ready[product_sku][made] = None
        return garment

    def move(self, garment: Garment, state: State, at: datetime) -> None:
        """Puts it into another state, as far as its life allows it."""
        if state not in MAY[garment.state]:
            raise Refused(
                f"garment {garment.tag} is {garment.state}: from there it goes to {sorted(MAY[garment.state])}"
            )
        if garment.state is State.READY:
            self._ready[garment.product_sku].pop(garment.tag, None)
        garment.state, garment.scanned = state, at
        garment.states.append(state)
        if state is State.READY:
            garment.order = garment.line = ""
            garment.hire = False
            self._ready[garment.product_sku][garment.tag] = None

    def tagged(self, tag: str) -> Garment:
        """The garment with this tag, else ``Refused``."""
        found = self._by_tag.get(tag.upper())
        if found is None:
            raise Refused(f"no garment has the tag {tag}: set it up first")
        return found

    def unique(self, sku: str) -> Garment | None:
        """The garment with this unique SKU, if any."""
        return self._by_unique.get(sku)

    def knows(self, sku: str) -> bool:
        """Whether a garment or a style has this SKU."""
        return sku in self._by_unique or sku in self._by_product

    def active(self, sku: str) -> bool:
        """Whether the garment, or any garment of the style, is not retired."""
        if sku in self._by_unique:
            return self._by_unique[sku].state is not State.RETIRED
        return any(one.state is not State.RETIRED for one in self._by_product.get(sku, {}).values())

    def ready(self, sku: str) -> Garment | None:
        """A garment that may be allocated for this unique or product SKU; the longest ready first."""
        one = self._by_unique.get(sku)
        if one is not None:
            return one if one.state is State.READY and not one.lost else None
        return next((self._by_tag[tag] for tag in self._ready.get(sku, {}) if not self._by_tag[tag].lost), None)
