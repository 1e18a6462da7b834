"""GXO's own book, brought into the shape in which warehouses' books are compared.

GXO knows an order by our number alone; which invoice it is for, Khaos Control's book says.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby

from pydantic import Field

from workers.demo.reconciliation.khaos_snapshot import Book, KhaosBooks, KhaosInvoice, Units
from workers.demo.reconciliation.warehouse_snapshot import (
    GoodsOut,
    InLine,
    OutLine,
    Parcel,
    Receipt,
    Shelf,
    Transaction,
    WarehouseBook,
)

CANCELLED = "V"
GOOD = "N"  # inventory type


class OrderLine(Book):
    """A line of an order."""

    line: str
    sku: str
    ordered: int
    shipped: int
    result: str = ""


class Shipment(Book):
    """What one 945 told."""

    tracking: tuple[str, ...] = ()


class Order(Book):
    """A 940 that was accepted."""

    reference: str
    facility: str
    state: str
    lines: tuple[OrderLine, ...] = ()
    shipments: tuple[Shipment, ...] = ()

    @property
    def ordered(self) -> Units:
        """Units by code."""
        units = Counter[str]()
        for line in self.lines:
            units[line.sku] += line.ordered
        return dict(units)


class Row(Book):
    """Units of one inventory type."""

    on_hand: int = 0


class Moved(Book):
    """Units that were moved; ``message`` is the set and control number that told of them."""

    facility: str
    sku: str
    type: str
    units: int
    kind: str
    message: str


class Message(Book):
    """A file for us; ``files`` is how often one of it landed, 0 where it was lost."""

    facility: str
    set_id: str
    number: int
    reference: str
    name: str
    lost: bool = False
    files: int = 0


class Goods(Book):
    """Units of a receipt in one condition."""

    sku: str
    quantity: int
    line: str


class Arrival(Book):
    """A 944."""

    number: str
    facility: str
    reference: str
    kind: str
    blind: bool = False
    lines: tuple[Goods, ...] = ()


class Taken(Book):
    """A file of ours; ``folder`` is where it ended, ``archive`` when all is well."""

    facility: str
    name: str
    repeated: bool = False
    folder: str = ""
    verdict: str = ""


class GxoBook(Book):
    """All of GXO's pages. ``figures``: facility -> SKU -> QTY01 of an 846; ``stock`` goes down to the type."""

    orders: tuple[Order, ...] = ()
    picked_twice_orders: tuple[str, ...] = ()
    figures: dict[str, dict[str, dict[str, int]]] = Field(default_factory=dict)
    stock: dict[str, dict[str, dict[str, Row]]] = Field(default_factory=dict)
    movements: tuple[Moved, ...] = ()
    messages: tuple[Message, ...] = ()
    receipts: tuple[Arrival, ...] = ()
    files: tuple[Taken, ...] = ()
    stockouts: int = 0


def as_warehouse(book: GxoBook, khaos: KhaosBooks) -> WarehouseBook:
    """The same facts as Clarus's book tells them. Pure."""
    return WarehouseBook(
        goods_outs=tuple(_goods_outs(book, khaos)),
        stock=_shelves(book),
        transactions=tuple(_transactions(book)),
        receipts=tuple(_receipt(one) for one in book.receipts),
        stockouts=book.stockouts,
    )


def _goods_outs(book: GxoBook, khaos: KhaosBooks) -> Iterator[GoodsOut]:
    of_order: dict[str, list[KhaosInvoice]] = defaultdict(list)
    for invoice in khaos.invoices:
        of_order[invoice.order].append(invoice)
    for number, order in enumerate(book.orders):
        lines: dict[str, OutLine] = {}
        for line in order.lines:
            before = lines.get(line.sku, OutLine())
            lines[line.sku] = OutLine(
                ordered=before.ordered + line.ordered, dispatched=before.dispatched + line.shipped
            )
        yield GoodsOut(
            id=str(number),
            reference=order.reference,
            external_system_reference1=_invoice(order, of_order[order.reference.rpartition("-")[0]]),
            status="CANCELLED" if order.state == CANCELLED else order.state,
            warehouse=order.facility,
            lines=lines,
            parcels=tuple(Parcel(tracking=one) for shipment in order.shipments for one in shipment.tracking),
        )


def _invoice(order: Order, invoices: Sequence[KhaosInvoice]) -> str:
    """The first that was confirmed with this order, else one with its lines, else the order's only one; or none."""
    told = [
        one.invoice
        for one in invoices
        if any(shipment.reference.startswith(f"{order.reference}/") for shipment in one.shipments)
    ]
    alike = [one.invoice for one in invoices if not one.shipments and one.warehouse_lines == order.ordered]
    alone = [one.invoice for one in invoices] if len(invoices) == 1 else []
    return next(iter([*told, *alike, *alone]), "")


def _shelves(book: GxoBook) -> dict[str, dict[str, Shelf]]:
    """Counted by type from the stock page; which of the good ones are set aside, the figures say."""
    found: dict[str, dict[str, Shelf]] = defaultdict(dict)
    for facility, skus in book.stock.items():
        for sku, types in skus.items():
            allocated = book.figures.get(facility, {}).get(sku, {}).get("27", 0)
            good = types[GOOD].on_hand if GOOD in types else 0
            found[sku][facility] = Shelf(
                available=good - allocated,
                allocated=allocated,
                physically_there=sum(row.on_hand for row in types.values()),
            )
    return dict(found)


def _transactions(book: GxoBook) -> Iterator[Transaction]:
    """Adjustments by their own number: of good units, or between them and others.

    What passes between two other types has left and come: finance hears of a release and of a hold.
    """
    numbers = {(one.facility, f"{one.set_id} {one.number}"): one.reference for one in book.messages}
    adjusted = [one for one in book.movements if one.kind == "adjusted"]
    for (facility, message), group in groupby(adjusted, lambda one: (one.facility, one.message)):
        parts = list(group)
        good = sum(one.units for one in parts if one.type == GOOD)
        others = sum(one.units for one in parts if one.type != GOOD)
        if not any(one.type != GOOD for one in parts):
            words = [("POSADJ" if good > 0 else "NEGADJ", abs(good))]
        elif good:
            words = [("RELEASE" if good > 0 else "HOLD", abs(good))]
        elif others:  # lost or found in another condition: released and adjusted, or adjusted and held
            words = (
                [("RELEASE", -others), ("NEGADJ", -others)] if others < 0 else [("POSADJ", others), ("HOLD", others)]
            )
        else:
            passed = sum(one.units for one in parts if one.units > 0)
            words = [("RELEASE", passed), ("HOLD", passed)]
        for subtype, units in words:
            yield Transaction(
                id=numbers[facility, message],
                subtype=subtype,
                product=parts[0].sku,
                warehouse=facility,
                quantity=units,
            )


def _receipt(one: Arrival) -> Receipt:
    """A line may have come in several conditions: together they are what came in on it."""
    units: dict[tuple[str, str], int] = {}
    for goods in one.lines:
        units[goods.line, goods.sku] = units.get((goods.line, goods.sku), 0) + goods.quantity
    lines = tuple(InLine(id=line, product=sku, received=n) for (line, sku), n in units.items())
    return Receipt(id=one.number, reference=one.reference, warehouse=one.facility, lines=lines)
