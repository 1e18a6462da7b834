"""Who bought an order: the customer and both addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from mappings.canonical import Address


@dataclass(frozen=True, slots=True)
class Parties:
    """``invoice`` is where it was invoiced, ``delivery`` where it went if that is another block.

    ``paid`` is the gross price of one unit by SKU, where the order shows one and the same for all units of it.
    """

    urn: str
    invoice: Address
    delivery: Address | None = None
    ordered_on: date | None = None
    paid: Mapping[str, Decimal] = field(default_factory=dict)
