"""Orders to a warehouse that is sent files: told once, answered by files, and nothing taken for more than it says."""

from __future__ import annotations

from fleet_tests.gxo import ByFile
from fleet_tests.world import sales_order


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


def test_the_day_by_which_an_order_is_required_is_told_as_its_day_of_delivery(gxo: ByFile) -> None:
    gxo.stock(MUG=20)
    said = "</ASSOCIATED_REF><REQUIRED_BY_DATE>20/12/2026</REQUIRED_BY_DATE>"
    gxo.world.shop.import_orders(sales_order("GIFT", [("MUG", 1)]).replace("</ASSOCIATED_REF>", said))
    gxo.world.poll()
    gxo.world.go()
    rows = gxo.store.rows(
        "select b.wire from message_body b join message_key k using (message_id) where k.kind = 'order'"
    )
    assert [b"G62*02*20261220" in bytes(row["wire"]) for row in rows] == [True]


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
