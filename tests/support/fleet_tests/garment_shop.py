"""A Khaos Control that pulls the returns of garments, which ACS receives and grades."""

from __future__ import annotations

from typing import Any

from fleet_tests.acs import Garments
from fleet_tests.shop import Shop
from workers.views import worklists

TABLES = """
[stock.sites."Main Site"]
inspection = "Main Inspection"
[tables.return_dispositions.good]
"*" = { reason = "1" }
[tables.return_dispositions.inspection]
"*" = { reason = "2", process = true }
[tables.return_dispositions.refurbishment]
"*" = { reason = "2", process = true }
[tables.return_dispositions.quarantine]
"*" = { reason = "2", process = true }
[tables.return_dispositions.damaged]
"*" = { reason = "3", process = true }
"""


class Place:
    """ACS and a Khaos Control that pulls returns."""

    def __init__(self, acs: Garments, shop: Shop) -> None:
        self.acs, self.shop, self.store = acs, shop, acs.store

    def out(self, *lines: Any, **more: Any) -> tuple[str, list[str]]:
        """An order that left: its code, and the tags of what left."""
        before = {one["rfid"] for one in self.acs.site.dispatched}
        order = self.acs.order(*lines, **more)
        self.acs.pass_time()
        self.acs.hear()
        return order, [one["rfid"] for one in self.acs.site.dispatched if one["rfid"] not in before]

    def back(self, tag: str, grade: str, **more: Any) -> None:
        """A garment comes back and is graded, and the fleet hears of both."""
        self.acs.act(receive={"rfid": tag, "grade": grade, **more})
        self.acs.pass_time(1.0)
        self.acs.hear()

    def returns(self) -> list[tuple[str, str, bool]]:
        """State, condition and whether Khaos Control is to process it, of each return."""
        rows = self.store.rows(
            "select state, condition, process and not by_person as it from return_line order by 1, 2"
        )
        return [(row["state"], row["condition"], row["it"]) for row in rows]

    def charges(self) -> list[tuple[str, str]]:
        rows = worklists.entries(self.acs.world.engine, worklists.WORKLISTS["charges"])
        return [(row["money"], row["grade"]) for row in rows]

    def state(self, tag: str) -> str:
        row = self.store.row("select state from garment where tag = %s", tag)
        assert row is not None
        return str(row["state"])
