"""Reading again whatever GXO ever said changes nothing: no order, no figure, no credit, no exception."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fleet_tests.gxo import ByFile
from workers import recovery
from workers.journal.entries import enter_new
from workers.spine.people import Person

Build = Callable[..., ByFile]
SHORT = 0.3
TABLES = """
[stock]
[stock.sites."Main Site"]
quarantine = "Main Quarantine"
[tables.return_dispositions.good]
"*" = { reason = "1" }
[tables.adjustment_reasons.gxo]
AA = { account = "5200" }
05 = { account = "5210" }
"""
KINDS = {
    "file", "acknowledgement", "order advice", "shipment advice", "receipt advice", "adjustment", "stock count",
    "item results",
}  # fmt: skip


def test_a_replay_of_every_kind_of_record_changes_nothing(build_gxo: Build, tmp_path: Path) -> None:
    (tmp_path / "channel").write_text("a-password")
    channel = f'channel = {{ password = "file:{tmp_path}/channel", public_url = "http://127.0.0.1:9" }}'
    gxo = build_gxo(stock=TABLES, khaos_more=f"extensions.confirm_shipment = {{}}\n{channel}")
    gxo.switch(reject_items={"TRAY": "NO"})
    gxo.stock(MUG=40, BOWL=20)
    gxo.switch(floor=False)
    _a_bad_day(gxo)
    enter_new(gxo.runtime, late=0.0)
    gxo.hear()
    assert {row["source"] for row in gxo.store.rows("select distinct source from record where connection = 'gxo'")} == (
        KINDS
    )
    before, shown = gxo.ledger(), gxo.world.khaos.books()
    for _ in range(2):
        gxo.replay()
        gxo.world.read_back()
        enter_new(gxo.runtime, late=0.0)
    after = gxo.ledger()
    assert {name: told for name, told in after.items() if told != before[name]} == {}
    assert gxo.world.khaos.books()["invoices"] == shown["invoices"]
    gxo.round(SHORT)
    assert gxo.books()["picked_twice"] == 0


def _a_bad_day(gxo: ByFile) -> None:
    whole, short, over, gone = (gxo.order(("MUG", n)) for n in (1, 4, 2, 3))
    gxo.round(SHORT)
    gxo.switch(undeliverable=["GB"])
    refused = gxo.order(("BOWL", 1))
    gxo.round(SHORT)
    gxo.switch(undeliverable=[], spoil_next={"945": 1}, short={f"{short}-1": 2}, over={f"{over}-1": 1})
    gxo.world.khaos.post("cancel", order=gone)
    gxo.world.poll()
    gxo.round(SHORT)
    found = next(
        row["id"]
        for row in gxo.store.rows("select id, subject from exception where kind = 'refused_by_warehouse'")
        if refused in row["subject"]
    )
    recovery.retry(gxo.store, found, Person("Mo"))
    gxo.world.go()
    gxo.switch(floor=True)
    gxo.round()
    gxo.switch(floor=False)
    gxo.world.read_back()
    gxo.act(adjust={"facility": "GBNH01", "sku": "MUG", "quantity": -2})
    gxo.act(hold={"facility": "GBNH01", "sku": "BOWL", "quantity": 3})
    gxo.act(
        receive={"facility": "GBNH01", "kind": "supplier", "reference": "PO", "lines": [{"sku": "MUG", "quantity": 6}]}
    )
    gxo.act(
        receive={
            "facility": "GBNH01", "kind": "return", "reference": "RMA-1", "order": whole, "lines": [
                {"sku": "MUG", "quantity": 1, "grade": "A"}, {"sku": "BOWL", "quantity": 1, "exception": "WRONG_ITEM"},
            ],
        }
    )  # fmt: skip
    gxo.switch(snapshot_off_by={"BOWL": -1})
    gxo.count()
    gxo.world.read_back()
    gxo.world.go()
    assert {gxo.state(one) for one in (whole, refused)} == {"dispatched"}
    assert (gxo.state(short), gxo.state(gone)) == ("closed_short", "cancelled")
    assert {"over_shipped", "short_pick", "unreadable", "wrong_item", "stock_differs", "sku_refused"} <= set(
        gxo.world.exceptions()
    )
