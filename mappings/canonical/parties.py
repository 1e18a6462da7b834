"""Who bought an order: the customer and both addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from mappings.canonical import Address


@dataclass(frozen=True, slots=True)
class Parties:
    """``invoice`` is where it was invoiced, ``delivery`` where it went if that is another block."""

    urn: str
    invoice: Address
    delivery: Address | None = None
    ordered_on: date | None = None
