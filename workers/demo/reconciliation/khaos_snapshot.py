"""The shape of Khaos Control's book, as far as it is compared."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

Units = dict[str, int]  # by code


class Book(BaseModel):
    """A page of a sandbox's book: frozen, and deaf to fields that nobody compares."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Confirmed(Book):
    """A shipment that Khaos Control was told of. Its reference is ``<fulfilment>/S<n>``."""

    reference: str
    lines: Units = {}
    consignment: str = ""


class KhaosInvoice(Book):
    """A sales invoice. After a part shipment its lines are the shipped part, the rest is a further invoice.

    ``consignment`` is what a courier told when an operator assigned it; such an invoice has no ``shipments``.
    """

    order: str
    invoice: str
    ready: bool
    stage: int = 0
    cancelled: bool = False
    warehouse_lines: Units = {}
    shipments: tuple[Confirmed, ...] = ()
    consignment: str = ""
    tracking: str = ""


class KhaosOrder(Book):
    """A sales order."""

    order: str
    cancelled: bool = False
    site: str = ""


class Level(Book):
    """Units of one code at one of Khaos Control's sites. ``quarantine`` stands beside ``in_stock``."""

    code: str
    site: str
    in_stock: int
    assigned: int = 0
    quarantine: int = 0


class Delivery(Book):
    """A delivery note that was booked against a purchase order."""

    po: str
    site: str
    lines: Units


class Credit(Book):
    """A credit note. ``returned`` is the reference of the return that it credits, empty for one raised by hand."""

    reference: str
    order: str = ""
    lines: Units = {}
    returned: str = Field(default="", alias="return")


class KhaosBooks(Book):
    """All of Khaos Control's pages."""

    orders: tuple[KhaosOrder, ...] = ()
    invoices: tuple[KhaosInvoice, ...] = ()
    levels: tuple[Level, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    credits: tuple[Credit, ...] = ()
