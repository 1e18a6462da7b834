"""A partner's clock that is ahead hides nothing of what is booked until then, and outranks no later word."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fleet_tests.world import World
from workers.stock_in import movements
from workers.systems.clarus.stock import ClarusStock


@pytest.fixture
def ahead(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The warehouse books MUG by a clock that is a year ahead, and everything else by a right one."""
    world.opening(MUG=10, BOWL=10)
    world.hear()
    real = ClarusStock.fetch_movements

    def fetch(self: ClarusStock, facility: str, since: Any, facts: Any) -> bytes:
        told = json.loads(real(self, facility, since, facts))
        for node in told["transactions"]:
            if node["product"]["code"] == "MUG":
                node["created_at"] = (datetime.now(UTC) + timedelta(days=400)).isoformat()
        return json.dumps(told).encode()

    monkeypatch.setattr(ClarusStock, "fetch_movements", fetch)
    return world


def test_a_movement_of_tomorrow_hides_no_movement_of_today(ahead: World) -> None:
    ahead.clarus.post("floor", adjust={"product": "MUG", "quantity": -1, "reason": "DMG"})
    ahead.hear()
    ahead.clarus.post("floor", adjust={"product": "BOWL", "quantity": -2, "reason": "DMG"})
    movements.poll_movements(ahead.runtime, "Main Site")
    ahead.go()
    rows = ahead.store.rows("select sku, units from movement order by sku")
    assert [(r["sku"], r["units"]) for r in rows] == [("BOWL", 2), ("MUG", 1)]
    cursor = ahead.store.row("select value from cursor where source = 'movements'")
    assert cursor is not None
    assert datetime.fromisoformat(cursor["value"]["until"]) <= datetime.now(UTC)
    booked = ahead.store.rows("select sku from movement where moved_at > now()")
    assert booked == [], "its journal entry would be of a month that nobody looks at before that year"
