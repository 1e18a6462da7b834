"""Hire or sale, and the days between which a hired garment is away."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import model_validator

from mappings.canonical.model import Canonical


class LineKind(StrEnum):
    """Whether a line lends a garment or sells it. Only a sale can ever be credited."""

    HIRE = "hire"
    SALE = "sale"


class HireDates(Canonical):
    """The four days of a hire, in order: leaves the warehouse, arrives, is worn first, is expected back there."""

    dispatch_on: date
    deliver_on: date
    event_on: date
    back_by: date

    @model_validator(mode="after")
    def _in_order(self) -> HireDates:
        days = (self.dispatch_on, self.deliver_on, self.event_on, self.back_by)
        if list(days) != sorted(days):
            raise ValueError(
                "dispatch_on, deliver_on, event_on and back_by must follow each other: correct the order's dates"
            )
        return self
