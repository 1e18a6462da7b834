"""The warehouse's people: on a clock they allocate, pick and dispatch, and sometimes find less than was ordered.

States: PENDING, ALLOCATED, PICK, COMPLETED (OpenAPI GoodsOutStatusId). When each is set is
unpublished; the order assumed is allocation, then the first pick, then dispatch of all at once.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable

from adapters.clarus.sandbox.books import Books, Record
from adapters.clarus.sandbox.life import live
from adapters.clarus.sandbox.packing import pack, short_of
from adapters.clarus.sandbox.stock import Stock
from adapters.clarus.sandbox.switches import Switches
from adapters.clarus.sandbox.webhooks import Webhooks

TICK = 0.05  # seconds


class Floor:
    """Orders wait in one queue per stage; a queue is in the order in which they came to it."""

    def __init__(self, books: Books, stock: Stock, switches: Switches, webhooks: Webhooks, seed: int) -> None:
        self._books = books
        self._stock = stock
        self._switches = switches
        self._webhooks = webhooks
        self._seed = seed
        self._clock = 0.0
        self._requests: deque[Record] = deque()
        # status that an order must still have -> what is done to it then
        self._work: dict[str, Callable[[Record], None]] = {
            "PENDING": self._allocate,
            "PART_ALLOCATED": self._allocate,
            "ALLOCATED": self._pick,
            "PICK": self._dispatch,
        }
        self._waiting: dict[str, deque[tuple[float, Record]]] = {status: deque() for status in self._work}
        self._chores: deque[tuple[float, str, Callable[[], None]]] = deque()
        self._out_of_stock: dict[str, Record] = {}  # by id, orders that ever waited for stock

    def later(self, seconds: str, chore: Callable[[], None]) -> None:
        """Something else to be done when as many seconds have passed as the switch of that name says."""
        self._chores.append((self._now(), seconds, chore))

    def unshippable(self) -> list[str]:
        """References of orders that wait for stock at the moment."""
        waits = {"PENDING", "PART_ALLOCATED"}
        ever = self._out_of_stock.values()
        return [one["reference"] for one in ever if one["goods_out_status"]["code"] in waits and not one.get("deleted")]

    @property
    def stockouts(self) -> int:
        """How many orders ever had to wait for lack of stock; units that a pick did not find do not count."""
        return len(self._out_of_stock)

    def wait(self, order: Record) -> None:
        """The order has come to its present status: its next stage's clock starts."""
        queue = self._waiting.get(order["goods_out_status"]["code"])
        if queue is not None:
            queue.append((self._now(), order))

    def process(self, request: Record) -> None:
        """A pick processing request is to be worked off; the system does that, whether people work or not."""
        self._requests.append(request)

    async def run(self) -> None:
        """Works until cancelled."""
        while True:
            try:
                self.tick(time.monotonic())
            except Exception:  # a mistake with one order must not close the warehouse
                logging.getLogger(__name__).exception("the floor stumbled")
            await asyncio.sleep(TICK)

    def tick(self, now: float) -> None:
        """Does all that is due at ``now``, in the seconds of a clock that never goes back."""
        self._clock = now
        while self._requests:
            self._work_off(self._requests.popleft())
        if not self._switches.floor:
            return
        for _ in range(len(self._chores)):
            began, name, chore = self._chores.popleft()
            if began + getattr(self._switches, name) <= now:
                chore()
            else:
                self._chores.append((began, name, chore))
        released = self._switches.pick_seconds / 2 if self._switches.floor_releases else None
        seconds = {
            "PENDING": released,
            "PART_ALLOCATED": released,
            "ALLOCATED": self._switches.pick_seconds / 2,
            "PICK": self._switches.dispatch_seconds,
        }
        for status, pause in seconds.items():
            queue = self._waiting[status]
            for _ in range(len(queue)):
                if pause is None or queue[0][0] + pause > now:
                    break
                order = queue.popleft()[1]
                if order["goods_out_status"]["code"] == status and not order.get("deleted"):
                    self._work[status](order)

    def _now(self) -> float:
        return max(self._clock, time.monotonic())

    def _work_off(self, request: Record) -> None:
        order = request["goods_out"]
        good = order["goods_out_status"]["code"] in {"PENDING", "ALLOCATED"} and not order.get("deleted")
        if good and order["goods_out_status"]["code"] == "PENDING":
            self._allocate(order)
            good = order["goods_out_status"]["code"] != "PENDING"
        request["status"] = "completed" if good else "failed"
        request["message"] = "Pick processing completed" if good else "39 not_enough_stocks_for_picking"

    def _allocate(self, order: Record) -> None:
        got = sum(self._stock.allocate(line) for line in order["lines"])
        whole = all(line["allocated_quantity"] == line["order_quantity"] for line in order["lines"])
        if not whole:
            self._out_of_stock[order["id"]] = order
        if got:
            before = order["goods_out_status"]["code"]
            self._books.move(order, "ALLOCATED" if whole else "PART_ALLOCATED")
            if before == "PENDING":
                self._webhooks.fire("goods_out", "processed", order)
        if order["goods_out_status"]["code"] == "PART_ALLOCATED" and self._switches.no_stock_short:
            self.short(order)
        else:
            self.wait(order)  # where nothing more was there: looked at again later

    def short(self, order: Record) -> None:
        """A part-allocated order goes on with what is allocated; the rest of it is short."""
        for line in order["lines"]:
            line["short_status"] = "SHORT" if line["allocated_quantity"] < line["order_quantity"] else ""
        self._books.move(order, "ALLOCATED")
        self.wait(order)

    def _pick(self, order: Record) -> None:
        dice = random.Random(f"{self._seed}:{order['reference']}:pick")
        for line, missing in short_of(order, self._switches, dice):
            self._stock.pick(line, max(line["allocated_quantity"] - missing, 0.0))
            line["short_status"] = "SHORT" if line["pick_quantity"] < line["order_quantity"] else ""
        extra = self._switches.over.get(order["reference"], 0)
        if extra:
            self._stock.pick_more(order["lines"][0], float(extra))
        dice = random.Random(f"{self._seed}:{order['reference']}:goes")
        order["sent_in_two"] = order["reference"] in self._switches.two_goes or (
            dice.random() < self._switches.two_goes_rate
        )
        self._books.move(order, "PICK")
        self.wait(order)

    def _dispatch(self, order: Record) -> None:
        left = {line["id"]: line["pick_quantity"] - line["dispatch_quantity"] for line in order["lines"]}
        total = sum(left.values())
        first_of_two = order["sent_in_two"] and total > 1
        room = total // 2 if first_of_two else total
        for line in order["lines"]:
            units = min(left[line["id"]], room)
            room -= units
            self._stock.dispatch(line, units)
        if total:
            pack(order, self._books, self._switches, random.Random(f"{self._seed}:{order['reference']}:{total}"))
        order["sent_in_two"] = False
        if first_of_two:
            self._books.move(order, "PICK")
            self._webhooks.fire("goods_out", "updated", order)
            self.wait(order)
            return
        for line in order["lines"]:
            self._stock.close(line)
        self._books.move(order, "COMPLETED")
        order["actual_date_of_dispatch"] = order["updated_at"]
        self._webhooks.fire("goods_out", "completed", order)
        live(order, self._stock, self._books, self._switches, random.Random(f"{self._seed}:{order['reference']}:life"))
