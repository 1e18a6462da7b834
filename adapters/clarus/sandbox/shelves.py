"""What stands on the shelves: stock records that are split and joined, and the counters that follow them.

A shelf is all there is of one product of one account in one building. Sources: GraphQL lists stocks and
stock_balances (the counters of a balance have no counter for held units).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from adapters.clarus.sandbox import places
from adapters.clarus.sandbox.books import Books, Record, now

PLENTY = 1_000_000.0
COUNTED = frozenset({"available", "allocated", "received", "picked"})
# (location or "" for the usual one, units)
Parts = list[tuple[str, float]]


@dataclass
class Shelf:
    """``opening`` are the units that it was set up with; ``plenty`` says that nobody gave it any."""

    balance: Record
    opening: float = 0.0
    plenty: bool = False
    units: dict[str, float] = field(default_factory=lambda: defaultdict(float))  # by status
    records: dict[str, dict[str, Record]] = field(default_factory=lambda: defaultdict(dict))  # status -> id -> record

    def first(self, status: str, units: float, fits: Callable[[Record], bool] | None = None) -> Iterator[Any]:
        """(record, units to take from it), oldest first, until there are enough or no more."""
        for record in list(self.records[status].values()):
            if units <= 0:
                return
            if fits is None or fits(record):
                taken = min(units, record["quantity"])
                units -= taken
                yield record, taken

    def enter(self, record: Record, units: float) -> None:
        """Counts units of a record in, in its status."""
        self.records[record["status"]][record["id"]] = record
        self._count(record["status"], units)

    def leave(self, record: Record, units: float) -> None:
        """Counts units of a record out; all of them, and the record no longer stands here."""
        if units >= record["quantity"]:
            self.records[record["status"]].pop(record["id"], None)
        self._count(record["status"], -units)

    def spare(self, status: str) -> bool:
        """Whether units in this status are nobody's: plenty that was never asked for."""
        return self.plenty and status == "available"

    def _count(self, status: str, units: float) -> None:
        self.units[status] += units
        if status in COUNTED:
            self.balance[status] += units


class Shelves:
    """All shelves. One is opened when a product first belongs to an account that trades in a building."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._all: dict[tuple[str, str, str], Shelf] = {}
        self._plenty = True
        self._given: dict[str, dict[str, Parts]] = {}  # product code -> warehouse code, or "" for each -> parts

    def __iter__(self) -> Iterator[Shelf]:
        return iter(self._all.values())

    def shelf(self, warehouse: Record, account: Record, product: Record) -> Shelf:
        """The shelf, with its opening stock if it was not opened before."""
        key = (warehouse["id"], account["id"], product["id"])
        if key not in self._all:
            zero = dict.fromkeys(("available", "allocated", "ordered", "received", "picked"), 0.0)
            balance = {**zero, "product": product, "account": account, "warehouse": warehouse}
            self._all[key] = Shelf(self._books.stock_balances.add(balance))
            self._stock_up(self._all[key])
        return self._all[key]

    def of(self, record: Record) -> Shelf:
        """The shelf on which a record stands."""
        return self.shelf(record["warehouse"], record["account"], record["product"])

    def open_all(self) -> None:
        """Opens the shelf of every product of every account in every building of the account."""
        for row in self._books.account_products.rows.values():
            self.open(row["account"], row["product"])

    def open(self, account: Record, product: Record) -> None:
        """Opens the product's shelves in the buildings of the account."""
        for row in self._books.account_warehouses.by_key((account["id"],)):
            self.shelf(row["warehouse"], account, product)

    def drop(self, product: Record) -> bool:
        """Takes the product's shelves away; False, and nothing is done, where someone's stock stands on one."""
        own = {key: shelf for key, shelf in self._all.items() if shelf.balance["product"] is product}
        if any(units for shelf in own.values() for status, units in shelf.units.items() if not shelf.spare(status)):
            return False
        for key, shelf in own.items():
            self._clear(shelf)
            self._books.stock_balances.remove(shelf.balance)
            del self._all[key]
        return True

    def give(self, code: str, warehouse: str, parts: Parts) -> None:
        """From now on exactly this is available of the product in the building (``""``: in each)."""
        if not warehouse:
            self._given[code] = {}
        self._given.setdefault(code, {})[warehouse] = parts
        for shelf in self._all.values():
            here = not warehouse or shelf.balance["warehouse"]["code"] == warehouse or shelf.plenty
            if shelf.balance["product"]["code"] == code and here:
                self._stock_up(shelf)

    def be_plenty(self, plenty: bool) -> None:
        """Whether there is plenty of a product that nobody gave any stock of, or none."""
        changed, self._plenty = plenty is not self._plenty, plenty
        for shelf in self._all.values():
            if changed and shelf.balance["product"]["code"] not in self._given:
                self._stock_up(shelf)

    def put(self, shelf: Shelf, units: float, status: str, location: Record, **more: Any) -> Record:
        """A new record."""
        owner = {name: shelf.balance[name] for name in ("product", "account", "warehouse")}
        blank = {"storage_unit": None, "string1": None, "reason_code": None, "description": None}
        record = {**owner, **blank, "quantity": units, "status": status, "location": location, "fifo_date": now()}
        made = self._books.stocks.add({**record, **more, "created_at": now(), "updated_at": now()})
        shelf.enter(made, units)
        return made

    def part(self, record: Record, units: float, **changes: Any) -> Record:
        """Changes so many units of a record: the record itself, or a new one split off. The one that holds them."""
        shelf = self.of(record)
        shelf.leave(record, units)
        if units < record["quantity"]:
            record.update(quantity=record["quantity"] - units, updated_at=now())
            record = self._books.stocks.add({**record, "quantity": units, "created_at": now()})
        record.update(changes, updated_at=now())
        shelf.enter(record, units)
        return record

    def join(self, record: Record) -> Record:
        """Adds a record to one that is alike and stands at the same place, if there is one."""
        shelf = self.of(record)
        for other in shelf.records[record["status"]].values():
            alike = all(other[name] == record[name] for name in ("string1", "reason_code", "storage_unit"))
            if other is not record and other["location"] is record["location"] and alike:
                units = record["quantity"]
                self.take(record, units)
                other.update(quantity=other["quantity"] + units, updated_at=now())
                shelf.enter(other, units)
                return other
        return record

    def take(self, record: Record, units: float) -> None:
        """Units of a record are no more; a record without units vanishes."""
        self.of(record).leave(record, units)
        if units >= record["quantity"]:
            self._books.stocks.remove(record)
        else:
            record.update(quantity=record["quantity"] - units, updated_at=now())

    def _stock_up(self, shelf: Shelf) -> None:
        code, warehouse = shelf.balance["product"]["code"], shelf.balance["warehouse"]
        given = self._given.get(code)
        owner, owners = shelf.balance["account"]["id"], shelf.balance["product"]["account_ids"]
        shelf.plenty = self._plenty and given is None and owner in owners
        parts = [("", PLENTY)] if shelf.plenty else []
        if given is not None and owner in owners[:1]:  # what is given is given once: to the product's first owner
            parts = given.get(warehouse["code"], given.get("", []))
        self._clear(shelf)
        for location, units in parts:
            if units > 0:
                self.put(shelf, units, "available", places.place(self._books, warehouse, location or places.SHELF))
                shelf.opening += units

    def _clear(self, shelf: Shelf) -> None:
        for record in list(shelf.records["available"].values()):
            shelf.opening -= record["quantity"]
            self.take(record, record["quantity"])
