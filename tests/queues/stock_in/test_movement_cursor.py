"""How far a warehouse's movements were read: their clock may be ahead, or be set back, and nothing is lost by that."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from workers.stock_in import movements


def stamped(world: Any, patched: Any, sku: str, moved: timedelta) -> None:
    """The warehouse stamps what it books of a SKU with a clock that differs."""
    side = type(world.runtime.warehouse("leeds").stock)
    real = side.fetch_movements

    def fetch(self: Any, facility: str, since: Any, facts: Any) -> bytes:
        told = json.loads(real(self, facility, since, facts))
        for node in told["transactions"]:
            if node["product"]["code"] == sku:
                node["created_at"] = (datetime.now(UTC) + moved).isoformat()
        return json.dumps(told).encode()

    patched.setattr(side, "fetch_movements", fetch)


def booked(world: Any) -> list[tuple[str, int]]:
    rows = world.store.rows("select sku, units from movement where cause <> 'inside' order by sku")
    return [(row["sku"], row["units"]) for row in rows]


def test_a_movement_of_tomorrow_hides_no_movement_of_today(world: Any, monkeypatch: Any) -> None:
    world.opening(MUG=10, BOWL=10)
    world.hear()
    with monkeypatch.context() as patched:
        stamped(world, patched, "MUG", timedelta(days=1))
        world.clarus.post("floor", adjust={"product": "MUG", "quantity": -1, "reason": "DMG"})
        world.hear()
    until = world.store.row("select value->>'until' as until from cursor where source = 'movements'")["until"]
    assert datetime.fromisoformat(until) <= datetime.now(UTC)
    world.clarus.post("floor", adjust={"product": "BOWL", "quantity": -2, "reason": "DMG"})
    movements.poll_movements(world.runtime, "Main Site")
    world.go()
    assert [sku for sku, _ in booked(world)] == ["BOWL", "MUG"]


def test_what_is_booked_in_the_hour_that_clocks_are_set_back_is_read_once(world: Any) -> None:
    world.opening(MUG=10, BOWL=10)
    world.hear()
    world.clarus.post("floor", adjust={"product": "BOWL", "quantity": -2, "reason": "DMG"})
    world.store.run(
        "update cursor set value = jsonb_build_object('until', %s::text) where source = 'movements'",
        (datetime.now(UTC) + timedelta(minutes=58)).isoformat(),
    )
    for _ in range(3):
        world.hear()
    assert [sku for sku, _ in booked(world)] == ["BOWL"]
