"""The goods' side of the day at the warehouses: deliveries, what is lost, held and found, what comes back."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from workers.demo.actors.threads import Hand
from workers.demo.actors.warehouse_staff import floors_of
from workers.demo.setting.plan import Delivery, Happening, Plan
from workers.demo.setting.return_parcels import Parcel
from workers.demo.setting.stand_ins import Partners, Refused
from workers.ledger.store import Store

BEGINS = 0.2  # of the orders are in before anything else happens
TURNS = 24  # over which deliveries and happenings are spread
WAITED_FOR = 6.0  # seconds without an order that may still leave, after which every parcel comes

SHIPPED = """
select f.associated_ref, f.order_code, f.shipped, f.state in ('new', 'sent', 'part_dispatched', 'cancelling')
       and not exists (select 1 from exception e where e.state = 'open' and e.story = f.order_code) as may_leave
  from fulfilment f
"""


class Trade(Hand):
    """Plays the plan. ``loaded`` says which share of the orders is in; ``done`` counts what happened."""

    def __init__(self, partners: Partners, store: Store, plan: Plan, loaded: Callable[[], float]) -> None:
        super().__init__("trade")
        self._partners, self._store, self._loaded = partners, store, loaded
        self._floors = floors_of(partners)
        self._deliveries, self._happenings = list(plan.deliveries), list(plan.happenings)
        self._parcels, self._announced = list(plan.parcels), list[Parcel]()
        self._each_turn = (
            math.ceil(len(plan.deliveries) / TURNS),
            math.ceil(len(plan.happenings) / TURNS),
            math.ceil(len(plan.parcels) / TURNS),
        )
        self._orders: dict[str, str] = {}
        self._shipped: dict[str, Counter[str]] = {}
        self._since = 0.0
        self.done: Counter[str] = Counter()

    def turn(self) -> bool:
        """Some of what is left of each kind."""
        if self._loaded() < BEGINS:
            return True
        deliveries, happenings, parcels = self._each_turn
        for delivery in self._deliveries[:deliveries]:
            self._deliveries.remove(delivery)
            self._try("delivered", self._deliver, delivery)
        for happening in self._happenings[:happenings]:
            self._happenings.remove(happening)
            self._try(happening.action, self._happen, happening)
        self._hear()
        late = self._loaded() >= 1 and self._orders and time.monotonic() - self._since > WAITED_FOR
        ready = [one for one in self._parcels if late or self._may_come(one)]
        for parcel in ready[:parcels]:
            self._parcels.remove(parcel)
            self._try(parcel.how, self._come_back, parcel)
        self._arrive_as_announced()
        return bool(self._deliveries or self._happenings or self._parcels or self._announced)

    def _try(self, what: str, act: Callable[[Any], None], one: Any) -> None:
        """What the warehouse refuses does not happen: a product that it never took, for instance."""
        try:
            act(one)
        except Refused:
            self.done[f"{what}, refused"] += 1
        else:
            self.done[what] += 1

    def _deliver(self, delivery: Delivery) -> None:
        self._floors[delivery.house.system].deliver(delivery)

    def _happen(self, one: Happening) -> None:
        self._floors[one.house.system].happen(one)

    def _hear(self) -> None:
        """What of the file's orders has left, as far as the fleet knows."""
        shipped: dict[str, Counter[str]] = {}
        for row in self._store.rows(SHIPPED):
            self._orders[row["associated_ref"]] = row["order_code"]
            shipped.setdefault(row["associated_ref"], Counter()).update(row["shipped"])
            if row["may_leave"]:
                self._since = time.monotonic()
        self._shipped = shipped

    def _may_come(self, parcel: Parcel) -> bool:
        left = self._shipped.get(parcel.sale, Counter())
        return not parcel.sale or all(left[one.sku] >= (1 if parcel.excess else one.units) for one in parcel.lines)

    def _come_back(self, parcel: Parcel) -> None:
        order = self._orders.get(parcel.sale, "")
        if parcel.how == "announced" and order:
            lines = [
                {"rma": parcel.reference, "order": order, "sku": line.sku, "quantity": str(line.units), "reason": "1"}
                for line in parcel.lines
            ]
            if self._partners.announce("customer service", lines)["taken"]:
                self._announced.append(parcel)
                return
        self._floors[parcel.house.system].unpack(parcel, order, expected=False)

    def _arrive_as_announced(self) -> None:
        for system in {parcel.house.system for parcel in self._announced}:
            there = self._floors[system].announced()
            for parcel in [one for one in self._announced if one.house.system == system and one.reference in there]:
                self._announced.remove(parcel)
                self._floors[system].unpack(parcel, "", expected=True)
