"""Orders to a warehouse that is sent files: told once, answered by files, and nothing taken for more than it says."""

from __future__ import annotations

from fleet_tests.gxo import ByFile


def test_an_order_goes_out_as_a_file_is_accepted_ships_and_khaos_shows_it(gxo: ByFile) -> None:
    gxo.stock(MUG=20, BOWL=5)
    order = gxo.order(("MUG", 3), ("BOWL", 1))
    gxo.round()
    gxo.world.read_back()
    assert gxo.world.exceptions() == []
    assert gxo.state(order) == "dispatched"
    assert gxo.there(gxo.reference(order))["facility"] == "GBNH01"
    assert len(gxo.world.shipments(order)) == 1
    assert gxo.position("MUG") == (17, {})


def test_what_has_left_is_owed_to_nobody_and_khaos_shows_what_is_free(gxo: ByFile) -> None:
    gxo.stock(MUG=20)
    order = gxo.order(("MUG", 3))
    gxo.world.flush()
    assert gxo.world.levels("MUG")["Main Site"] == (20, 17)
    gxo.round()
    gxo.world.flush()
    assert gxo.position("MUG") == (17, {})
    assert gxo.world.levels("MUG")["Main Site"] == (17, 17)  # told of the dispatch, Khaos Control has issued it
    counted = gxo.store.rows("select counted from shipped_line where order_code = %s", order)
    assert [row["counted"] for row in counted] == [True]
