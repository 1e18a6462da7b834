"""What finance books: one movement of a warehouse as a journal entry."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from mappings.canonical.model import Canonical


class JournalEntry(Canonical):
    """One movement, once. ``movement`` is unique over all warehouses and stable: the other side may know it already.

    ``units`` is signed: good units gained or lost at ``site``, the facility's Khaos site. ``unit_cost`` is None
    where nobody knows one.
    """

    movement: str
    sku: str
    site: str
    units: int
    reason: str  # Khaos's adjustment reason
    account: str  # finance's ledger account
    unit_cost: Decimal | None = None
    event_at: datetime
