"""A warehouse is made of parts, one for each thing that it can do, each in its own manner or absent.

Whoever needs a part asks the warehouse for it by its name. A system joins its parts in ``workers/systems/<system>/``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Generic, Protocol, TypeVar, overload

from workers.ports.api import OrderReads, ReturnReads, WarehouseStock
from workers.ports.edi import EnvelopeAnswers, Files, ItemFiles, OrderAnswers, Receipts, Shipments, StockDocuments
from workers.ports.events import About, Events
from workers.ports.garment_stock import GarmentStock
from workers.ports.garments import GarmentOrders, GarmentSetup
from workers.ports.goods_in import GoodsIn
from workers.ports.holdings import Holdings
from workers.ports.orders import (
    CancelResult,
    ControlNumber,
    Manner,
    Orders,
    Products,
    Returns,
    SentOrder,
    WriteContext,
    no_control_number,
)
from workers.ports.past import Past
from workers.ports.sources import Kind

__all__ = [
    "Account",
    "CancelResult",
    "ControlNumber",
    "Dispatches",
    "Manner",
    "Orders",
    "PartAbsent",
    "Parts",
    "Products",
    "Returns",
    "SentOrder",
    "Warehouse",
    "WriteContext",
    "manners",
    "no_control_number",
]

P = TypeVar("P")


class PartAbsent(Exception):
    """Something was asked of a warehouse that it cannot do; the message names the part."""


class Account(Protocol):
    """The part that every warehouse has. Both calls go over the network."""

    sites: dict[str, str]  # facility -> Khaos site

    def ping(self) -> None:
        """A harmless read."""

    def reference_data(self) -> dict[str, Any]:
        """Ids of the account, the buildings and the carriers."""


class Dispatches(Protocol):
    """The part of every warehouse that reports dispatches, in whatever manner."""

    def courier(self, carrier: str, service: str) -> str:
        """Khaos's courier for a warehouse's carrier. Raises Unmappable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts that one account of a system has; None is a part that it lacks."""

    account: Account
    # what it takes
    orders: Orders | None = None
    products: Products | None = None  # one by one, by call
    item_files: ItemFiles | None = None  # many in a file
    garment_setup: GarmentSetup | None = None  # garments, one by one, in a file
    returns: Returns | None = None  # announced ones
    garment_orders: GarmentOrders | None = None  # line by line: hire or sale, and which garment left for each
    # what it shows when it is asked
    order_reads: OrderReads | None = None
    return_reads: ReturnReads | None = None
    stock: WarehouseStock | None = None
    goods_in: GoodsIn | None = None
    holdings: Holdings | None = None
    # readers of its documents, whether from a file or an event
    dispatches: Dispatches | None = None
    envelope_answers: EnvelopeAnswers | None = None
    answers: OrderAnswers | None = None
    shipments: Shipments | None = None
    receipts: Receipts | None = None
    stock_documents: StockDocuments | None = None
    garments: GarmentStock | None = None  # by their tags: the daily file, and what happens to each
    # where documents and hints come from
    files: Files | None = None
    events: Events | None = None
    past: Past | None = None  # folders that show what went before


class _Part(Generic[P]):
    """Gives a warehouse's part of the attribute's own name. Raises PartAbsent."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, warehouse: None, owner: type) -> _Part[P]: ...
    @overload
    def __get__(self, warehouse: Warehouse, owner: type) -> P: ...
    def __get__(self, warehouse: Warehouse | None, owner: type) -> P | _Part[P]:
        if warehouse is None:
            return self
        part: P | None = getattr(warehouse.parts, self._name)
        if part is None:
            raise PartAbsent(
                f"connection {warehouse.name} has no part {self._name!r}; it has {', '.join(warehouse.names)}"
            )
        return part


class Warehouse:
    """A warehouse by its connection's name: ask it for a part, or ``has`` whether it has one."""

    account = _Part[Account]()
    orders = _Part[Orders]()
    products = _Part[Products]()
    item_files = _Part[ItemFiles]()
    envelope_answers = _Part[EnvelopeAnswers]()
    garment_setup = _Part[GarmentSetup]()
    returns = _Part[Returns]()
    garment_orders = _Part[GarmentOrders]()
    order_reads = _Part[OrderReads]()
    return_reads = _Part[ReturnReads]()
    stock = _Part[WarehouseStock]()
    goods_in = _Part[GoodsIn]()
    holdings = _Part[Holdings]()
    dispatches = _Part[Dispatches]()
    answers = _Part[OrderAnswers]()
    shipments = _Part[Shipments]()
    receipts = _Part[Receipts]()
    stock_documents = _Part[StockDocuments]()
    garments = _Part[GarmentStock]()
    files = _Part[Files]()
    events = _Part[Events]()
    past = _Part[Past]()

    def __init__(self, name: str, parts: Parts) -> None:
        self.name = name
        self.parts = parts

    @property
    def sites(self) -> Mapping[str, str]:
        """Facility -> Khaos site."""
        return self.parts.account.sites

    @property
    def names(self) -> tuple[str, ...]:
        """The parts that it has."""
        return tuple(field.name for field in fields(Parts) if getattr(self.parts, field.name) is not None)


KINDS: dict[str, frozenset[About | Kind]] = {
    "tells dispatches": frozenset({About.ORDER, Kind.SHIPMENT, Kind.GARMENT_DISPATCH}),
    "tells stock": frozenset({About.STOCK, Kind.ADJUSTMENT, Kind.COUNT, Kind.GARMENT_MOVE, Kind.GARMENT_END}),
    "tells returns": frozenset({About.GOODS_IN, Kind.RECEIPT, Kind.GARMENT_RETURN}),
}


def manners(parts: Parts) -> dict[str, tuple[Manner, ...]]:
    """Everything that a warehouse can do, with its manners; an empty tuple for what it cannot."""
    items = {Manner.CALL: parts.products, Manner.FILE: parts.item_files or parts.garment_setup}
    read_parts = {"tells dispatches": parts.order_reads, "tells stock": parts.stock, "tells returns": parts.goods_in}
    by_file = {"tells stock"} if parts.garments is not None and parts.garments.files is not None else set()
    return {
        "takes orders": (parts.orders.manner,) if parts.orders else (),
        "takes products": tuple(manner for manner, part in items.items() if part),
        "takes returns": (parts.returns.manner,) if parts.returns else (),
        **{
            what: tuple(
                manner
                for manner, can in (
                    (Manner.CALL, read_parts[what] is not None),
                    (Manner.EVENT, parts.events is not None and bool(parts.events.tells & kinds)),
                    (Manner.FILE, (parts.files is not None and bool(parts.files.tells & kinds)) or what in by_file),
                )
                if can
            )
            for what, kinds in KINDS.items()
        },
    }
