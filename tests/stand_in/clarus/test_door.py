"""People on the floor do what the sandbox's own door tells them."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.clarus.sandbox.refusal import Refusal
from fleet_tests.clarus_floor import House


def received(house: House, **told: Any) -> Any:
    return house.do(receive={"reference": "RMA1", **told})[0]


def test_opening_stock_is_remembered_for_a_product_that_comes_later(house: House) -> None:
    house.tenant.set_up(
        {
            "warehouses": ["YRK1"],
            "stock": [
                {"product": "LAMP", "warehouse": "LDS1", "quantity": 3},
                {"product": "LAMP", "warehouse": "LDS1", "quantity": 4, "location": "B-01-01-01"},
            ],
        }
    )
    house.product("LAMP")
    places = {one["location"]["code"]: one["quantity"] for one in house.read("stocks", product_code={"eq": "LAMP"})}
    assert places == {"A-01-01-01": 3, "B-01-01-01": 4}
    assert (house.shelf("LAMP")["opening"], house.shelf("LAMP", "YRK1")["physically_there"]) == (7, 0)


def test_there_is_plenty_or_nothing_of_what_nobody_gave(house: House) -> None:
    assert house.shelf("TRAY")["available"] == 0
    house.tenant.set_up({"plenty": True})
    assert [one["quantity"] for one in house.read("stocks", product_code={"eq": "TRAY"})] == [1_000_000]
    assert house.shelf("MUG")["available"] == 10
    house.tenant.set_up({"stock": {"TRAY": 2}})
    assert (house.shelf("TRAY")["available"], house.imbalances()) == (2, [])


def test_stock_in_a_building_that_is_not_there_is_refused_by_name(house: House) -> None:
    with pytest.raises(ValueError, match="NOWHERE"):
        house.tenant.set_up({"stock": [{"product": "MUG", "warehouse": "NOWHERE", "quantity": 1}]})


def test_units_are_found_lost_held_released_and_moved(house: House) -> None:
    house.do(adjust={"product": "MUG", "warehouse": "LDS1", "quantity": 3, "reason": "FOUND"})
    house.do(adjust={"product": "MUG", "warehouse": "LDS1", "quantity": -1, "reason": "DMG"})
    house.do(hold={"product": "MUG", "warehouse": "LDS1", "quantity": 5, "reason": "QC"})
    house.do(hold={"product": "MUG", "warehouse": "LDS1", "quantity": 2, "reason": "DMG"})
    house.do(release={"product": "MUG", "warehouse": "LDS1", "quantity": 1, "reason": "QC"})
    house.do(adjust={"product": "MUG", "quantity": -1, "reason": "DMG", "held_for": "DMG"})
    house.do(move={"product": "MUG", "quantity": 2, "to": "A-01-01-02"})
    shelf = house.shelf("MUG")
    assert (shelf["available"], shelf["held_by_reason"], shelf["physically_there"]) == (6, {"DMG": 1, "QC": 4}, 11)
    subtypes = [one["subtype"] for one in house.books()["transactions"]]
    assert subtypes == ["POSADJ", "NEGADJ", "HOLD", "HOLD", "RELEASE", "NEGADJ", "TRAN"]
    assert house.imbalances() == []


@pytest.mark.parametrize(
    ("action", "why"),
    [
        ({"adjust": {"product": "MUG", "quantity": -11, "reason": "LOST"}}, "available, which is 10"),
        ({"adjust": {"product": "MUG", "quantity": -1, "reason": "MOON"}}, "MOON"),
        ({"hold": {"product": "MUG", "quantity": 0}}, "quantity"),
        ({"release": {"product": "MUG", "quantity": 1}}, "held, which is 0"),
        ({"adjust": {"product": "PIG", "quantity": 1}}, "PIG"),
        ({"adjust": {"product": "MUG", "warehouse": "MARS", "quantity": 1}}, "MARS"),
        ({"dance": {}}, "adjust, hold"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason_and_changes_nothing(
    house: House, action: Any, why: str
) -> None:
    with pytest.raises(Refusal, match=why):
        house.do(**action)
    assert (house.shelf("MUG")["available"], house.books()["transactions"]) == (10, [])


def test_a_delivery_at_once_puts_good_units_on_the_shelf_and_bad_ones_apart_on_hold(house: House) -> None:
    told = received(
        house,
        kind="return",
        external_system_reference1="RMA1",
        external_system_reference2="SO1",
        lines=[{"product": "TRAY", "quantity": 5, "good": 2, "held": {"DMG": 1, "QC": 2}, "alt_line_number": "7"}],
        at_once=True,
    )
    assert told["status"] == "COMPLETED"
    shelf = house.shelf("TRAY")
    assert (shelf["available"], shelf["held_by_reason"]) == (2, {"DMG": 1, "QC": 2})
    where = {one["location"]["code"]: one["status"] for one in house.read("stocks", product_code={"eq": "TRAY"})}
    assert where == {"A-01-01-01": "available", "HELD-DMG": "held", "HELD-QC": "held"}
    receipt = house.books()["receipts"][0]
    assert (receipt["receipt_type"], receipt["external_system_reference2"]) == ("return", "SO1")
    assert (receipt["lines"][0]["received"], receipt["lines"][0]["alt_line_number"]) == (5, "7")
    assert sum(one["confirmed_quantity"] for one in house.read("tasks", task_type_code={"eq": "PWAY"})) == 5
    assert house.imbalances() == []


def test_a_delivery_on_the_floors_clock_is_seen_in_the_bay_first(house: House) -> None:
    received(house, lines=[{"product": "TRAY", "quantity": 4}])
    seen = [house.shelf("TRAY")["physically_there"]]
    for _ in range(2):
        house.work()
        seen.append((house.shelf("TRAY")["received"], house.shelf("TRAY")["available"]))
    assert seen == [0, (4, 0), (0, 4)]
    assert house.books()["receipts"][0]["status"] == "COMPLETED"


def test_what_did_not_come_yet_is_still_expected_until_it_comes_or_the_delivery_is_closed(house: House) -> None:
    first = received(house, lines=[{"product": "TRAY", "quantity": 10, "good": 4}], at_once=True)
    second = received(house, lines=[{"product": "TRAY", "good": 3, "held": {"QC": 1}}], at_once=True)
    third = received(house, lines=[{"product": "TRAY", "good": 1}], at_once=True, close=True)
    assert (first["status"], second["status"], third["status"]) == ("PART", "PART", "COMPLETED")
    assert first["receipt"] == second["receipt"] == third["receipt"]
    assert house.books()["receipts"][0]["lines"][0]["received"] == 9
    again = received(house, lines=[{"product": "TRAY", "good": 1}], at_once=True)
    assert again["receipt"] != first["receipt"]
    assert house.imbalances() == []


def test_more_may_come_than_was_expected_and_other_things(house: House) -> None:
    trays = {"product": "TRAY", "quantity": 2, "good": 2, "held": {"QC": 3}}
    received(house, lines=[trays, {"product": "MUG", "good": 1}], at_once=True)
    receipt = house.books()["receipts"][0]
    assert (receipt["status"], [one["received"] for one in receipt["lines"]]) == ("COMPLETED", [5, 1])
    assert house.imbalances() == []


def test_a_delivery_goes_on_with_a_receipt_that_was_announced_over_rest(house: House) -> None:
    tray = int(house.tenant.books.products.one("TRAY")["id"])
    line = {"product_id": tray, "expected_quantity": 2, "alt_line_number": "L9"}
    made = house.write(
        "POST", "goods_in_receipts", "goods_in_receipts", account_id=1, warehouse_id=11, reference="RMA1",
        lines_changes=[{"type": "ADD", "attributes": line}],
    )  # fmt: skip
    told = received(house, lines=[{"product": "TRAY", "good": 2}], at_once=True)
    assert (told["receipt"], told["status"], len(told["lines"])) == (made["data"]["id"], "COMPLETED", 1)


def test_what_stands_in_the_bay_can_be_unreceived_and_received_again(house: House) -> None:
    received(house, lines=[{"product": "TRAY", "quantity": 4}])
    house.work()
    house.do(unreceive={"reference": "RMA1"})
    assert (house.shelf("TRAY")["physically_there"], house.books()["receipts"][0]["lines"][0]["received"]) == (0, 0)
    assert [one["subtype"] for one in house.books()["transactions"]] == ["RCV", "UNRCV"]
    house.work()
    received(house, lines=[{"product": "TRAY", "good": 4}], at_once=True)
    assert (house.shelf("TRAY")["available"], house.books()["receipts"][0]["status"]) == (4, "COMPLETED")
    assert house.imbalances() == []


def test_a_pending_receipt_can_be_cancelled_and_no_other(house: House) -> None:
    received(house, lines=[{"product": "TRAY", "quantity": 4}])
    with pytest.raises(Refusal, match="pending"):
        house.do(cancel_receipt={"reference": "RMA1"})
