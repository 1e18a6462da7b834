"""The demo's six buildings: three of a Clarus tenant, two facilities of one GXO account, and ACS's.

Each serves a Khaos site of its own; which connection and facility an order goes to follows from its site, by rule.
ACS keeps garments, one by one: no orders file has any, so its orders are the demo's own (``setting/wardrobe.py``).
"""

from __future__ import annotations

import hashlib
import json
from typing import Literal

from mappings.canonical import Canonical
from workers.demo.reconciliation.stock import Building

System = Literal["clarus", "gxo", "acs"]  # also the name under which its book is compared
CONDITIONS = ("quarantine", "damaged", "inspection")
BESIDE: dict[System, tuple[str, ...]] = {
    "clarus": ("buffer", *CONDITIONS),
    "gxo": ("buffer", *CONDITIONS, "refurbishment"),
    "acs": (*CONDITIONS, "refurbishment", "with_customer", "unseen", "unknown", "retired"),
}

IN_SETTINGS = """
[stock.sites."{site}"]
{beside}

[[routing]]
name = "orders of {site}"
when = {{ site = ["{site}"] }}
to = "{name}"
facility = "{facility}"
"""


class House(Canonical):
    """One building. Its connection is ``name``; of the file's hundred customers ``share`` order from its site.

    ``lively`` counts the SKUs with which something happens there besides orders.
    """

    name: str
    system: System = "clarus"
    facility: str
    site: str
    route: Literal["soap_extension", "courier_hook", "consignment_file"]
    share: int
    lanes: int  # calls of its connection in flight at once
    lively: int

    def beside(self, purpose: str) -> str:
        """The non-selling Khaos site of a purpose."""
        return f"{self.site} {purpose.replace('_', ' ')}"

    @property
    def sites(self) -> list[str]:
        """All of the building's Khaos sites, the selling one first."""
        return [self.site, *map(self.beside, BESIDE[self.system])]

    @property
    def as_compared(self) -> Building:
        """As the comparison of the books knows it."""
        return Building(home=self.site, beside=tuple(self.sites[1:]), warehouse=self.system, facility=self.facility)


CLARUS = (
    House(name="leeds", facility="LDS1", site="Main Site", route="soap_extension", share=55, lanes=16, lively=6),
    House(name="york", facility="YRK1", site="York", route="courier_hook", share=10, lanes=8, lively=2),
    House(name="hull", facility="HUL1", site="Hull", route="consignment_file", share=10, lanes=8, lively=2),
)
GXO = (
    House(
        name="gxo", system="gxo", facility="GBDB01", site="Derby", route="soap_extension", share=15, lanes=6, lively=5
    ),
    House(
        name="gxo", system="gxo", facility="GBLT01", site="Luton", route="soap_extension", share=10, lanes=6, lively=3
    ),
)
ACS = House(
    name="acs", system="acs", facility="ACS", site="Glasgow", route="soap_extension", share=0, lanes=6, lively=0
)
HOUSES = CLARUS + GXO  # those that the file's orders go to
BUILDINGS = (*HOUSES, ACS)
CONNECTIONS = tuple(dict.fromkeys(house.name for house in HOUSES))


def house_of(customer: str, seed: int) -> House:
    """Where a customer orders from: always the same for the same seed."""
    roll = int.from_bytes(hashlib.sha256(f"{seed}/house/{customer}".encode()).digest()) % 100
    for house in HOUSES:
        if roll < house.share:
            return house
        roll -= house.share
    raise AssertionError("the shares make up a hundred")


def building_text(house: House) -> str:
    """What ``fleet.toml`` says of a building besides its connection: its sites, and the rule that sends it orders."""
    beside = "\n".join(f"{purpose} = {json.dumps(house.beside(purpose))}" for purpose in BESIDE[house.system])
    return IN_SETTINGS.format(name=house.name, site=house.site, facility=house.facility, beside=beside)
