"""Stock stands in records that move between statuses, and REST refuses what Clarus would refuse."""

from __future__ import annotations

from typing import Any

import pytest

from fleet_tests.clarus_floor import House


def the(house: House, code: str = "MUG", status: str = "available") -> int:
    return int(house.read("stocks", product_code={"eq": code}, status={"eq": status})[0]["id"])


def reason(house: House, code: str) -> int:
    return int(house.read("reason_codes", code={"eq": code})[0]["id"])


def by_status(house: House, code: str = "MUG") -> dict[str, float]:
    found: dict[str, float] = {}
    for node in house.read("stocks", product_code={"eq": code}):
        found[node["status"]] = found.get(node["status"], 0) + node["quantity"]
    return found


def test_units_go_from_record_to_record_until_they_leave(house: House) -> None:
    house.order("SO1-1", MUG=4)
    seen = []
    for _ in range(3):
        house.work()
        seen.append(by_status(house))
    assert seen == [{"available": 6, "allocated": 4}, {"available": 6, "picked": 4}, {"available": 6}]
    moves = house.read("transactions", goods_out_id={"eq": house.books()["goods_outs"][0]["id"]})
    assert [(one["subtype"], one["quantity"]) for one in moves] == [("PICK", 4), ("DISP", 4)]
    assert moves[0]["location_to"]["code"] == moves[1]["location_from"]["code"] == "PACK-01"
    assert house.imbalances() == []


def test_balances_follow_the_records_and_forget_what_is_no_longer_asked_for(house: House) -> None:
    house.order("SO1-1", MUG=4)
    house.order("SO2-1", MUG=3)
    before = house.read("stock_balances", product_code={"eq": "MUG"})[0]
    house.work(3)
    after = house.read("stock_balances", product_code={"eq": "MUG"})[0]
    assert (before["available"], before["ordered"]) == (10, 7)
    assert (after["available"], after["ordered"], after["picked"]) == (3, 0, 0)


def test_what_a_planted_short_pick_does_not_find_stays_on_the_shelf(house: House) -> None:
    house.tenant.switches.turn({"short": {"SO1-1": 3}})
    house.order("SO1-1", MUG=4)
    house.work(3)
    assert (house.status("SO1-1"), house.shelf("MUG")["available"], house.shelf("MUG")["physically_there"]) == (
        "COMPLETED", 9, 9,
    )  # fmt: skip
    assert (house.books()["stockouts"], house.imbalances()) == (0, [])


def test_over_shipping_takes_units_that_are_there(house: House) -> None:
    house.tenant.switches.turn({"over": {"SO1-1": 2, "SO2-1": 50}})
    house.order("SO1-1", MUG=3)
    house.work(3)
    house.order("SO2-1", MUG=3)
    house.work(3)
    assert [one["lines"]["MUG"]["dispatched"] for one in house.books()["goods_outs"]] == [5, 5]
    assert (house.shelf("MUG")["physically_there"], house.imbalances()) == (0, [])


def test_an_order_waits_for_stock_and_goes_when_it_comes(house: House) -> None:
    house.order("SO1-1", MUG=2, TRAY=1)
    house.order("SO2-1", TRAY=1)
    house.work(3)
    assert (house.status("SO1-1"), house.status("SO2-1")) == ("PART_ALLOCATED", "PENDING")
    assert (house.books()["unshippable"], house.books()["stockouts"]) == (["SO1-1", "SO2-1"], 2)
    house.do(adjust={"product": "TRAY", "warehouse": "LDS1", "quantity": 2, "reason": "FOUND"})
    house.work(4)
    assert (house.status("SO1-1"), house.status("SO2-1")) == ("COMPLETED", "COMPLETED")
    assert (house.books()["unshippable"], house.books()["stockouts"], house.imbalances()) == ([], 2, [])


def test_a_warehouse_may_short_for_lack_of_stock_instead_of_waiting(house: House) -> None:
    house.tenant.switches.turn({"no_stock_short": True})
    house.order("SO1-1", MUG=12)
    house.work(3)
    assert (house.status("SO1-1"), house.books()["goods_outs"][0]["lines"]["MUG"]["dispatched"]) == ("COMPLETED", 10)
    assert (house.books()["stockouts"], house.imbalances()) == (1, [])


