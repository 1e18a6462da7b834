"""The shape of the sandboxes' books, as far as they are compared."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Book(BaseModel):
    """A page of a sandbox's book: frozen, and deaf to fields that nobody compares."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Confirmed(Book):
    """A shipment that Khaos Control was told of. Its reference is ``<fulfilment>/S<n>``."""

    reference: str
    lines: dict[str, int] = {}
    consignment: str = ""


class KhaosInvoice(Book):
    """A sales invoice. After a part shipment its lines are the shipped part, the rest is a further invoice."""

    order: str
    invoice: str
    ready: bool
    cancelled: bool = False
    warehouse_lines: dict[str, int] = {}
    shipments: tuple[Confirmed, ...] = ()


class KhaosOrder(Book):
    """A sales order."""

    order: str
    cancelled: bool = False


class KhaosBooks(Book):
    """All of Khaos Control's pages."""

    orders: tuple[KhaosOrder, ...] = ()
    invoices: tuple[KhaosInvoice, ...] = ()


class OutLine(Book):
    """Units of one code at a warehouse."""

    ordered: int = 0
    dispatched: int = 0


class GoodsOut(Book):
    """An order in a warehouse's book. ``invoice`` is what we wrote into its external reference."""

    id: str = Field(coerce_numbers_to_str=True)
    reference: str
    invoice: str = Field(default="", alias="external_system_reference1")
    status: str = ""
    deleted: bool = False
    lines: dict[str, OutLine] = {}

    @property
    def alive(self) -> bool:
        """Neither deleted nor cancelled (Clarus: status CANCELLED; a deleted pending order is gone)."""
        return not self.deleted and self.status.upper() != "CANCELLED"


class Excepted(Book):
    """A row of the exception table."""

    kind: str
    subject: str
    owner: str = ""
    severity: str = ""
    state: str
    order: str = ""
    invoice: str = ""
