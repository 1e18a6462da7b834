"""What orders do to the stock: reserve it, take it from the shelf, send it away, give it back."""

from __future__ import annotations

from collections import defaultdict

from adapters.clarus.sandbox import places
from adapters.clarus.sandbox.books import Books, Record
from adapters.clarus.sandbox.movements import Movements
from adapters.clarus.sandbox.shelves import Shelf, Shelves
from adapters.clarus.sandbox.webhooks import Webhooks


class Stock:
    """The shelves, the audit of what moves on them, and the records that lie ready for each order line."""

    def __init__(self, books: Books, webhooks: Webhooks) -> None:
        self._books = books
        self.shelves = Shelves(books)
        self.movements = Movements(books, webhooks)
        self._ready: dict[str, list[Record]] = defaultdict(list)  # line id -> records allocated, then picked

    def shelf(self, line: Record) -> Shelf:
        """The shelf that an order line draws on; an order without a building draws on the account's first."""
        order = line["goods_out"]
        linked = self._books.account_warehouses.by_key((order["account"]["id"],))
        own = order["warehouse"] or next((row["warehouse"] for row in linked), None)
        return self.shelves.shelf(
            own or next(iter(self._books.warehouses.rows.values())), order["account"], line["product"]
        )

    def order(self, line: Record) -> None:
        """The line's units are asked for."""
        self.shelf(line).balance["ordered"] += line["order_quantity"]

    def close(self, line: Record) -> None:
        """What has not left by now is no longer asked for."""
        balance = self.shelf(line).balance
        balance["ordered"] -= max(line["order_quantity"] - line["dispatch_quantity"], 0.0)

    def allocate(self, line: Record) -> float:
        """Reserves what it can of what the line still needs; the units reserved."""
        shelf, got = self.shelf(line), 0.0
        for record, units in shelf.first("available", line["order_quantity"] - line["allocated_quantity"]):
            self._ready[line["id"]].append(self.shelves.part(record, units, status="allocated"))
            got += units
        if got:
            line["allocated_quantity"] += got
            self.movements.changed(shelf.balance)
        return got

    def pick(self, line: Record, units: float) -> None:
        """Takes so many of the reserved units from the shelf; the rest stays there and can be had again."""
        line["pick_quantity"] = units
        for record in self._ready.pop(line["id"], ()):
            taken = min(units, record["quantity"])
            units -= taken
            left = record["quantity"] - taken
            if taken:
                self._carry(line, record, taken)
            if left:
                self._give_back(record)

    def pick_more(self, line: Record, units: float) -> None:
        """Takes units that nobody ordered, as far as they are there."""
        for record, taken in self.shelf(line).first("available", units):
            self._carry(line, record, taken)
            line["pick_quantity"] += taken

    def dispatch(self, line: Record, units: float) -> None:
        """Units of a line leave the building."""
        line["dispatch_quantity"] += units
        balance = self.shelf(line).balance
        balance["ordered"] -= min(units, max(line["order_quantity"] - line["dispatch_quantity"] + units, 0.0))
        for record in self._ready.pop(line["id"], ()):
            taken = min(units, record["quantity"])
            units -= taken
            if taken < record["quantity"]:
                self._ready[line["id"]].append(record)
            if not taken:
                continue
            gone = self.shelves.part(record, taken, status="dispatched")
            self.shelves.take(gone, taken)
            self.movements.write("DISP", gone, taken, balance, came_from=gone["location"], goods_out=line["goods_out"])

    def release(self, line: Record) -> None:
        """Gives back what a cancelled line held; what was picked is carried back to where it came from."""
        for record in self._ready.pop(line["id"], ()):
            self._give_back(record)
        line["allocated_quantity"] = line["dispatch_quantity"]

    def _carry(self, line: Record, record: Record, units: float) -> None:
        home = record["location"]
        bench = places.place(self._books, record["warehouse"], places.BENCH)
        picked = self.shelves.part(record, units, status="picked", location=bench, home=home)
        self._ready[line["id"]].append(picked)
        balance = self.shelves.of(picked).balance
        self.movements.write("PICK", picked, units, balance, came_from=home, went_to=bench, goods_out=line["goods_out"])

    def _give_back(self, record: Record) -> None:
        units, balance = record["quantity"], self.shelves.of(record).balance
        bench = record["location"] if record["status"] == "picked" else None
        home = record["home"] if bench else record["location"]
        back = self.shelves.join(self.shelves.part(record, units, status="available", location=home))
        if bench:
            self.movements.write("TRAN", back, units, balance, came_from=bench, went_to=home)
        self.movements.changed(balance)
