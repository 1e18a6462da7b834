"""Changes of stock records that no order asked for: found, lost, held, released, moved, given to another owner."""

from __future__ import annotations

from collections.abc import Callable

from adapters.clarus.sandbox.books import Record
from adapters.clarus.sandbox.refusal import invalid
from adapters.clarus.sandbox.shelves import Shelf
from adapters.clarus.sandbox.stock import Stock


def choose(
    shelf: Shelf, status: str, units: float, fits: Callable[[Record], bool] | None = None
) -> list[tuple[Record, float]]:
    """Records of the shelf with so many units between them, oldest first; a 422 where there are not enough."""
    chosen = list(shelf.first(status, units, fits))
    there = sum(taken for _, taken in chosen)
    if there < units:
        raise invalid("quantity", f"must be <= {status}, which is {there:g}")
    return chosen


def adjust_down(stock: Stock, record: Record, units: float, reason: Record | None) -> Record:
    """Units of a record are no more; the transaction."""
    balance = stock.shelves.of(record).balance
    stock.shelves.take(record, units)
    return stock.movements.write("NEGADJ", record, units, balance, came_from=record["location"], reason=reason)


def adjust_up(stock: Stock, shelf: Shelf, units: float, location: Record, reason: Record | None) -> Record:
    """Units nobody knew of; the transaction."""
    record = stock.shelves.join(stock.shelves.put(shelf, units, "available", location))
    return stock.movements.write("POSADJ", record, units, shelf.balance, went_to=location, reason=reason)


def hold(
    stock: Stock,
    record: Record,
    units: float,
    reason: Record | None,
    description: str = "",
    receipt_line: Record | None = None,
) -> Record:
    """Takes available units out of reach; the record that holds them, which stays where it is."""
    held = stock.shelves.part(record, units, status="held", reason_code=reason, description=description or None)
    balance = stock.shelves.of(held).balance
    place = held["location"]
    stock.movements.write(
        "HOLD", held, units, balance, came_from=place, went_to=place, reason=reason, receipt_line=receipt_line
    )
    return held


def release(stock: Stock, record: Record, units: float, reason: Record | None, description: str = "") -> Record:
    """Makes held units available again; the record that holds them."""
    free = stock.shelves.part(record, units, status="available", reason_code=None, description=description or None)
    balance, place = stock.shelves.of(free).balance, free["location"]
    stock.movements.write("RELEASE", free, units, balance, came_from=place, went_to=place, reason=reason)
    return free


def move(stock: Stock, record: Record, units: float, to: Record, reason: Record | None = None) -> Record:
    """Carries units to another location of the building; the record that holds them."""
    came_from = record["location"]
    moved = stock.shelves.part(record, units, location=to)
    balance = stock.shelves.of(moved).balance
    stock.movements.write("TRAN", moved, units, balance, came_from=came_from, went_to=to, reason=reason)
    return moved


def transfer(stock: Stock, record: Record, units: float, owner: Record, reason: Record | None) -> Record:
    """Gives units to another account at the same place; the new record. One transaction for each owner."""
    place, product, before = record["location"], record["product"], stock.shelves.of(record)
    after = stock.shelves.shelf(record["warehouse"], owner, product)
    stock.shelves.take(record, units)
    made = stock.shelves.put(after, units, "available", place, string1=record["string1"])
    stock.movements.write("TRAN", record, units, before.balance, came_from=place, reason=reason)
    stock.movements.write("TRAN", made, units, after.balance, went_to=place, reason=reason)
    for shelf in (before, after):
        stock.movements.changed(shelf.balance)
    return made
