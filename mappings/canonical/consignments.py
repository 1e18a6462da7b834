"""A shipment on an invoice, and the one reference that stands for all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from mappings.canonical import Parcel, Shipment


@dataclass(frozen=True, slots=True)
class Consigned:
    """One shipment on an invoice, with the reference that stands for all of it."""

    shipment: Shipment
    consignment: str
    associated_ref: str = ""
    grams: Decimal | None = None  # of its goods, where the catalogue knows


def consignment_of(parcels: Sequence[Parcel], reference: str) -> str:
    """The reference of a shipment as a whole: the first tracking number that there is.

    Khaos needs a reference. A carrier that gives no number leaves the warehouse's own name of the shipment, else ours.
    """
    named = [parcel.tracking for parcel in parcels] + [parcel.shipment for parcel in parcels]
    return next((name for name in named if name), reference)
