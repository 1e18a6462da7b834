"""Goods that come back, and the money that goes back for them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from mappings.canonical.model import Canonical
from mappings.canonical.orders import Address


class AdvisedLine(Canonical):
    """Units of one SKU that a customer says will come back."""

    sku: str
    quantity: Annotated[int, Field(gt=0)]
    reason: str = ""  # the customer's reason, ours to keep
    exchange_for: str = ""  # SKU that shall go out instead; only from an advice


class ReturnAdvice(Canonical):
    """A return announced to a warehouse."""

    reference: str  # the RMA reference, at most 22 characters
    order_code: str
    facility: str = ""
    lines: tuple[AdvisedLine, ...]
    expected_on: date | None = None


class ReturnedItem(Canonical):
    """One returned line as it is offered to Khaos. ``unit_price`` is gross, and only for a reduced refund."""

    sku: str
    quantity: Annotated[int, Field(gt=0)]
    reason_id: str  # Khaos's return reason
    order_code: str = ""  # the source order; exactly one key is ever sent
    unit_price: Decimal | None = None
    notes: tuple[str, ...] = ()


class ExchangeItem(Canonical):
    """An item that goes out instead."""

    sku: str
    quantity: Annotated[int, Field(gt=0)]
    unit_price: Decimal | None = None
    notes: tuple[str, ...] = ()


class CustomerReturn(Canonical):
    """A return as Khaos pulls it. ``reference`` is ours, unique for good, and comes back on the credit note."""

    reference: Annotated[str, Field(max_length=15)]
    created_at: datetime
    urn: str  # the customer, who must exist
    invoice_address: Address
    delivery_address: Address | None = None
    items: tuple[ReturnedItem, ...]
    exchanges: tuple[ExchangeItem, ...] = ()
    note: str = ""
    process: bool = False  # have Khaos process it straight after the import


class CreditNote(Canonical):
    """A credit note as a status read shows it. ``reference`` is the return's where Khaos shows it."""

    code: str
    reference: str = ""
    urn: str = ""
    order_code: str = ""
    issued_on: date | None = None
    lines: tuple[tuple[str, int], ...] = ()  # (SKU, units), a magnitude
