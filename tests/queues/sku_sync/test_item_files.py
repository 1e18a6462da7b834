"""Item files: each SKU is confirmed by its own line of each facility's answer, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fleet_tests.gxo import ByFile
from workers import recovery
from workers.spine.people import Person
from workers.views.worklists import publish

Build = Callable[..., ByFile]
SHORT = 0.3
GOOD = ("sku,result,code,message", "MUG,accepted,,")


@pytest.fixture
def gxo(build_gxo: Build) -> ByFile:
    opened = build_gxo()
    opened.switch(floor=False)
    return opened


def skus(gxo: ByFile) -> dict[str, str]:
    return {row["code"]: row["state"] for row in gxo.store.rows("select code, state from sku where connection = 'gxo'")}


def sync(gxo: ByFile, *codes: str) -> None:
    """Khaos Control has these items, and GXO is sent them."""
    gxo.world.stock(*codes)
    gxo.world.poll()
    gxo.hear()


def files(gxo: ByFile, facility: str = "GBNH01") -> list[str]:
    return sorted(file.name for file in gxo.folder("in", facility).glob("item_*.csv"))


def answer(gxo: ByFile, facility: str, *rows: str) -> None:
    """A result by hand to the file that lies there, which nobody reads any more."""
    (name,) = files(gxo, facility)
    (gxo.folder("in", facility) / name).unlink()
    gxo.lay(name.replace(".csv", ".result.csv"), "\n".join(rows).encode(), facility)


def test_items_go_to_every_facility_and_are_confirmed_when_the_last_has_accepted(gxo: ByFile) -> None:
    sync(gxo, "MUG")
    assert (len(files(gxo)), len(files(gxo, "GBNH02")), skus(gxo)) == (1, 1, {})
    answer(gxo, "GBNH01", *GOOD, "BOWL,accepted,,", "TRAY,accepted,,")
    assert skus(gxo) == {}
    assert len(gxo.store.rows("select * from expectation where what = 'item results'")) == 1
    (gxo.folder("in", "GBNH02") / files(gxo, "GBNH02")[0]).touch()
    gxo.round(SHORT)
    assert skus(gxo)["MUG"] == "confirmed"
    assert gxo.store.rows("select * from expectation where what = 'item results'") == []


def test_an_item_that_one_facility_rejects_is_merchandisings_and_the_others_are_confirmed(gxo: ByFile) -> None:
    gxo.switch(reject_items={"BOWL": "NOT IN THIS SEASON"})
    sync(gxo, "MUG", "BOWL")
    gxo.round(SHORT)
    found = gxo.world.exception("sku_refused")
    assert (found["owner"], found["story"], "NOT IN THIS SEASON" in found["reason"]) == ("merchandising", "BOWL", True)
    assert "MUG" in skus(gxo)
    assert "BOWL" not in skus(gxo)
    gxo.switch(reject_items={})
    recovery.retry(gxo.store, found["id"], Person("Mo"))
    gxo.world.go()
    gxo.hear()
    gxo.round(SHORT)
    assert (skus(gxo)["BOWL"], gxo.world.exceptions()) == ("confirmed", [])


def test_an_item_that_a_facility_rejects_later_holds_orders_again_until_it_is_accepted(gxo: ByFile) -> None:
    sync(gxo, "MUG")
    gxo.round(SHORT)
    assert skus(gxo)["MUG"] == "confirmed"
    gxo.switch(reject_items={"MUG": "DISCONTINUED"})
    gxo.world.stock("MUG", barcode="5012345678900")
    gxo.world.poll()
    gxo.hear()
    gxo.round(SHORT)
    assert skus(gxo)["MUG"] == "refused"
    (entry,) = [listed for listed in gxo.store.rows(publish.WORKLIST.query) if listed["sku"] == "MUG"]
    assert "DISCONTINUED" in entry["reason"]
    order = gxo.order(("MUG", 1))
    assert [m["state"] for m in gxo.world.live_messages() if m["kind"] == "order"] == ["held"]
    gxo.switch(reject_items={})
    recovery.retry(gxo.store, gxo.world.exception("sku_refused")["id"], Person("Mo"))
    gxo.world.go()
    gxo.hear()
    gxo.round(SHORT)
    gxo.round(SHORT)
    assert skus(gxo)["MUG"] == "confirmed"
    assert gxo.there(f"{order}-1")["state"] == "N"


def test_two_facilities_that_disagree_confirm_nothing_and_say_who_refused(gxo: ByFile) -> None:
    sync(gxo, "MUG")
    rest = [code for code in ("BOWL", "TRAY") if code not in skus(gxo)]
    more = [f"{code},accepted,," for code in rest]
    answer(gxo, "GBNH01", *GOOD, *more)
    answer(gxo, "GBNH02", GOOD[0], "MUG,rejected,INVALID_EAN,no such barcode", *more)
    reason = gxo.world.exception("sku_refused")["reason"]
    assert ("GBNH02" in reason, "GBNH01" in reason, "no such barcode" in reason) == (True, False, True)
    assert "MUG" not in skus(gxo)


def test_an_answer_for_some_of_the_items_leaves_the_others_awaited(gxo: ByFile) -> None:
    sync(gxo, "MUG", "BOWL")
    for facility in ("GBNH01", "GBNH02"):
        answer(gxo, facility, *GOOD)
    assert ("MUG" in skus(gxo), "BOWL" in skus(gxo)) == (True, False)
    assert gxo.is_late() == 2
    assert set(gxo.world.exceptions()) == {"answer_missing"}


def test_an_answer_for_a_stranger_is_an_exception_and_confirms_nothing_of_ours(gxo: ByFile) -> None:
    sync(gxo, "MUG")
    for facility in ("GBNH01", "GBNH02"):
        answer(gxo, facility, *GOOD, "STRANGER,accepted,,")
    assert ("STRANGER" in skus(gxo), skus(gxo)["MUG"]) == (False, "confirmed")
    assert set(gxo.world.exceptions()) == {"answer_unmatched"}


def test_a_result_that_makes_no_sense_is_an_exception_and_its_neighbours_count(gxo: ByFile) -> None:
    sync(gxo, "MUG", "BOWL")
    for facility in ("GBNH01", "GBNH02"):
        answer(gxo, facility, *GOOD, "BOWL,perhaps,,")
    assert ("MUG" in skus(gxo), "BOWL" in skus(gxo)) == (True, False)
    assert set(gxo.world.exceptions()) == {"unknown_status"}


def test_an_answer_that_is_no_result_file_is_an_exception(gxo: ByFile) -> None:
    sync(gxo, "MUG")
    answer(gxo, "GBNH01", "whatever this is")
    assert gxo.world.exceptions() == ["unmappable"]
    assert skus(gxo) == {}


def test_no_order_goes_before_its_items_are_accepted_everywhere(gxo: ByFile) -> None:
    sync(gxo, "MUG")
    order = gxo.order(("MUG", 1))
    assert [m["state"] for m in gxo.world.live_messages() if m["kind"] == "order"] == ["held"]
    gxo.round(SHORT)
    gxo.round(SHORT)
    assert gxo.there(f"{order}-1")["state"] == "N"


def test_an_item_file_whose_upload_breaks_is_laid_once(gxo: ByFile) -> None:
    gxo.switch(drop_after_rename_next=1)
    sync(gxo, "MUG")
    gxo.world.hurry()
    gxo.round(SHORT)
    gxo.round(SHORT)
    assert skus(gxo)["MUG"] == "confirmed"
    assert (gxo.world.exceptions(), [m for m in gxo.world.live_messages() if m["kind"] == "items"]) == ([], [])
