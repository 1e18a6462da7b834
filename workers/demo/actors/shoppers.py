"""Shoppers who buy what Khaos Control shows, at random, while everything else goes on."""

from __future__ import annotations

import random
from collections import Counter

from workers.demo.actors.threads import Hand
from workers.demo.setting.plan import SPARE, Plan
from workers.demo.setting.stand_ins import Partners, Refused

MOST = 40  # purchases
A_TURN = 2


class Shoppers(Hand):
    """Each buys one or two of something. While the file's orders come in they leave those their goods."""

    def __init__(self, partners: Partners, plan: Plan, seed: int) -> None:
        super().__init__("shoppers")
        self._partners = partners
        self._dice = random.Random(f"{seed}/shoppers")  # noqa: S311  a play, not a secret
        self._shelves = [(site, sku) for site, units in plan.opening.items() for sku in units]
        self._baskets: Counter[tuple[str, str]] = Counter()
        self.done: Counter[str] = Counter()

    def turn(self) -> bool:
        """Some purchases, each of what may be sold out."""
        for _ in range(A_TURN):
            site, sku = self._dice.choice(self._shelves)
            units = self._dice.randint(1, 2)
            if self._baskets[site, sku] + units > SPARE:
                continue
            try:
                self._partners.at_khaos("shop", {"code": sku, "quantity": units, "site": site})
            except Refused:
                self.done["sold out"] += 1
            else:
                self._baskets[site, sku] += units
                self.done["bought"] += 1
        return self.done.total() < MOST
