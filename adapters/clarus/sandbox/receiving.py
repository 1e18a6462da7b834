"""How goods come in: a receipt, its receive and put-away tasks, and the stock that appears with them.

Source: api-reference/goods-in:-receipts and receive tasks (one task for each loose line; stock only when a task is
done). Assumed: PART is set by the first put-away while others are open; a short receipt closes its line.
"""

from __future__ import annotations

from typing import Any

from adapters.clarus.sandbox import places
from adapters.clarus.sandbox.books import Books, Record, now
from adapters.clarus.sandbox.refusal import Refusal, invalid
from adapters.clarus.sandbox.stock import Stock
from adapters.clarus.sandbox.webhooks import Webhooks

TYPES = {code: {"id": str(number), "code": code} for number, code in enumerate(("RCV", "PWAY"), start=1)}


class Receiving:
    """What the goods-in people do."""

    def __init__(self, books: Books, stock: Stock, webhooks: Webhooks) -> None:
        self._books = books
        self._stock = stock
        self._webhooks = webhooks

    def book(self, header: Record, lines: list[Record]) -> Record:
        """A pending receipt. ``header`` names account and warehouse as records, a line its product."""
        blank: Record = {
            "reference": None, "supplier": None, "receipt_type": "standard", "goods_in_receipt_kind_id": None,
            "expected_date_of_receipt": None, "actual_date_of_receipt": None, "notes": None, "address": {},
        }  # fmt: skip
        receipt = {**blank, **header, "status": "PENDING", "lines": [], "created_at": now(), "updated_at": now()}
        self._books.goods_in_receipts.add(receipt)
        for line in lines:
            self.add_line(receipt, line)
        self._webhooks.fire("goods_in", "created", receipt)
        return receipt

    def add_line(self, receipt: Record, told: Record) -> Record:
        """One more line."""
        line = {"alt_line_number": None, "string1": None, **told, "quantity_received": 0.0, "goods_in_receipt": receipt}
        receipt["lines"].append(self._books.goods_in_receipt_lines.add(line))
        return line

    def remove_line(self, line: Record) -> None:
        """One line less."""
        line["goods_in_receipt"]["lines"].remove(line)
        self._books.goods_in_receipt_lines.remove(line)

    def receive(self, receipt: Record) -> None:
        """The goods are at the door: one task for each line, and no stock yet."""
        if receipt["status"] != "PENDING" or not receipt["lines"]:
            raise Refusal("goods_in_receipt_not_receivable", "Receipt must be pending and have a line")
        for line in receipt["lines"]:
            self.add_task("RCV", line, line["expected_quantity"])
        self._move(receipt, "RCV")

    def revert(self, receipt: Record) -> None:
        """Back to pending, if nothing has come in."""
        tasks = self.tasks(receipt)
        if receipt["status"] != "RCV" or any(task["status"] == "COMPLETED" for task in tasks):
            raise Refusal("goods_in_receipt_not_revertable", "Receipt has completed tasks or was not received")
        for task in tasks:
            self._books.tasks.remove(task)
        self._move(receipt, "PENDING")

    def cancel(self, receipt: Record) -> None:
        """Only while it is pending, and for good."""
        if receipt["status"] != "PENDING":
            raise Refusal("goods_in_receipt_not_pending", "Only a pending receipt can be cancelled")
        self._move(receipt, "CANCELLED")
        self._webhooks.fire("goods_in", "cancelled", receipt)

    def tasks(self, receipt: Record) -> list[Record]:
        """All tasks of its lines."""
        return list(self._books.tasks.by_key(line["id"] for line in receipt["lines"]))

    def add_task(
        self, kind: str, line: Record, units: float, stock: Record | None = None, follows: Record | None = None
    ) -> Record:
        """Something to be done for a line; a put-away task follows the receive task that brought its stock."""
        receipt = line["goods_in_receipt"]
        bay, shelf = (places.place(self._books, receipt["warehouse"], code) for code in (places.BAY, places.SHELF))
        return self._books.tasks.add(
            {
                "status": "AVAILABLE",
                "subtype": "standard",
                "start_quantity": units,
                "confirmed_quantity": None,
                "created_at": now(),
                "completed_at": None,
                "account": receipt["account"],
                "warehouse": receipt["warehouse"],
                "product": line["product"],
                "task_type": TYPES[kind],
                "location_from": bay if kind == "PWAY" else None,
                "location_to": shelf if kind == "PWAY" else bay,
                "goods_in_receipt_line": line,
                "goods_out": None,
                "stock": stock,
                "follows": follows,
            }
        )

    def take_in(
        self, task: Record, units: float, location: Record | None = None, *, to_shelf: bool = False, **more: Any
    ) -> Record | None:
        """Completes a receive task: stock in the bay and a put-away task, or stock on its shelf at once."""
        line, place = self._open(task, "RCV"), location or task["location_to"]
        receipt, record, put_away = line["goods_in_receipt"], None, None
        receipt["actual_date_of_receipt"] = receipt["actual_date_of_receipt"] or now()
        self._done(task, units, place)
        line["quantity_received"] += units
        if units > 0:
            shelf = self._stock.shelves.shelf(receipt["warehouse"], receipt["account"], line["product"])
            status = "available" if to_shelf else "received"
            record = self._stock.shelves.put(shelf, units, status, place, string1=line["string1"], **more)
            self._stock.movements.write("RCV", record, units, shelf.balance, went_to=place, receipt_line=line)
            put_away = None if to_shelf else self.add_task("PWAY", line, units, record, task)
        self._settle(receipt, a_shelf_was_filled=to_shelf)
        return put_away

    def put_away(self, task: Record, units: float, location: Record, **more: Any) -> Record:
        """Completes a put-away task: what stood in the bay is available. The stock record."""
        line, record = self._open(task, "PWAY"), task["stock"]
        if not 0 < units <= record["quantity"]:
            raise invalid("confirmed_quantity", f"must be above 0 and <= {record['quantity']:g}")
        rest, came_from = record["quantity"] - units, record["location"]
        stored: Record = self._stock.shelves.part(record, units, status="available", location=location, **more)
        task["stock"] = stored
        self._done(task, units, location)
        balance = self._stock.shelves.of(stored).balance
        self._stock.movements.write(
            "PWAY", stored, units, balance, came_from=came_from, went_to=location, receipt_line=line
        )
        if rest:
            self.add_task("PWAY", line, rest, record, task["follows"])
        self._webhooks.fire("putaway_task", "completed", task)
        self._settle(line["goods_in_receipt"], a_shelf_was_filled=True)
        return stored

    def take_back(self, receipt: Record) -> None:
        """Undoes what was received and still stands in the bay; its receive tasks are open again."""
        waiting = [task for task in self.tasks(receipt) if task["status"] == "AVAILABLE" and task["stock"]]
        if not waiting:
            raise Refusal("nothing_to_unreceive", "Nothing of this receipt stands in the goods-in bay")
        for task in waiting:
            line, record, units = task["goods_in_receipt_line"], task["stock"], task["stock"]["quantity"]
            self._books.tasks.remove(task)
            self._stock.shelves.take(record, units)
            line["quantity_received"] -= units
            before = task["follows"]
            before["confirmed_quantity"] -= units
            balance = self._stock.shelves.of(record).balance
            self._stock.movements.write(
                "UNRCV", record, units, balance, came_from=record["location"], receipt_line=line
            )
            if before["confirmed_quantity"]:
                self.add_task("RCV", line, units)
            else:
                before.update(status="AVAILABLE", confirmed_quantity=None, completed_at=None, planned=False)

    def _open(self, task: Record, kind: str) -> Record:
        if task["status"] != "AVAILABLE" or task["task_type"] is not TYPES[kind]:
            raise Refusal("task_not_available", f"Task is not an open {kind} task")
        line: Record = task["goods_in_receipt_line"]
        return line

    def _done(self, task: Record, units: float, place: Record) -> None:
        task.update(status="COMPLETED", confirmed_quantity=units, location_to=place, completed_at=now())

    def _settle(self, receipt: Record, *, a_shelf_was_filled: bool) -> None:
        if all(task["status"] == "COMPLETED" for task in self.tasks(receipt)):
            self._move(receipt, "COMPLETED")
            self._webhooks.fire("goods_in", "completed", receipt)
        elif a_shelf_was_filled and receipt["status"] != "PART":
            self._move(receipt, "PART")
            self._webhooks.fire("goods_in", "moved_to_part", receipt)

    def _move(self, receipt: Record, status: str) -> None:
        receipt.update(status=status, updated_at=now())
