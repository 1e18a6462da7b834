"""A file that the warehouse lost: nobody guesses, and by a person's word the same file goes once more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fleet_tests.gxo import ByFile
from workers import recovery
from workers.spine import people


def overdue(gxo: ByFile) -> Any:
    gxo.store.run("update expectation set due_at = now() - interval '1 second' where kind = 'answer_missing'")
    gxo.world.check()
    return gxo.world.exception("answer_missing")


def test_an_order_that_gxo_lost_is_laid_again_under_its_number_and_goes_once(gxo: ByFile) -> None:
    gxo.stock(MUG=20)
    order = gxo.order(("MUG", 2))
    folder = gxo.site.folders.at("GBNH01", "in")
    (lost,) = list(folder.glob("940_*.edi"))
    before = lost.read_bytes()
    lost.unlink()
    gxo.round()
    assert gxo.there(f"{order}-1") is None
    found = overdue(gxo)
    assert found["subject"] == f"order:{order}-1"
    recovery.retry(gxo.store, found["id"], people.Person("Ada"))
    gxo.world.go()
    assert (folder / lost.name).read_bytes() == before
    gxo.round()
    gxo.world.read_back()
    assert (gxo.state(order), gxo.world.exceptions(), gxo.expected()) == ("dispatched", [], [])
    assert gxo.books()["picked_twice"] == 0


def test_an_order_that_gxo_had_after_all_is_not_picked_twice_when_it_is_laid_again(gxo: ByFile) -> None:
    gxo.stock(MUG=20)
    gxo.site.switches.turn({"lost_rate": {"997": 1.0, "824": 1.0}, "steps": {"N": 100.0}})
    order = gxo.order(("MUG", 2))
    gxo.round()
    found = overdue(gxo)
    gxo.site.switches.turn({"lost_rate": {}, "steps": {"N": 100.0}})
    recovery.retry(gxo.store, found["id"], people.Person("Ada"))
    gxo.world.go()
    gxo.round(120)
    gxo.world.read_back()
    assert (gxo.state(order), gxo.world.exceptions(), gxo.expected()) == ("dispatched", [], [])
    assert gxo.books()["picked_twice"] == 0
    assert gxo.position("MUG") == (18, {})


def test_items_whose_file_was_lost_go_again_in_a_later_one(build_gxo: Callable[..., ByFile]) -> None:
    gxo = build_gxo("ack_824_within = 3600.0")
    gxo.world.stock("LATE")
    gxo.world.poll()
    gxo.hear()
    for facility in ("GBNH01", "GBNH02"):
        for file in gxo.site.folders.at(facility, "in").glob("item_*.csv"):
            file.unlink()
    gxo.round()
    order = gxo.order(("LATE", 1))
    assert gxo.world.live_messages() != []
    gxo.store.run("update item_row set asked_at = now() - interval '2 hours'")
    gxo.hear()
    gxo.round(1)  # the items are answered, and the order goes
    gxo.round(1)
    assert gxo.there(f"{order}-1") is not None
    assert [k for k in gxo.world.exceptions() if k != "short_at_warehouse"] == []
    assert "item results" not in gxo.expected()
