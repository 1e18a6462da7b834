"""The demo's three buildings: one Clarus tenant, three connections, and for each a Khaos site and a dispatch route."""

from __future__ import annotations

import hashlib
from typing import Literal

from mappings.canonical import Canonical
from workers.demo.stock_books import Building

WAREHOUSE = "clarus"  # the name under which the tenant's book is compared
CONDITIONS = ("quarantine", "damaged", "inspection")
BESIDE = ("buffer", *CONDITIONS)


class House(Canonical):
    """One building. Its connection is ``name``; of a hundred customers ``share`` order from its site."""

    name: str
    facility: str
    site: str
    route: Literal["soap_extension", "courier_hook", "consignment_file"]
    share: int
    lanes: int  # calls in flight at once

    def beside(self, purpose: str) -> str:
        """The non-selling Khaos site of a purpose."""
        return f"{self.site} {purpose}"

    @property
    def sites(self) -> list[str]:
        """All of the building's Khaos sites, the selling one first."""
        return [self.site, *map(self.beside, BESIDE)]

    @property
    def as_compared(self) -> Building:
        """As the comparison of the books knows it."""
        return Building(home=self.site, beside=tuple(self.sites[1:]), warehouse=WAREHOUSE, facility=self.facility)


HOUSES = (
    House(name="leeds", facility="LDS1", site="Main Site", route="soap_extension", share=80, lanes=16),
    House(name="york", facility="YRK1", site="York", route="courier_hook", share=10, lanes=8),
    House(name="hull", facility="HUL1", site="Hull", route="consignment_file", share=10, lanes=8),
)


def house_of(customer: str, seed: int) -> House:
    """Where a customer orders from: always the same for the same seed."""
    roll = int.from_bytes(hashlib.sha256(f"{seed}/house/{customer}".encode()).digest()) % 100
    for house in HOUSES:
        if roll < house.share:
            return house
        roll -= house.share
    raise AssertionError("the shares make up a hundred")
