"""The sandbox takes, refuses, changes, cancels, picks and ships orders as the profile says, and its books know it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fleet_tests.gxo_floor import Floor, Segment


def test_an_order_goes_through_every_state_and_leaves_with_one_945(floor: Floor) -> None:
    floor.order("SO1", MUG=2, TRAY=1)
    floor.go()
    told = floor.found("SO1")
    assert told["states"] == ["N", "P", "I", "A", "R", "C", "D"]
    assert [(one["shipped"], one["result"]) for one in told["lines"]] == [(2, "CC"), (1, "CC")]
    assert [len(floor.sets(one)) for one in ("997", "824", "945")] == [1, 1, 1]
    (shipped,) = floor.sets("945")
    (shipment,) = told["shipments"]
    assert shipped[0] == ("W06", "F", "SO1", "20261120", shipment["id"], "", "WEB-1")
    assert ("MAN", "GM", shipment["cartons"][0]["sscc"], "", "CP", shipment["tracking"][0]) in shipped
    assert ("W12", "CC", "2", "2", "0", "EA", "", "SK", "MUG") in shipped
    assert shipped[-1] == ("W03", "3", "1.5", "KG")
    assert floor.books()["stock"]["GBNH01"]["MUG"]["N"] == {
        "opening": 50, "received": 0, "adjusted": 0, "shipped": 2, "on_hand": 48,
    }  # fmt: skip


def test_the_answers_say_what_the_profile_s_samples_say(floor: Floor) -> None:
    floor.order("SO1", MUG=2)
    assert floor.sets("997") == [
        [("AK1", "OW", "101"), ("AK2", "940", "0001"), ("AK5", "A"), ("AK9", "A", "1", "1", "1")]
    ]
    ((bgn, warehouse, oti),) = floor.sets("824")
    assert bgn == ("BGN", "11", "824000001", "20261120", "2240")
    assert warehouse == ("N1", "WH", "GXO", "ZZ", "GBNH01")
    assert oti == ("OTI", "TA", "OQ", "SO1", "", "", "20261120", "2240", "101", "0001", "940")


@pytest.mark.parametrize(
    ("spoil", "answer"),
    [
        (("W01", 5, "NOPE"), "TR INVALID_SKU"),
        (("W66", 5, "PIGEON"), "TR INVALID_SERVICE"),
        (("N4", 4, "Great Britain"[:3]), "TR INVALID_ADDRESS"),
        (("N4", 3, ""), "TR INVALID_ADDRESS"),
        (("N4", 4, "KP"), "TR UNDELIVERABLE"),
        (("W01", 1, "0"), "TR BAD_QUANTITY"),
        (("W01", 1, "-2"), "TR BAD_QUANTITY"),
        (("W01", 2, "CA"), "TR BAD_QUANTITY"),
        (("W76", 1, "7"), "TR BAD_QUANTITY"),
        (("LI", 2, ""), "TR MISSING_FIELD"),
        (("WH", 4, "GBNH02"), "TR INVALID_FACILITY"),
        (("WH", 4, "MARS"), "TR INVALID_FACILITY"),
        (("DE", 4, "OTHER"), "TR OTHER"),
    ],
)
def test_what_the_vendor_would_refuse_is_refused_and_may_be_sent_again(
    floor: Floor, write_order: Callable[..., list[Segment]], spoil: tuple[str, int, str], answer: str
) -> None:
    floor.switches.undeliverable = ["KP"]
    name, place, text = spoil
    segments = [
        (*one[:place], text, *one[place + 1 :]) if name in one[:2] else one for one in write_order("SO1", MUG=2)
    ]
    floor.send(*segments)
    assert floor.codes() == [answer]
    assert floor.books()["orders"] == []
    floor.order("SO1", MUG=2)
    floor.go()
    assert floor.codes() == [answer, "TA"]
    assert floor.found("SO1")["received"] == {"N": 2}


def test_the_same_order_twice_is_a_duplicate_and_picked_once(floor: Floor) -> None:
    floor.order("SO1", MUG=2)
    floor.go()
    floor.order("SO1", MUG=2)
    floor.go()
    assert floor.codes() == ["TA", "TR DUPLICATE_ORDER"]
    assert floor.found("SO1")["picked"] == 1
    assert floor.books()["picked_twice"] == 0


def test_a_site_without_a_duplicate_check_picks_twice_and_the_books_show_it(floor: Floor) -> None:
    floor.switches.duplicate_check = False
    floor.order("SO1", MUG=2)
    floor.order("SO1", MUG=2)
    floor.go()
    assert floor.books()["picked_twice_orders"] == ["SO1"]
    assert len(floor.sets("945")) == 2


def test_a_new_order_is_cancelled_and_told_line_by_line_as_deleted(floor: Floor) -> None:
    floor.order("SO1", MUG=2, TRAY=1)
    floor.cancel("SO1")
    floor.cancel("SO1")
    floor.go()
    assert floor.codes() == ["TA", "TA", "TA"]
    assert floor.found("SO1")["states"] == ["N", "V"]
    (told,) = floor.sets("945")
    assert [one for one in told if one[0] == "W12"] == [
        ("W12", "DE", "2", "0", "2", "EA", "", "SK", "MUG"),
        ("W12", "DE", "1", "0", "1", "EA", "", "SK", "TRAY"),
    ]
    assert told[-1] == ("W03", "0", "0", "KG")
    assert floor.books()["figures"]["GBNH01"]["MUG"]["27"] == 0


def test_a_cancellation_that_comes_too_late_is_refused_and_the_order_ships(floor: Floor) -> None:
    floor.order("SO1", MUG=2)
    floor.go(3.5)
    floor.cancel("SO1")
    floor.go()
    assert floor.codes() == ["TA", "TR TOO_LATE"]
    ted = floor.sets("824")[1][-1]
    assert ted == ("TED", "ZZZ", "TOO_LATE: ORDER STATUS PACKING", "W05", "2", "1", "473", "F")
    assert floor.found("SO1")["lines"][0]["shipped"] == 2


def test_only_by_the_switch_may_a_released_order_be_cancelled(floor: Floor) -> None:
    floor.order("SO1", MUG=1)
    floor.go(1.0)
    assert floor.found("SO1")["state"] == "P"
    floor.cancel("SO1")
    floor.switches.cancel_in_p = True
    floor.cancel("SO1")
    assert floor.codes() == ["TA", "TR TOO_LATE", "TA"]
    assert floor.found("SO1")["state"] == "V"


def test_an_unknown_order_s_cancellation_is_refused_or_by_the_switch_not_answered(floor: Floor) -> None:
    floor.cancel("SO1")
    floor.switches.silent_unknown_cancel = True
    floor.cancel("SO2")
    assert floor.codes() == ["TR UNKNOWN_ORDER"]
    assert len(floor.sets("997")) == 2


def test_a_cancelled_order_may_ship_all_the_same_where_that_is_planted(floor: Floor) -> None:
    floor.switches.ships_after_cancel = ["SO1"]
    floor.order("SO1", MUG=1)
    floor.cancel("SO1")
    floor.go()
    assert floor.codes() == ["TA", "TA"]
    assert floor.found("SO1")["lines"][0]["shipped"] == 1


def test_a_change_replaces_the_whole_order_while_it_is_new_and_not_later(
    floor: Floor, write_order: Callable[..., list[Segment]]
) -> None:
    floor.order("SO1", MUG=2)
    floor.send(*write_order("SO1", purpose="R", MUG=1, TRAY=4))
    assert floor.books()["figures"]["GBNH01"]["TRAY"]["27"] == 4
    floor.go()
    floor.send(*write_order("SO1", purpose="R", MUG=9))
    assert floor.codes() == ["TA", "TA", "TR TOO_LATE"]
    assert [(one["sku"], one["shipped"]) for one in floor.found("SO1")["lines"]] == [("MUG", 1), ("TRAY", 4)]


def test_a_held_order_waits_for_its_release_and_cannot_be_changed(
    floor: Floor, write_order: Callable[..., list[Segment]]
) -> None:
    floor.switches.hold_orders = ["SO1"]
    floor.order("SO1", MUG=2)
    floor.go()
    floor.send(*write_order("SO1", purpose="R", MUG=1))
    assert floor.codes() == ["TE ON_HOLD", "TR ON_HOLD"]
    assert floor.found("SO1")["state"] == "H"
    floor.act(release_order={"reference": "SO1"})
    floor.go()
    assert floor.found("SO1")["states"] == ["N", "H", "N", "P", "I", "A", "R", "C", "D"]


@pytest.mark.parametrize(
    ("switches", "words"),
    [
        ({}, ["CC", "CC"]),
        ({"short": {"SO1": 1}}, ["CP", "DS"]),
        ({"short": {"sku:MUG": 0.5}}, ["CP", "CC"]),
        ({"cancelled_at_site": ["sku:TRAY"]}, ["CC", "IC"]),
        ({"cancelled_at_site": ["SO1"]}, ["IC", "IC"]),
        ({"substitute": {"SO1": "CUP"}}, ["CS", "CC"]),
        ({"over": {"SO1": 2}}, ["CC", "CC"]),
    ],
)
def test_each_line_is_told_with_the_word_for_what_became_of_it(
    floor: Floor, switches: dict[str, Any], words: list[str]
) -> None:
    floor.switches.turn({**switches, "steps": floor.switches.steps})
    floor.order("SO1", MUG=2, TRAY=1)
    floor.go()
    told = [one for segments in floor.sets("945") for one in segments if one[0] == "W12"]
    assert sorted(one[1] for one in told) == sorted(words)
    shipped = sum(int(one[3]) for one in told)
    assert shipped == sum(one["shipped"] for one in floor.found("SO1")["lines"])
    assert shipped == sum(
        row["shipped"] for kinds in floor.books()["stock"]["GBNH01"].values() for row in kinds.values()
    )
    assert all(int(one[2]) - int(one[3]) == int(one[4]) for one in told)
    assert all(row["27"] == 0 for row in floor.books()["figures"]["GBNH01"].values())


def test_an_order_that_leaves_in_two_goes_says_first_that_more_will_come(floor: Floor) -> None:
    floor.switches.two_goes = ["SO1"]
    floor.order("SO1", MUG=3, TRAY=1)
    floor.go(20)
    first, second = ([one for one in told if one[0] == "W12"] for told in floor.sets("945"))
    assert [one[1:5] for one in first] == [("BP", "3", "2", "1"), ("BO", "1", "0", "1")]
    assert [one[1:5] for one in second] == [("CC", "1", "1", "0"), ("CC", "1", "1", "0")]
    assert len({one["id"] for one in floor.found("SO1")["shipments"]}) == 2
    assert floor.books()["picked_twice"] == 0


@pytest.mark.parametrize(("left_out", "told"), [(False, ["MUG", "TRAY"]), (True, ["MUG"])])
def test_lines_of_which_nothing_left_are_told_unless_the_switch_leaves_them_out(
    floor: Floor, left_out: bool, told: list[str]
) -> None:
    floor.switches.short = {"sku:TRAY": 9}
    floor.switches.leave_absent_lines = left_out
    floor.order("SO1", MUG=1, TRAY=1)
    floor.go()
    assert [one[8] for segments in floor.sets("945") for one in segments if one[0] == "W12"] == told


def test_cartons_have_an_sscc_with_a_check_digit_and_tracking_of_their_own(floor: Floor) -> None:
    floor.switches.cartons = {"SO1": 3, "SO2": 2}
    floor.order("SO1", MUG=2, TRAY=1, CUP=1)
    floor.switches.split_lines = True
    floor.order("SO2", MUG=5)
    floor.go()
    marks = [one for told in floor.sets("945") for one in told if one[0] == "MAN"]
    assert len({one[2] for one in marks}) == len({one[5] for one in marks}) == 5
    for _, _, sscc, *_ in marks:
        assert len(sscc) == 20
        digits = [int(digit) for digit in sscc[2:]]
        assert sum(digit * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits)) % 10 == 0
    split = [one for one in floor.sets("945")[1] if one[0] == "W12"]
    assert [one[1:5] for one in split] == [("CC", "5", "2", "0"), ("CC", "5", "3", "0")]


def test_stock_that_truly_lacks_is_short_and_counted_as_a_stockout(floor: Floor) -> None:
    floor.order("SO1", CUP=4)
    floor.order("SO2", CUP=4)
    floor.go()
    assert floor.found("SO2")["lines"][0]["result"] == "CP"
    assert (floor.books()["stockouts"], floor.books()["out_of_stock_orders"]) == (1, ["SO2"])


@pytest.mark.parametrize(
    ("how", "states", "words"),
    [("wait", "NPIARCD", ["CC"]), ("backorder", "NPIARPIARCD", ["BP", "CC"])],
)
def test_by_the_switch_an_order_waits_for_stock_to_come(floor: Floor, how: str, states: str, words: list[str]) -> None:
    floor.switches.turn({"no_stock": how})
    floor.order("SO1", CUP=8)
    floor.go(20)
    lines = [{"sku": "CUP", "quantity": 10}]
    floor.act(receive={"facility": "GBNH01", "reference": "PO1", "kind": "supplier", "lines": lines})
    floor.go(20)
    assert "".join(floor.found("SO1")["states"]) == states
    assert [one[1] for told in floor.sets("945") for one in told if one[0] == "W12"] == words


def test_by_the_switch_an_order_without_stock_is_refused(floor: Floor) -> None:
    floor.switches.no_stock = "reject"
    floor.order("SO1", CUP=6)
    assert floor.codes() == ["TR OUT_OF_STOCK"]


def test_units_taken_away_under_an_open_order_make_it_short_without_a_stockout(floor: Floor) -> None:
    floor.switches.floor = False
    floor.order("SO1", CUP=5)
    with pytest.raises(ValueError, match="only 0 of CUP"):
        floor.act(hold={"facility": "GBNH01", "sku": "CUP", "quantity": 2})
    floor.act(hold={"facility": "GBNH01", "sku": "CUP", "quantity": 2, "committed": True})
    floor.switches.floor = True
    floor.go()
    assert [(one["shipped"], one["result"]) for one in floor.found("SO1")["lines"]] == [(3, "CP")]
    assert floor.books()["stockouts"] == 0


@pytest.mark.parametrize("facility", ["GBNH01", "GBNH02"])
def test_facilities_keep_their_own_numbers_and_stock(floor: Floor, facility: str) -> None:
    floor.order("SO1", facility, MUG=1)
    floor.go()
    assert floor.names(facility=facility)[0] == "824_000009002.edi"
    assert floor.found("SO1")["lines"][0]["result"] == ("CC" if facility == "GBNH01" else "DS")
    assert floor.names(facility="GBNH02" if facility == "GBNH01" else "GBNH01") == []
