"""What becomes of garments after they left ACS: they come back as their fates say, and one is looked at once more."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from workers.demo.actors.threads import Hand
from workers.demo.setting import wardrobe
from workers.demo.setting.buildings import ACS
from workers.demo.setting.stand_ins import Partners, Refused
from workers.ledger.store import Store

WORN = 2.0  # seconds from a dispatch to the way back
WAITED_FOR = 4.0  # seconds without a dispatch, after which no further one is waited for
ENDED = {"Dispatched", "Cancelled", "Rejected", "Closed"}
AT_WORK = {"Receipted", "PostRentalInspection", "InRefurbishment"}  # states in which somebody at ACS has it in hand
GOOD, REGRADED = "A", "B"
ORDERS = """
select count(*) as known, count(*) filter (
           where f.state in ('new', 'sent', 'part_dispatched', 'cancelling') and not exists (
                 select 1 from exception e where e.state = 'open' and e.story = f.order_code)) as may_leave
  from fulfilment f where f.warehouse = %s
"""


class Wearers(Hand):
    """``placed`` says how many orders there are, once nobody orders any more: None before.

    ``over`` once everything that comes back has, and is put away.
    """

    def __init__(self, partners: Partners, store: Store, placed: Callable[[], int | None]) -> None:
        super().__init__("wearers")
        self._partners, self._store, self._placed = partners, store, placed
        self._fates = {hire: wardrobe.fates(1000, hire=hire) for hire in (True, False)}
        self._left: Counter[bool] = Counter()
        self._waiting: list[tuple[float, dict[str, Any]]] = []
        self._seen, self._since = 0, time.monotonic()
        self._regraded = False
        self.done: Counter[str] = Counter()

    def turn(self) -> bool:
        """Those who have worn their garments send them back."""
        book = self._partners.acs_books("dispatched", "orders", "returns", "garments")
        for one in book["dispatched"][self._seen :]:
            self._note(one)
        self._seen = len(book["dispatched"])
        for at, back in [one for one in self._waiting if one[0] <= time.monotonic()]:
            self._waiting.remove((at, back))
            self._partners.at_acs("floor", {"receive": back})
            self.done["came back"] += 1
        if self._waiting or self._more_may_leave() or any(order["status"] not in ENDED for order in book["orders"]):
            return True
        if not self._regraded:
            self._regraded = True
            return self._look_again(book)
        return any(one["state"] in AT_WORK for one in book["garments"])

    def _more_may_leave(self) -> bool:
        placed, row = self._placed(), self._store.row(ORDERS, ACS.name)
        if placed is None or row is None or row["known"] < placed or row["may_leave"]:
            self._since = time.monotonic()
        return time.monotonic() - self._since < WAITED_FOR

    def _note(self, left: dict[str, Any]) -> None:
        """A garment left: by its place among hires, or sales, it has a fate."""
        self._since = time.monotonic()
        hire = bool(left["hire"])
        place, self._left[hire] = self._left[hire], self._left[hire] + 1
        grade = self._fates[hire][place]
        if grade is None:
            self.done["kept"] += 1
            return
        named = wardrobe.MISNAMED[0 if hire else 1].get(place, "")
        back = {"rfid": left["rfid"], "grade": grade, "kind": named}
        self._waiting.append((time.monotonic() + WORN, back))

    def _look_again(self, book: dict[str, Any]) -> bool:
        """A sale that came back as new, and was credited, is graded again and found worse: no money moves."""
        ready = {one["rfid"] for one in book["garments"] if one["state"] == "Ready"}
        for one in book["returns"]:
            if one["kind"] != "HIRE_RETURN" and one["grade"] == GOOD and one["rfid"] in ready:
                try:
                    self._partners.at_acs("floor", {"regrade": {"rfid": one["rfid"], "grade": REGRADED}})
                except Refused:
                    continue
                self.done["graded again"] += 1
                break
        return True
