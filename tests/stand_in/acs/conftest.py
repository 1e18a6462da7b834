"""A site of the ACS stand-in in this process, whose time passes only when a test says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.acs.sandbox import door, ordering
from adapters.acs.sandbox.app import tick
from adapters.acs.sandbox.garments import Garment
from adapters.acs.sandbox.orders import Order
from adapters.acs.sandbox.site import Site, new_site

SAMPLES = Path(__file__).parents[2] / "samples" / "acs"
START = datetime(2026, 11, 23, 9, tzinfo=UTC)  # a Monday


class Place:
    """The site, and what tests do with it."""

    def __init__(self, root: Path) -> None:
        self._now = 0.0
        self.site: Site = new_site(root, seed=7, monotonic=lambda: self._now, start=START)
        self.site.switches.turn({"stock_file_at": "", "hires_come_back": False})

    def switch(self, **changes: Any) -> None:
        self.site.switches.turn(changes)

    def pass_time(self, seconds: float = 10.0) -> None:
        """Lets time pass in small steps, so that everything that is due has its turn."""
        ends = self._now + seconds
        while self._now < ends:
            self._now += 0.05
            tick(self.site)

    def stock(self, sku: str, count: int = 1) -> list[Garment]:
        made = door.set_up(self.site, {"stock": {sku: count}})["garments"]
        return [self.site.garments.tagged(one["rfid"]) for one in made]

    def put(self, number: str, *items: tuple[str, str, bool], **changes: Any) -> int:
        return ordering.put(self.site, number, self.body(number, *items, **changes))[0]

    def body(self, number: str, *items: tuple[str, str, bool], **changes: Any) -> dict[str, Any]:
        told: dict[str, Any] = json.loads((SAMPLES / "acs_put_order_hire.json").read_bytes())
        told |= {"OrderNumber": number, **changes}
        told["OrderItems"] = [
            {
                "LineItemId": line,
                "GarmentSKU": sku,
                "IsHire": hire,
                "ItemPrice": 40.0,
                "Measurement1": "ALL",
                "Measurement2": "ALL",
            }
            for line, sku, hire in items
        ]
        return told

    def order(self, number: str) -> Order:
        found = self.site.orders.find(number)
        assert found is not None
        return found

    def told(self, kind: str) -> list[dict[str, Any]]:
        """The data of every event of a kind, in order."""
        return [one["Data"] for one in self.site.events.sent if one["EventType"] == kind]

    def act(self, **action: Any) -> Any:
        return door.act(self.site, action)["done"][0]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.site.events.stop()


@pytest.fixture(scope="session")
def new_place(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Place]:
    """Makes a site of its own for each example of a property."""
    return lambda: Place(tmp_path_factory.mktemp("acs"))