@pytest.mark.parametrize("rounds", [1, 2])
def test_a_cancelled_order_gives_back_what_it_held(house: House, rounds: int) -> None:
    made = house.order("SO1-1", MUG=4)
    house.work(rounds)
    assert house.rest("POST", f"goods_outs/{made}/cancel")[0] == 200
    assert by_status(house) == {"available": 10}
    balance = house.read("stock_balances", product_code={"eq": "MUG"})[0]
    assert (balance["available"], balance["allocated"], balance["picked"], balance["ordered"]) == (10, 0, 0, 0)
    assert house.imbalances() == []


def test_a_whole_record_is_held_and_released_with_its_reason(house: House) -> None:
    body = {"ids": [the(house)], "description": "look", "reason_code_id": reason(house, "QC")}
    assert house.rest("POST", "stocks/hold", body)[0] == 200
    held = house.read("stocks", status={"eq": "held"})[0]
    assert (held["quantity"], held["reason_code"]) == (10, {"code": "QC"})
    assert house.shelf("MUG")["held_by_reason"] == {"QC": 10}
    house.order("SO1-1", MUG=1)
    house.work()
    assert house.status("SO1-1") == "PENDING"
    body["reason_code_id"] = reason(house, "RELEASE")
    assert house.rest("POST", "stocks/offhold", body)[0] == 200
    assert by_status(house) == {"available": 10}
    told = [(one["subtype"], one["reason_code"]["code"]) for one in house.read("transactions")]
    assert told == [("HOLD", "QC"), ("RELEASE", "RELEASE")]


@pytest.mark.parametrize(
    ("change", "symbol"),
    [
        ({"ids": []}, "validation_failed"),
        ({"ids": [1]}, "invalid_ids_provided"),
        ({"description": ""}, "validation_failed"),
        ({"reason_code_id": "LOST"}, "validation_failed"),
        ({"reason_code_id": 99999}, "validation_failed"),
    ],
)
def test_a_bad_hold_is_refused_and_holds_nothing(house: House, change: dict[str, Any], symbol: str) -> None:
    if isinstance(change.get("reason_code_id"), str):
        change = {"reason_code_id": reason(house, change["reason_code_id"])}
    body = {"ids": [the(house)], "description": "look", "reason_code_id": reason(house, "QC"), **change}
    status, told = house.rest("POST", "stocks/hold", body)
    assert (status, told["errors"][0]["symbol"]) in {(422, symbol), (422, "empty_ids_provided")}
    assert by_status(house) == {"available": 10}


def test_a_reason_that_is_no_longer_active_is_refused(house: House) -> None:
    house.tenant.set_up({"reason_codes": [{"code": "LOST", "active": False}]})
    lost = reason(house, "LOST")
    path = f"stocks/{the(house)}/negative_adjustment"
    assert house.why("POST", path, "stocks", quantity=1, reason_code_id=lost) == "reason_code_id"


def test_a_negative_adjustment_takes_units_away_and_never_more_than_are_available(house: House) -> None:
    record = the(house)
    path = f"stocks/{record}/negative_adjustment"
    house.write("POST", path, "stocks", quantity=4, reason_code_id=reason(house, "LOST"))
    assert house.why("POST", path, "stocks", quantity=7) == "quantity"
    assert house.why("POST", path, "stocks", quantity=0) == "quantity"
    assert house.rest("POST", "stocks/1/negative_adjustment")[0] == 404
    moves = house.read("transactions")
    assert [(one["subtype"], one["quantity"], one["reason_code"]["code"]) for one in moves] == [("NEGADJ", 4, "LOST")]
    assert (house.shelf("MUG")["available"], house.imbalances()) == (6, [])


def test_there_is_no_positive_adjustment_over_rest(house: House) -> None:
    assert house.rest("POST", f"stocks/{the(house)}/positive_adjustment")[0] == 404
    assert house.rest("POST", "stocks")[0] == 404


