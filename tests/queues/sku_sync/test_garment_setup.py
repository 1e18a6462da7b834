"""Garments set up at a warehouse by file: announced, answered row by row, withdrawn; and the SKUs that hang on them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fleet_tests.acs import Garments
from mappings.canonical import GarmentItem
from workers import recovery
from workers.edi import collect
from workers.sku_sync import garment_lists, garment_setup
from workers.spine.people import CannotDo, Person


@pytest.fixture
def acs(build_acs: Callable[..., Garments]) -> Garments:
    place = build_acs(switches={"event_url": ""})
    place.world.stock("DRESS", units=3)
    place.runtime.read_facts("acs")
    place.world.poll()
    return place


def states(acs: Garments) -> dict[str, str]:
    return {r["unique_sku"]: r["state"] for r in acs.store.rows("select unique_sku, state from garment_item")}


def confirmed(acs: Garments) -> list[str]:
    rows = acs.store.rows("select code from sku where connection = 'acs' and state = 'confirmed' order by 1")
    return [row["code"] for row in rows]


def test_an_order_waits_for_the_first_garment_of_its_sku_and_goes_by_itself(acs: Garments) -> None:
    order = acs.order(("DRESS", 1))
    assert acs.there(f"{order}-1") is None
    acs.announce("DRESS", "DRESS-1", "DRESS-2")
    assert states(acs) == {"DRESS-1": "accepted", "DRESS-2": "accepted"}
    assert [one["rows"] for one in acs.books()["setups"]] == [2]
    assert (confirmed(acs), acs.there(f"{order}-1") is not None) == (["DRESS"], True)
    assert acs.world.exceptions() == []
    assert acs.store.rows("select 1 from expectation where what = 'item results'") == []


def test_a_garment_that_is_refused_stands_alone_and_is_announced_again_once_it_is_put_right(acs: Garments) -> None:
    acs.switch(reject_garments={"DRESS-2": "missing_field"})
    acs.announce("DRESS", "DRESS-1", "DRESS-2")
    assert states(acs) == {"DRESS-1": "accepted", "DRESS-2": "rejected"}
    found = acs.world.exception("sku_refused")
    assert "DRESS-2" in found["reason"]
    acs.switch(reject_garments={})
    with pytest.raises(CannotDo, match="retry without an edit"):
        recovery.retry(acs.store, found["id"], Person("Anna B"), body={"garment": "DRESS-3"})
    acs.announce("DRESS", "DRESS-2")
    assert states(acs)["DRESS-2"] == "accepted"
    assert acs.world.exceptions() == []


def test_a_garment_that_was_set_up_before_is_there_and_the_same_announcement_again_sends_nothing(acs: Garments) -> None:
    acs.announce("DRESS", "DRESS-1")
    acs.store.run("update garment_item set state = 'rejected'")  # as though the answer had been lost
    acs.announce("DRESS", "DRESS-1")
    acs.announce("DRESS", "DRESS-1")
    assert states(acs) == {"DRESS-1": "accepted"}
    assert len(acs.books()["setups"]) == 2


def test_a_sku_whose_last_garment_is_withdrawn_is_not_confirmed_any_more(acs: Garments) -> None:
    acs.announce("DRESS", "DRESS-1", "DRESS-2")
    acs.pass_time()
    acs.announce("DRESS", "DRESS-1", withdrawn=True)
    assert confirmed(acs) == ["DRESS"]
    acs.announce("DRESS", "DRESS-2", withdrawn=True)
    assert confirmed(acs) == []
    order = acs.order(("DRESS", 1))
    assert acs.there(f"{order}-1") is None
    acs.announce("DRESS", "DRESS-3")
    assert acs.there(f"{order}-1") is not None


def test_a_file_without_an_answer_is_missed_and_its_garments_go_again_with_a_later_file(
    acs: Garments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acs, "pass_time", lambda _seconds=0.0: None)  # nobody takes the file
    acs.announce("DRESS", "DRESS-1")
    acs.store.run("update expectation set due_at = now() - interval '1 second' where kind = 'answer_missing'")
    acs.world.check()
    assert acs.world.exceptions() == ["answer_missing"]
    monkeypatch.undo()
    acs.store.run("update garment_item set changed_at = now() - interval '2 hours'")
    acs.look()
    assert states(acs) == {"DRESS-1": "accepted"}
    assert acs.world.exceptions() == []


def test_a_garment_without_room_at_the_warehouse_holds_up_no_other(acs: Garments) -> None:
    acs.announce("DRESS", "DRESS-" + "X" * 60, "DRESS-1")
    assert sorted(states(acs).values()) == ["accepted", "rejected"]
    assert "50 characters" in acs.world.exception("sku_refused")["reason"]


LIST = "Product SKU,Unique SKU,Sizes\nDRESS,D-1,12\nDRESS,D-2,14\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("unique_sku\nD-1\n", "add the columns product_sku, sizes"),
        (LIST + "DRESS,D-1,12\n", "line 4: garment D-1 stands twice"),
        (LIST + "GOWN,D-3,12\n", "line 4: GOWN is no stock code"),
        (LIST + "DRESS,,12\n", "line 4: fill unique_sku"),
        ("product_sku,unique_sku,sizes\n", "no garment"),
    ],
)
def test_a_list_is_taken_whole_or_not_at_all(text: str, says: str) -> None:
    with pytest.raises(garment_lists.Refused, match=says):
        garment_lists.read_list(text, {"DRESS": "A dress"})


def test_a_list_takes_names_from_the_catalogue() -> None:
    first, second = garment_lists.read_list(LIST, {"DRESS": "A dress"}, withdrawn=True)
    assert (first.name, first.sizes, second.unique_sku, second.retired) == ("A dress", "12", "D-2", True)


def answer(acs: Garments, rows: bytes) -> None:
    """A result of the last set-up file is laid, under its name."""
    results = acs.site.folders.root / "setup" / "results"
    row = acs.store.row("select max(file) as name from garment_item where file is not null")
    (results / f"{row['name'].removesuffix('.csv')}.result.csv").write_bytes(rows)
    collect.take_files(acs.runtime, "acs", "ACS")
    acs.world.go()


HEAD = b"unique_sku,result,code,message\r\n"


@pytest.fixture
def laid(acs: Garments) -> Garments:
    """Three garments are announced, and nobody has answered yet."""
    items = [GarmentItem(product_sku="DRESS", unique_sku=f"DRESS-{n}", name="x", sizes="12") for n in (1, 2, 3)]
    garment_setup.announce(acs.store, "acs", items)
    garment_setup.tend(acs.runtime, "acs")
    acs.world.go()
    return acs


@pytest.mark.parametrize("stub", [b"", HEAD, HEAD + b"DRESS-1,accepted,,\r\n"])
def test_a_result_that_is_filled_later_under_its_name_is_read_whole(laid: Garments, stub: bytes) -> None:
    answer(laid, stub)
    answer(laid, HEAD + b"DRESS-1,accepted,,\r\nDRESS-2,accepted,,\r\nDRESS-3,rejected,missing_field,\r\n")
    assert states(laid) == {"DRESS-1": "accepted", "DRESS-2": "accepted", "DRESS-3": "rejected"}
    assert laid.world.exceptions() == ["sku_refused"]


def test_a_result_that_takes_and_rejects_a_garment_confirms_it_not_and_a_bad_byte_spoils_its_own_cell(
    laid: Garments,
) -> None:
    rows = b"DRESS-1,accepted,,\r\nDRESS-1,rejected,missing_field,\r\nDRESS-2,accepted,,caf\xe9 \x00\r\n"
    answer(laid, HEAD + rows + b"DRESS-3,rejected,duplicate_sku,\r\nDRESS-3,accepted,,\r\n")
    assert states(laid) == {"DRESS-1": "rejected", "DRESS-2": "accepted", "DRESS-3": "accepted"}
    assert "which is true" in laid.world.exception("sku_refused")["reason"]


def test_a_withdrawal_that_no_file_can_say_is_a_persons_until_the_garment_is_retired(
    build_acs: Callable[..., Garments],
) -> None:
    acs = build_acs(files='setup_status_column = ""')
    acs.world.stock("DRESS", units=3)
    acs.runtime.read_facts("acs")
    acs.world.poll()
    acs.announce("DRESS", "DRESS-1")
    acs.pass_time()
    acs.hear()
    acs.announce("DRESS", "DRESS-1", withdrawn=True)
    assert "DRESS-1" in acs.world.exception("garment_withdrawal")["reason"]
    (tag,) = (one["rfid"] for one in acs.books()["garments"])
    acs.act(retire={"rfid": tag, "reason": "CLIENT_REQUEST", "disposition": "RETURN_TO_VENDOR"})
    acs.hear()
    acs.store.run("update garment set unique_sku = 'DRESS-1' where tag = %s", tag)  # by the stock file
    acs.look()
    assert "garment_withdrawal" not in acs.world.exceptions()
