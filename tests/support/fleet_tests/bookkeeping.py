"""A Clarus warehouse whose movements are entered for finance."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from fleet_tests.world import World
from workers.journal import entries, valuation
from workers.spine.runtime import Runtime

HOME = "Main Site"
EVENT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ROUTING = '[[routing]]\nname = "everything"\nto = "leeds"\nfacility = "LDS1"\n'
MAPPED = (
    '[tables.adjustment_reasons.clarus]\nDMG = { account = "5200" }\nCOUNT = { account = "5210" }\n'
    'QUARANTINE = { khaos = "DAMAGED", account = "5200" }\n'
)
BESIDE = f'[stock.sites."{HOME}"]\nquarantine = "Quarantine"\n'
BY_FILE = BESIDE + 'pending_journal = "Pending"\nadjustments = "adjust_by"\n'
EXTENSION = "extensions.confirm_shipment = {}\nextensions.post_journal = {}"


class Warehouse:
    """What a warehouse booked, told to the ledger as a page of movements."""

    def __init__(self, world: World) -> None:
        self.world, self.store, self.runtime = world, world.store, world.runtime

    def books(self, *movements: dict[str, Any]) -> None:
        told = {"connection": "leeds", "home": HOME, "movements": list(movements)}
        self.store.run("select take_movements(%s)", json.dumps(told))

    def adjusts(self, number: str, units: int, reason: str = "DMG", sku: str = "MUG", **more: Any) -> None:
        cause = more.pop("cause", "adjusted_up" if units > 0 else "adjusted_down")
        self.books(
            {
                "id": number, "sku": sku, "cause": cause, "word": cause, "units": abs(units), "reason": reason,
                "location": "A-01", "to_condition": more.get("to", ""), "at": more.get("at", EVENT).isoformat(),
            }
        )  # fmt: skip

    def webhook(self, number: str, reason: str) -> None:
        self.store.run("insert into movement_reason values ('leeds', %s, %s)", number, reason)

    def enter(self, late: float = 600.0) -> int:
        new = entries.enter_new(self.runtime, late=late)
        self.world.go()
        return new

    def journal(self) -> list[tuple[Any, ...]]:
        rows = self.store.rows("select movement_id, sku, units, reason, account, state from journal order by id")
        return [tuple(row.values()) for row in rows]

    def entry(self, number: str) -> Any:
        row = self.store.row("select * from journal where movement_id = %s", number)
        assert row is not None
        return row

    def restarted(self, reasons: str) -> Runtime:
        """The same fleet after somebody wrote rows into fleet.toml."""
        tables = {**self.runtime.configuration.tables, "adjustment_reasons": {"clarus": json.loads(reasons)}}
        return Runtime(self.runtime.configuration.model_copy(update={"tables": tables}))

    def price(self, sku: str, amount: str) -> None:
        self.store.run(
            "insert into product values ('khaos', %s, true, %s, 1) on conflict (erp, code) do update set body ="
            " excluded.body",
            sku, json.dumps({"buy_price": amount, "attributes": []}),
        )  # fmt: skip

    def value(self, sku: str, cost: str, as_at: date) -> valuation.Loaded:
        return valuation.load(self.store, [valuation.Line(sku, HOME, 100, Decimal(cost), as_at)], "Anna")

    def terms(self) -> list[tuple[str, int, bool, str | None]]:
        rows = self.store.rows("select condition, units, cleared_at, cleared_by from term order by id")
        return [(r["condition"], r["units"], r["cleared_at"] is None, r["cleared_by"]) for r in rows]


Build = Callable[..., World]
GOOD_LINE = "MUG,Main Site,10,4.75,2026-10-31"


def journals(leeds: Warehouse) -> list[Any]:
    found: list[Any] = leeds.world.khaos.books()["journals"]
    return found
