"""What Khaos Control shows of stock whose warehouse tells every movement: to the unit, as soon as it is told."""

from __future__ import annotations

from fleet_tests.gxo import ByFile


def test_what_left_is_not_taken_twice_from_what_may_be_sold(gxo: ByFile) -> None:
    gxo.stock(MUG=20)
    gxo.order(("MUG", 12))
    gxo.round()
    gxo.world.read_back()
    gxo.world.flush()
    assert gxo.position("MUG") == (8, {})
    row = gxo.store.row("select available, dispatched from figures('Main Site', array['MUG'], 'issue')")
    assert row["available"] == 8
    assert gxo.world.levels("MUG")["Main Site"][1] == 8
