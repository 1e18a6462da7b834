"""The consequences that a graded garment can have, in stock and money; each warehouse's table says which one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from mappings.canonical import Condition, GarmentState, less_sellable


class Money(StrEnum):
    """The consequence for the customer's money."""

    CREDIT = "credit"
    CREDIT_LESS = "credit_less"
    HOLD = "hold"  # nothing is credited or released; a case
    PERSON = "person"
    RELEASE = "release"  # the deposit
    CHARGE = "charge"  # finance's worklist: damage or replacement

    @property
    def credits(self) -> bool:
        """Whether the customer gets the price back, whole or in part, without a person."""
        return self in {Money.CREDIT, Money.CREDIT_LESS}


class Booking(StrEnum):
    """An entry for finance besides the credit."""

    NOTHING = ""
    REFURBISHMENT_COST = "refurbishment_cost"
    WRITE_DOWN = "write_down"
    WRITE_OFF = "write_off"  # when its end is final, and not before
    CLAIM = "claim"


@dataclass(frozen=True, slots=True)
class Decision:
    """``less`` is the deduction in per cent; ``row`` names the row that decided."""

    stock: GarmentState
    money: Money
    book: Booking
    less: Decimal | None
    row: str

    @property
    def meanwhile(self) -> GarmentState:
        """The garment's state until the warehouse has it where it is bound for: grading alone sells nothing."""
        return less_sellable(GarmentState.INSPECTION, self.stock)

    @property
    def condition(self) -> Condition:
        """The condition that decides about the return in Khaos, as ``mappings.dispositions`` takes it."""
        return self.stock.condition or Condition.UNKNOWN