def test_stock_is_moved_within_its_building_only(house: House) -> None:
    house.tenant.set_up({"warehouses": ["YRK1"]})
    there = {one["warehouse"]["code"]: int(one["id"]) for one in house.read("locations", code={"eq": "A-01-01-02"})}
    path = f"stocks/{the(house)}/move"
    assert house.why("POST", path, "stocks", quantity=2, to_location_id=there["YRK1"]) == "to_location_id"
    house.write("POST", path, "stocks", quantity=2, to_location_id=there["LDS1"])
    found = house.read("stocks", location_code={"eq": "A-01-01-02"})
    assert [(one["quantity"], one["status"]) for one in found] == [(2, "available")]
    assert [one["subtype"] for one in house.read("transactions")] == ["TRAN"]
    assert house.imbalances() == []


def test_stock_is_given_to_another_account_only_where_there_is_one(house: House) -> None:
    path = f"stocks/{the(house)}/transfer"
    assert house.why("POST", path, "stocks", quantity=2, to_account_id=2) == "to_account_id"
    house.tenant.set_up({"account": "OTHER", "warehouses": ["LDS1"]})
    house.write("POST", path, "stocks", quantity=2, to_account_id=2)
    assert [one["quantity"] for one in house.read("stocks", account_id={"eq": "2"})] == [2]
    assert (house.shelf("MUG")["physically_there"], house.imbalances()) == (10, [])


def test_a_record_is_written_on_without_changing_how_much_it_is(house: House) -> None:
    told = house.write("PATCH", f"stocks/{the(house)}", "stocks", string1="BATCH-1", quantity=99)
    assert (told["data"]["attributes"]["string1"], told["data"]["attributes"]["quantity"]) == ("BATCH-1", 10)
    assert house.read("stocks")[0]["string1"] == "BATCH-1"
    assert [one["subtype"] for one in house.read("transactions")] == ["ATTRUP"]


def test_a_reason_code_is_made_once(house: House) -> None:
    wanted = {"code": "WET", "name": "Wet", "description": "Rain came in", "reason_type": "negative_adjustment"}
    made = house.write("POST", "reason_codes", "reason_codes", **wanted)
    assert isinstance(made["data"]["id"], str)
    assert house.why("POST", "reason_codes", "reason_codes", **wanted) == "code"
    assert house.why("POST", "reason_codes", "reason_codes", **{**wanted, "reason_type": "mood"}) == "reason_type"


def test_movements_are_read_from_a_moment_on_in_any_zone(house: House) -> None:
    for _ in range(3):
        house.do(adjust={"product": "MUG", "quantity": -1, "reason": "LOST"})
    moves = house.read("transactions")
    for row, moment in zip(house.tenant.books.transactions.rows.values(), (7, 8, 9), strict=True):
        row["created_at"] = f"2026-11-21T0{moment}:30:00.000Z"
    told = house.read("transactions", created_at={"from": "2026-11-21T10:00:00+02:00"})
    assert [one["id"] for one in told] == [one["id"] for one in moves[1:]]
    told = house.read("transactions", created_at={"from": "2026-11-21T08:30:00Z", "to": "2026-11-21T09:00:00Z"})
    assert [one["id"] for one in told] == [moves[1]["id"]]
    assert house.read("transactions", subtype={"in": ["NEGADJ", "PICK"]}) == house.read("transactions")
    assert "Invalid date" in str(house.ask('{transactions{all(filter:{created_at:{from:"soon"}}){edges{cursor}}}}'))


def test_extra_fields_are_offered_by_introspection_or_are_a_graphql_error(house: House) -> None:
    question = '{ __type(name: "Transaction") { fields { name } } }'
    wanted = "{ transactions { all { edges { node { id reason_code { code } } } } } }"
    offered = {one["name"] for one in house.ask(question)["data"]["__type"]["fields"]}
    assert {"id", "completing_user", "reason_code", "stock", "goods_in_receipt_line"} <= offered
    assert "errors" not in house.ask(wanted)
    house.tenant.switches.turn({"extra_fields": False})
    offered = {one["name"] for one in house.ask(question)["data"]["__type"]["fields"]}
    assert "completing_user" in offered
    assert not offered & {"reason_code", "stock", "goods_in_receipt_line"}
    assert house.ask(wanted)["data"] is None
