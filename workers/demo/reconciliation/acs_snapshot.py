"""ACS's own book, brought into the shape in which warehouses' books are compared, as far as units go.

Of money and of single garments ``garments.py`` compares more. What ACS holds is every garment that is not sold and not
retired: one that is out on hire is still the merchant's, and stands on a Khaos site of its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from pydantic import Field

from workers.demo.reconciliation.khaos_snapshot import Book
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

FACILITY = "ACS"  # our name of the one building of an account
INVOICE = "Misc2"  # where our orders carry Khaos's invoice (the connection's setting ``misc``)
CANCELLED = {"Cancelled", "Rejected"}
ALLOCATED, PACKED = {"Allocated"}, {"Packed"}
READY, RETIRED, HIRED_OUT = "Ready", "Retired", "WithCustomer"
NOT_OURS = {"Gone", "Expected", RETIRED}  # sold, or set up and not arrived, or off the books
NOT_THERE = "item_not_available"
STOCK_ERROR = "STOCK_ERROR"
HIRE_RETURN = "HIRE_RETURN"
NEW_STOCK = "NEW_STOCK"
# Grades that say what came back instead of the garment.
ODD = {"WRONG_ITEM", "EMPTY_BOX", "MISSING", "COUNTERFEIT"}


class Tagged(Book):
    """A garment."""

    rfid: str
    product_sku: str
    state: str
    grade: str = ""


class Line(Book):
    """A line of an order; ``rfids`` are those that left, ``short`` a reason for each that will not."""

    line: str
    sku: str
    hire: bool
    units: int
    rfids: tuple[str, ...] = ()
    short: tuple[str, ...] = ()


class Order(Book):
    """An order that was put."""

    number: str
    status: str
    body: dict[str, object] = Field(default_factory=dict)
    lines: tuple[Line, ...] = ()
    parcels: tuple[dict[str, str], ...] = ()


class Left(Book):
    """A garment that left."""

    order: str
    line: str
    rfid: str
    product_sku: str
    hire: bool


class Back(Book):
    """A garment that came back. ``kind`` is what its label says, ``order`` and ``line`` what it left with."""

    rfid: str
    product_sku: str
    order: str = ""
    line: str = ""
    kind: str = ""
    grade: str = ""
    charge: bool = False


class Ended(Book):
    """A garment that was retired."""

    rfid: str
    product_sku: str
    reason: str


class Setup(Book):
    """A set-up file that was taken."""

    rows: int
    accepted: int
    answer: str = ""  # the name of the file with its results


class AcsBook(Book):
    """All of ACS's pages."""

    garments: tuple[Tagged, ...] = ()
    orders: tuple[Order, ...] = ()
    dispatched: tuple[Left, ...] = ()
    returns: tuple[Back, ...] = ()
    retired: tuple[Ended, ...] = ()
    setups: tuple[Setup, ...] = ()
    refused: dict[str, int] = Field(default_factory=dict)

    def sold(self, back: Back) -> bool:
        """Whether what came back had left with a sale: the order's line says so, whatever its label does."""
        return any(
            (one.rfid, one.order, one.line) == (back.rfid, back.order, back.line) and not one.hire
            for one in self.dispatched
        )


PAGES = tuple(AcsBook.model_fields)


def as_warehouse(book: AcsBook) -> WarehouseBook:
    """The same facts as Clarus's book tells them. Pure."""
    return WarehouseBook(
        goods_outs=tuple(_goods_outs(book)),
        stock=_shelves(book),
        transactions=tuple(
            Transaction(
                id=f"write-off {one.rfid}", subtype="NEGADJ", product=one.product_sku, warehouse=FACILITY, quantity=1
            )
            for one in book.retired
        ),
        receipts=tuple(_receipts(book)),
        stockouts=book.refused.get(NOT_THERE, 0)
        + sum(line.short.count(STOCK_ERROR) for order in book.orders for line in order.lines),
    )


def _goods_outs(book: AcsBook) -> Iterator[GoodsOut]:
    for order in book.orders:
        units: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for line in order.lines:
            units[line.sku].update(ordered=line.units, dispatched=len(line.rfids))
        yield GoodsOut(
            id=order.number,
            reference=order.number,
            external_system_reference1=str(order.body.get(INVOICE, "")),
            status="CANCELLED" if order.status in CANCELLED else order.status,
            warehouse=FACILITY,
            lines={sku: OutLine(**counts) for sku, counts in units.items()},
            parcels=tuple(Parcel(tracking=one["TrackingNumber"]) for one in order.parcels),
        )


def _shelves(book: AcsBook) -> dict[str, dict[str, Shelf]]:
    states: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in book.garments:
        states[one.product_sku][one.state] += 1
    return {
        sku: {
            FACILITY: Shelf(
                available=counts[READY],
                allocated=sum(counts[state] for state in ALLOCATED),
                picked=sum(counts[state] for state in PACKED),
                physically_there=sum(n for state, n in counts.items() if state not in NOT_OURS),
            )
        }
        for sku, counts in states.items()
    }


def _receipts(book: AcsBook) -> Iterator[Receipt]:
    """What came back of a sale, by order and tag; once graded, and where it is the garment itself."""
    for one in book.returns:
        if one.grade and one.grade not in ODD and book.sold(one):
            line = InLine(id=one.rfid, product=one.product_sku, received=1)
            yield Receipt(id=f"{one.order}/{one.rfid}", reference=one.order, warehouse=FACILITY, lines=(line,))
