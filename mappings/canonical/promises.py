"""What an open invoice promises, by SKU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Units = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Promise:
    """The promise of one invoice, by SKU; ``units`` is None where its items are not shown, or not all can be read."""

    order_code: str
    associated_ref: str
    invoice_code: str
    stage: int
    shipped: bool
    units: Units | None
