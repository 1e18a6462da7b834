"""A world with a site for each condition, and looks into its ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fleet_tests.world import World
from workers import config
from workers.spine.runtime import Runtime
from workers.stock_in import sites
from workers.wiring.systems import SYSTEMS

SITES = """
[stock]
[stock.sites."Main Site"]
quarantine = "Main Quarantine"
inspection = "Main Inspection"
"""


def floor(world: World, **action: Any) -> None:
    world.clarus.post("floor", **action)


def webhooks_came(world: World) -> None:
    """Every webhook came, and was worked off."""
    world.until(lambda: (c := world.clarus.books()["webhooks"])["delivered"] >= c["fired"] - c["lost"] + c["repeated"])
    world.go()


def value_of(world: World, sql: str) -> Any:
    row = world.store.row(f"select ({sql}) as it")
    assert row is not None
    return row["it"]


def moved(world: World, number: int, cause: str, *, word: str = "", units: int = 10) -> None:
    """The warehouse books a movement of mugs."""
    movement = {
        "id": f"m{number}", "sku": "MUG", "cause": cause, "word": word or cause, "units": units, "reason": "DMG",
        "location": "", "to_condition": "", "at": f"2026-11-21T10:{number:02}:00Z",
    }  # fmt: skip
    page = {"connection": "leeds", "home": "Main Site", "movements": [movement]}
    world.store.run("select take_movements(%s)", json.dumps(page))


def read(world: World, receipt: str, units: int = 10) -> None:
    """A receipt is re-read with so many units."""
    world.store.run(
        "select claim_goods('pending_goods_in', 'Main Site', 'MUG', %s, 'goods_in', %s)", units, receipt
    )  # fmt: skip


def restart(world: World, folder: Path, old: str, new: str) -> None:
    path = folder / "fleet.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    world.runtime.configuration = config.read(path, SYSTEMS)
    fresh = Runtime(world.runtime.configuration)
    sites.install(fresh)
    fresh.close()


def sold(world: World, *lines: tuple[str, int]) -> str:
    order: str = world.order(*lines)
    world.poll()
    world.round_trip()
    return order


def back(world: World, reference: str, order: str, units: int = 1) -> None:
    line = {"product": "MUG", "quantity": units, "good": units}
    more = {"external_system_reference2": order} if order else {}
    floor(world, receive={"reference": reference, "lines": [line], "at_once": True, **more})
    webhooks_came(world)
