"""The daily file of garments becomes levels in Khaos Control: whole, once, and never more than is ready."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from fleet_tests.acs import Garments
from workers.spine.people import CannotDo
from workers.stock_in import garment_cases, garment_people

BESIDE = '[stock.sites."Main Site"]\nrefurbishment = "Main Quarantine"\ninspection = "Main Inspection"\n'
SITES = ("Main Site", "Main Quarantine", "Main Inspection")


@pytest.fixture
def acs(build_acs: Callable[..., Garments]) -> Garments:
    place = build_acs(stock=BESIDE, days_ago=6)
    garments = {"DRESS": 4, "COAT": 2}
    place.stock(**garments)
    for code, n in garments.items():
        place.world.stock(code, units=n, sites=SITES)
    place.runtime.read_facts("khaos")
    return place


def levels(acs: Garments, sku: str) -> dict[str, int]:
    acs.world.flush()
    return {site: shown[1] for site, shown in acs.world.levels(sku).items()}


def test_ready_garments_are_what_khaos_control_shows(acs: Garments) -> None:
    acs.count()
    assert (levels(acs, "DRESS"), levels(acs, "COAT")) == ({"Main Site": 4}, {"Main Site": 2})
    assert acs.world.exceptions() == []


def tags(acs: Garments, sku: str) -> list[str]:
    return sorted(one.tag for one in acs.site.garments if one.product_sku == sku)


def states(acs: Garments) -> dict[str, str]:
    return {row["tag"]: row["state"] for row in acs.store.rows("select tag, state from garment")}


def later(acs: Garments) -> None:
    """The next file is laid a day later; the name of one has minutes only."""
    acs.later(timedelta(days=1))


def test_a_garment_that_left_is_not_sold_again_and_one_on_hire_is_with_its_customer(acs: Garments) -> None:
    acs.count()
    acs.order(("DRESS", 1), ("COAT", 1, "hire"), event=acs.soon())
    assert levels(acs, "DRESS") == {"Main Site": 3}
    acs.pass_time()
    acs.hear()
    rows = acs.store.rows("select sku, good, other from position order by sku")
    assert [(row["sku"], row["good"], row["other"]) for row in rows] == [
        ("COAT", 1, {"with_customer": 1}), ("DRESS", 3, {}),
    ]  # fmt: skip
    assert sorted(states(acs).values()) == ["sellable"] * 4 + ["sold", "with_customer"]


def test_a_file_with_fewer_than_half_of_the_rows_is_refused_until_a_person_takes_it(acs: Garments) -> None:
    acs.count()
    assert levels(acs, "DRESS") == {"Main Site": 4}
    later(acs)
    acs.switch(file_half_next=1)
    acs.count()
    assert acs.world.exceptions() == ["stock_file_refused"]
    assert levels(acs, "DRESS") == {"Main Site": 4}
    row = acs.store.row("select name, rows from garment_file where verdict = 'refused'")
    assert row is not None
    assert garment_people.accept_file(acs.store, row["name"], "Anna B") == row["rows"] == 2
    acs.world.go()
    assert acs.world.exceptions() == []
    assert sorted(states(acs).values()) == ["sellable"] * 2 + ["unseen"] * 4
    with pytest.raises(CannotDo, match="no refused stock file"):
        garment_people.accept_file(acs.store, row["name"], "Anna B")


def test_a_file_with_a_doubled_tag_is_refused_and_the_next_one_closes_that(acs: Garments) -> None:
    acs.count()
    later(acs)
    acs.switch(file_doubled_next=1)
    acs.count()
    assert acs.world.exceptions() == ["stock_file_refused"]
    row = acs.store.row("select name from garment_file where verdict = 'refused'")
    assert row is not None
    with pytest.raises(CannotDo, match="cannot be read"):
        garment_people.accept_file(acs.store, row["name"], "Anna B")
    later(acs)
    acs.count()
    assert (acs.world.exceptions(), levels(acs, "DRESS")) == ([], {"Main Site": 4})


def test_a_missing_tag_is_unseen_at_once_lost_after_three_days_and_given_up_for_good(acs: Garments) -> None:
    acs.count()
    gone = tags(acs, "DRESS")[0]
    acs.switch(file_leaves_out=[gone])
    for day in (1, 2, 3):
        later(acs)
        acs.count()
        assert (states(acs)[gone], levels(acs, "DRESS")) == ("unseen", {"Main Site": 3})
        assert ("garment_lost" in acs.world.exceptions()) == (day == 3)
    garment_people.give_up(acs.store, gone, "Anna B")
    acs.switch(file_leaves_out=[])
    later(acs)
    acs.count()
    assert (states(acs)[gone], levels(acs, "DRESS")) == ("retired", {"Main Site": 3})
    assert "garment_lost" not in acs.world.exceptions()


def test_a_sold_garment_that_is_back_without_a_word_is_somebodys_until_its_events_come(acs: Garments) -> None:
    acs.count()
    acs.order(("COAT", 1))
    acs.pass_time()
    acs.hear()
    later(acs)
    sold = next(one for one in acs.site.garments if one.order)
    acs.switch(event_loss_rate=1.0)
    acs.act(receive={"rfid": sold.tag, "grade": "A"})
    acs.pass_time()
    acs.switch(event_loss_rate=0.0)
    acs.count()
    assert (acs.world.exceptions(), levels(acs, "COAT")) == (["garment_differs"], {"Main Site": 1})
    assert (
        f"{sold.tag}: sellable in the file, sold by its last event" in acs.world.exception("garment_differs")["reason"]
    )
    acs.tell_again(*[one for one in acs.site.events.sent if one["Data"].get("RFID") == sold.tag])
    later(acs)
    acs.count()
    assert (states(acs)[sold.tag], "garment_differs" in acs.world.exceptions()) == ("sellable", False)


def test_the_later_of_two_files_of_one_day_counts_and_the_same_file_again_changes_nothing(acs: Garments) -> None:
    gone = tags(acs, "DRESS")[0]
    acs.count()
    for _ in range(2):
        acs.later(timedelta(minutes=1))
        acs.switch(file_leaves_out=[gone])
        acs.count()
    row = acs.store.row("select missed from garment where tag = %s", gone)
    assert row == {"missed": 1}
    for one in acs.store.rows("select id from record where source = 'stock file' order by id"):
        acs.runtime.store.row("select read_record_again(%s)", one["id"])
    acs.world.go()
    assert acs.store.row("select missed from garment where tag = %s", gone) == {"missed": 1}
    verdicts = [row["verdict"] for row in acs.store.rows("select verdict from garment_file order by id")]
    assert verdicts == ["take", "correct", "correct"]


def test_a_place_that_no_table_knows_sells_nothing_and_is_one_exception(acs: Garments) -> None:
    acs.switch(file_unknown_next=1)
    acs.count()
    assert (sorted(states(acs).values()).count("unknown"), acs.world.exceptions()) == (1, ["unknown_condition"])
    later(acs)
    acs.count()
    assert acs.world.exceptions() == []


def test_where_file_and_events_disagree_the_less_sellable_counts_until_they_agree(acs: Garments) -> None:
    acs.count()
    tag = tags(acs, "DRESS")[0]
    for state in ("PostRentalInspection", "InRefurbishment"):
        acs.act(move={"rfid": tag, "to": state})
    acs.hear()
    assert states(acs)[tag] == "refurbishment"
    assert levels(acs, "DRESS") == {"Main Site": 3, "Main Quarantine": 1}
    acs.act(move={"rfid": tag, "to": "Ready"})
    acs.hear()
    assert states(acs)[tag] == "sellable"
    assert levels(acs, "DRESS") == {"Main Site": 4}


def test_levels_are_those_of_the_last_file_when_no_event_is_sent(acs: Garments) -> None:
    acs.count()
    tag = tags(acs, "COAT")[0]
    acs.switch(event_url="")
    acs.act(move={"rfid": tag, "to": "PostRentalInspection"})
    later(acs)
    acs.count()
    assert levels(acs, "COAT") == {"Main Site": 1, "Main Inspection": 1}


OURS, STRANGE, LATER, KNOWN = (letter * 24 for letter in "ABCD")


def wardrobe_file(acs: Garments, days: float, garments: dict[str, str]) -> None:
    rows = [f"DRESS,{tag},In warehouse - ready for customer,{number}" for tag, number in garments.items()]
    acs.lay("\r\n".join(["SKU,RFID,Location,UniqueSKU", *rows, ""]).encode(), days=days)
    acs.take()


@pytest.mark.parametrize("event_first", [False, True])
def test_new_garments_that_nobody_announced_are_one_exception_until_they_are_announced_or_adopted(
    acs: Garments, event_first: bool
) -> None:
    acs.announce("DRESS", "DRESS_9")
    wardrobe_file(acs, -3, {OURS: "DRESS_1"})
    assert acs.world.exceptions() == [], "the first file is adopted"
    if event_first:
        acs.tell(
            "item.received", GarmentSKU="DRESS", RFID=STRANGE, ReturnKind="NEW_STOCK",
            Location="In warehouse - ready for customer", ProcessStatus="", ReceivedAt="2026-11-01T09:00:00Z",
        )  # fmt: skip
    every = {OURS: "DRESS_1", STRANGE: "DRESS_7", LATER: "DRESS_8", KNOWN: "DRESS_9"}
    wardrobe_file(acs, -2, every)
    found = acs.world.exception("garment_not_announced")
    assert found["owner"] == "merchandising"
    assert (
        f"2 garments that no set-up row names are in the stock file: {STRANGE} of DRESS_7, {LATER} of DRESS_8"
        in (found["reason"])
    )
    assert garment_people.adopt(acs.store, LATER.lower(), "Anna B") == 1
    assert acs.world.exception("garment_not_announced")["reason"].startswith("1 garments")
    acs.announce("DRESS", "DRESS_7")
    garment_cases.check_hires(acs.runtime)
    assert "garment_not_announced" not in acs.world.exceptions()
    wardrobe_file(acs, -1, every)
    assert "garment_not_announced" not in acs.world.exceptions()


def test_garments_of_a_warehouse_to_which_none_are_announced_are_nobodys_to_explain(acs: Garments) -> None:
    wardrobe_file(acs, -2, {OURS: "DRESS_1"})
    wardrobe_file(acs, -1, {OURS: "DRESS_1", STRANGE: "DRESS_7"})
    assert acs.world.exceptions() == []
