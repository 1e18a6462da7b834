"""One figure that nobody can mean stands alone: everything beside it is counted, booked and sold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fleet_tests.world import World
from mappings.clarus import read_movements, read_stock
from mappings.errors import Unmappable
from mappings.gxo.segments import units
from mappings.khaos.levels import read_levels
from mappings.khaos.values import whole
from workers.stock_in import counts, due

ABSURD: list[Any] = [3_000_000_000, 2**31, 1e300, 10**400, -(10**400), 100_000_000]


def shelf(world: World, **units_there: int) -> None:
    world.clarus.post("setup", plenty=False, stock=units_there)


def good(world: World) -> dict[str, int]:
    return {row["sku"]: row["good"] for row in world.store.rows("select sku, good from position order by sku")}


@pytest.mark.parametrize("whole_building", [False, True])
def test_an_absurd_figure_stops_no_count_and_is_named_until_it_is_mended(world: World, whole_building: bool) -> None:
    world.opening(MUG=10, BOWL=10)
    shelf(world, MUG=3_000_000_000, BOWL=7)
    if whole_building:
        counts.count_building(world.runtime, "Main Site")
    else:
        world.store.run("select want_recount('Main Site', array['MUG', 'BOWL'], 'test')")
    due.post_due(world.runtime)
    world.go()
    world.flush()
    told = world.exception("absurd_quantity")
    assert (told["subject"], told["owner"], "3000000000" in told["reason"]) == (
        "stock:Main Site:MUG",
        "operations",
        True,
    )
    assert (good(world), world.levels("BOWL"), world.levels("MUG")) == (
        {"BOWL": 7, "MUG": 0}, {"Main Site": (7, 7)}, {},
    )  # fmt: skip
    assert [m for m in world.live_messages() if m["kind"] == "recount"] == []
    shelf(world, MUG=9, BOWL=7)
    counts.count_building(world.runtime, "Main Site")
    world.flush()
    assert ("absurd_quantity" in world.exceptions(), good(world)) == (False, {"BOWL": 7, "MUG": 9})


@pytest.mark.parametrize("figure", [*ABSURD, float("nan"), float("inf"), "many", None, True])
def test_a_record_with_such_a_figure_is_in_no_line_and_its_neighbour_is(figure: Any) -> None:
    records = [
        {"id": "1", "product": {"code": "MUG"}, "status": "available", "quantity": figure},
        {"id": "2", "product": {"code": "BOWL"}, "status": "available", "quantity": 7.0},
    ]
    lines, bad = read_stock(records)
    assert ([(line.sku, line.units) for line in lines], [entry.subject for entry in bad]) == ([("BOWL", 7)], ["MUG"])


@pytest.mark.parametrize("figure", [*ABSURD, float("nan"), 1.5, -1])
def test_a_movement_with_such_a_figure_is_parked_by_its_id_and_the_next_is_read(figure: Any) -> None:
    nodes = [
        {
            "id": number,
            "subtype": "POSADJ",
            "quantity": n,
            "product": {"code": "MUG"},
            "created_at": "2026-11-20T09:30:00Z",
        }
        for number, n in (("1", figure), ("2", 3.0))
    ]
    moved, bad = read_movements(nodes)
    assert ([m.movement_id for m in moved], [entry.subject for entry in bad]) == (["2"], ["1"])


def test_records_that_are_absurd_only_together_are_left_out_together() -> None:
    record = {"product": {"code": "MUG"}, "status": "available", "quantity": 90_000_000.0}
    lines, bad = read_stock([{**record, "id": str(n)} for n in range(30)])
    assert (lines, [entry.error.kind for entry in bad]) == ([], ["absurd_quantity"])


def test_gxo_and_khaos_figures_are_held_to_the_same_bound() -> None:
    for read in (lambda: units(("QTY", "33", "999999999"), 2), lambda: whole("ORDER_QTY", "9999999999.00")):
        with pytest.raises(Unmappable) as refused:
            read()
        assert refused.value.kind == "absurd_quantity"
    status = (
        '<STOCK_STATUS SITE="Main Site"><STOCK_ITEM CODE="MUG"><LEVEL>9999999999</LEVEL></STOCK_ITEM>'
        '<STOCK_ITEM CODE="BOWL"><LEVEL>7</LEVEL></STOCK_ITEM></STOCK_STATUS>'
    )
    levels, bad = read_levels(status)
    assert ([(one.sku, one.available) for one in levels], json.dumps([e.subject for e in bad])) == (
        [("BOWL", 7)],
        '["MUG"]',
    )
