"""A shop whose Khaos Control pulls returns from the fleet, and whose Clarus floor receives them."""

from __future__ import annotations

from typing import Any

import requests

from fleet_tests.world import World
from mappings.canonical import CustomerReturn
from workers.returns_in import credit_notes
from workers.views import worklists

PASSWORD = "a-password-of-the-channel"
FAST = 60_000.0  # how many of the channel's seconds pass in one of ours
TABLES = """
[tables.return_dispositions.good]
"*" = { reason = "1" }
[tables.return_dispositions.inspection]
"*" = { reason = "2", process = true }
[tables.return_dispositions.quarantine]
"*" = { reason = "2" }
[tables.return_dispositions.damaged]
"*" = { reason = "3", processing = "stock_missing", process = true }
"""


class Shop:
    """A world whose Khaos Control pulls returns from the fleet's channel, over HTTP."""

    def __init__(self, world: World, url: str) -> None:
        self.world, self.url = world, url
        self.store = world.store

    def sold(self, *lines: tuple[str, int]) -> str:
        """An order that was dispatched."""
        order: str = self.world.order(*lines)
        self.world.poll()
        self.world.round_trip()
        return order

    def back(self, reference: str, *lines: dict[str, Any], heard: bool = True, **more: Any) -> None:
        """Goods come back: the floor receives and puts away, and the fleet hears of it."""
        self.world.clarus.post("floor", receive={"reference": reference, "lines": lines, "at_once": True, **more})
        if heard:
            self.hear()

    @staticmethod
    def good(sku: str, units: int) -> dict[str, Any]:
        """A line of goods that come back as they left."""
        return {"product": sku, "quantity": units, "good": units}

    @staticmethod
    def held(sku: str, units: int, reason: str) -> dict[str, Any]:
        """A line of goods that are held for a reason."""
        return {"product": sku, "quantity": units, "good": 0, "held": {reason: units}}

    def hear(self) -> None:
        counts = self.world.clarus.books()["webhooks"]
        self.world.until(
            lambda: (
                (c := self.world.clarus.books()["webhooks"])["delivered"] + c["given_up"]
                >= c["fired"] - c["lost"] + c["repeated"]
            )
        )
        assert counts["given_up"] == 0
        self.world.go()

    def link(self, **more: Any) -> None:
        """Khaos Control's channel is on, and pulls again and again."""
        self.world.khaos.post(
            "channel", config_url=f"{self.url}/khaos/config.json", user="khaos", password=PASSWORD, clock=FAST, **more
        )

    def unlink(self) -> None:
        self.world.khaos.post("channel", enabled=False)

    def channel(self) -> Any:
        return requests.get(f"{self.world.khaos.url}/_sandbox/channel", timeout=20).json()

    def pulled(self, pulls: int = 2) -> None:
        """So many pulls of returns have been answered from now on."""
        before = self.pulls()
        self.link()
        self.world.until(lambda: self.pulls() >= before + pulls)
        self.unlink()

    def pulls(self) -> int:
        return sum(self.channel()["gets"].get("CReturnDownload", {}).values())

    def credited(self) -> list[tuple[str, dict[str, int]]]:
        """What Khaos Control has credited over the channel, by its own books."""
        return [(c["return"], c["lines"]) for c in self.world.khaos.books()["credits"] if c["return"]]

    def read_credits(self) -> int:
        done = credit_notes.poll(self.world.runtime)
        self.world.go()
        return done

    def lines(self) -> list[dict[str, Any]]:
        return list(self.store.rows("select * from return_line order by reference"))

    def states(self) -> list[str]:
        return [line["state"] for line in self.lines()]

    def terms(self) -> list[tuple[str, str, int]]:
        """Open terms: kind, condition and units."""
        rows = self.store.rows("select kind, condition, units from term where cleared_at is null order by id")
        return [(row["kind"], row["condition"], row["units"]) for row in rows]

    def listed(self, name: str) -> list[Any]:
        return list(worklists.entries(self.world.engine, worklists.WORKLISTS[name]))

    def offer(self, line: dict[str, Any]) -> CustomerReturn:
        return CustomerReturn.model_validate_json(bytes(line["offer"]))

    def urn(self, order: str) -> str:
        return str(next(o["urn"] for o in self.world.khaos.books()["orders"] if o["order"] == order))
