"""The shape of a warehouse's book, as far as it is compared."""

from __future__ import annotations

from pydantic import Field

from workers.demo.reconciliation.khaos_snapshot import Book, Units


class OutLine(Book):
    """Units of one code at a warehouse."""

    ordered: int = 0
    dispatched: int = 0


class Parcel(Book):
    """A parcel that left."""

    tracking: str = ""


class GoodsOut(Book):
    """An order in a warehouse's book. ``invoice`` is what we wrote into its external reference."""

    id: str = Field(coerce_numbers_to_str=True)
    reference: str
    invoice: str = Field(default="", alias="external_system_reference1")
    status: str = ""
    deleted: bool = False
    warehouse: str | None = None
    lines: dict[str, OutLine] = Field(default_factory=dict)
    parcels: tuple[Parcel, ...] = ()

    @property
    def alive(self) -> bool:
        """Neither deleted nor cancelled (Clarus: status CANCELLED; a deleted pending order is gone)."""
        return not self.deleted and self.status.upper() != "CANCELLED"

    @property
    def left(self) -> Units:
        """Units that left the building."""
        return {sku: line.dispatched for sku, line in self.lines.items() if line.dispatched}


class Shelf(Book):
    """What stands in a building of one code, by status. ``physically_there`` is all of it."""

    available: int = 0
    allocated: int = 0
    picked: int = 0
    physically_there: int = 0

    @property
    def good(self) -> int:
        """Units that are sellable, or sold and not yet gone."""
        return self.available + self.allocated + self.picked


class Transaction(Book):
    """A movement as the warehouse booked it. ``quantity`` is a magnitude, the subtype gives the direction."""

    id: str = Field(coerce_numbers_to_str=True)
    subtype: str
    product: str
    warehouse: str
    quantity: int


class InLine(Book):
    """A line of a receipt."""

    id: str = Field(coerce_numbers_to_str=True)
    product: str
    received: int = 0


class Receipt(Book):
    """What came in under one reference: a supplier's goods, or a customer's parcel."""

    id: str = Field(coerce_numbers_to_str=True)
    reference: str
    warehouse: str
    lines: tuple[InLine, ...] = ()


class WarehouseBook(Book):
    """All of a warehouse's pages. ``stock`` goes by code, then by building."""

    goods_outs: tuple[GoodsOut, ...] = ()
    stock: dict[str, dict[str, Shelf]] = Field(default_factory=dict)
    transactions: tuple[Transaction, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    stockouts: int = 0
