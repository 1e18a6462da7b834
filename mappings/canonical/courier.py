"""What the ERP asks a courier for, and the answer: an invoice, its boxes, their consignment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mappings.errors import Unreadable


@dataclass(frozen=True, slots=True)
class CourierBox:
    """One box: the id that its answer refers to, and its units by SKU."""

    item_id: str
    units: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CourierInvoice:
    """One invoice to be despatched, its units by SKU; no names and no addresses. A pack header is a line like others.

    ``invoice_id`` never changes, ``invoice_code`` can. ``boxes`` is empty where it was not packed into boxes.
    """

    invoice_id: str
    invoice_code: str
    order_code: str
    associated_ref: str
    units: Mapping[str, int]
    boxes: tuple[CourierBox, ...]


@dataclass(frozen=True, slots=True)
class CourierRequest:
    """One request. What could not be read is named by its invoice's id, so that it can be answered as failed."""

    service: str
    invoices: tuple[CourierInvoice, ...]
    unreadable: tuple[Unreadable, ...]


@dataclass(frozen=True, slots=True)
class CourierAnswer:
    """The answer for one invoice, or for one box where boxes were sent (``item_id``).

    A label is an address of one or its bytes, not both. ``errors`` are for the operator.
    """

    invoice_id: str
    item_id: str | None
    success: bool
    consignment: str = ""
    tracking: str = ""
    errors: tuple[str, ...] = ()
    label_url: str | None = None
    raw_label: bytes | None = None
