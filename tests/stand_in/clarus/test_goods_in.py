"""Goods come in as Clarus describes it: receipt, receive tasks, stock in the bay, put-away, available."""

from __future__ import annotations

from typing import Any

import pytest

from fleet_tests.clarus_floor import House


def book(house: House, *lines: tuple[str, float], **header: Any) -> int:
    ids = {code: int(house.tenant.books.products.one(code)["id"]) for code, _ in lines}
    made = house.write(
        "POST",
        "goods_in_receipts",
        "goods_in_receipts",
        **{"account_id": 1, "warehouse_id": 11, "reference": "PO1", **header},
        lines_changes=[
            {"type": "ADD", "attributes": {"product_id": ids[code], "expected_quantity": n, "string1": "B1"}}
            for code, n in lines
        ],
    )
    return int(made["data"]["id"])


def status(house: House, receipt: int) -> str:
    return str(house.tenant.books.goods_in_receipts.rows[str(receipt)]["status"])


def open_tasks(house: House, kind: str) -> list[int]:
    return [int(one["id"]) for one in house.read("tasks", task_type_code={"eq": kind}, status={"eq": "AVAILABLE"})]


def place(house: House, code: str = "A-01-01-01") -> int:
    return int(house.read("locations", code={"eq": code}, warehouse_code={"eq": "LDS1"})[0]["id"])


def put_away(house: House, task: int, units: float) -> Any:
    return house.write(
        "PATCH", f"tasks/{task}", "tasks",
        status="completed", confirmed_quantity=units, location_to_id=place(house), storage_unit_to_id=18,
    )  # fmt: skip


def test_a_receipt_goes_from_pending_to_completed_and_stock_appears_on_the_way(house: House) -> None:
    receipt = book(house, ("MUG", 5), ("TRAY", 3), external_system_reference1="RET9")
    seen = [(status(house, receipt), house.shelf("TRAY")["physically_there"])]
    assert (
        house.write("POST", f"goods_in_receipts/{receipt}/receive", "x")["data"]["attributes"]["status"] == "received"
    )
    seen.append((status(house, receipt), house.shelf("TRAY")["physically_there"]))
    for task in open_tasks(house, "RCV"):
        house.write("POST", f"receive_tasks/{task}/receive", "tasks")
    seen.append((status(house, receipt), house.shelf("TRAY")["received"]))
    first, second = open_tasks(house, "PWAY")
    put_away(house, first, 5)
    seen.append((status(house, receipt), house.shelf("MUG")["available"]))
    put_away(house, second, 3)
    seen.append((status(house, receipt), house.shelf("TRAY")["available"]))
    assert seen == [("PENDING", 0), ("RCV", 0), ("RCV", 3), ("PART", 15), ("COMPLETED", 3)]
    told = [(one["subtype"], one["quantity"]) for one in house.read("transactions")]
    assert told == [("RCV", 5), ("RCV", 3), ("PWAY", 5), ("PWAY", 3)]
    assert [one["string1"] for one in house.read("stocks", product_code={"eq": "TRAY"})] == ["B1"]
    assert house.books()["receipts"][0]["external_system_reference1"] == "RET9"
    assert house.imbalances() == []


def test_a_short_delivery_closes_its_line(house: House) -> None:
    receipt = book(house, ("TRAY", 10))
    house.rest("POST", f"goods_in_receipts/{receipt}/receive")
    house.write("POST", f"receive_tasks/{open_tasks(house, 'RCV')[0]}/receive", "tasks", confirmed_quantity=8)
    put_away(house, open_tasks(house, "PWAY")[0], 8)
    line = house.books()["receipts"][0]["lines"][0]
    assert (status(house, receipt), line["expected"], line["received"]) == ("COMPLETED", 10, 8)


def test_a_put_away_in_two_goes_leaves_the_rest_in_the_bay(house: House) -> None:
    receipt = book(house, ("TRAY", 10))
    house.rest("POST", f"goods_in_receipts/{receipt}/receive")
    house.write("POST", f"receive_tasks/{open_tasks(house, 'RCV')[0]}/receive", "tasks")
    put_away(house, open_tasks(house, "PWAY")[0], 4)
    assert (house.shelf("TRAY")["received"], status(house, receipt)) == (6, "PART")
    assert house.why(
        "PATCH", f"tasks/{open_tasks(house, 'PWAY')[0]}", "tasks",
        status="completed", confirmed_quantity=7, location_to_id=place(house), storage_unit_to_id=18,
    ) == "confirmed_quantity"  # fmt: skip
    put_away(house, open_tasks(house, "PWAY")[0], 6)
    assert (house.shelf("TRAY")["available"], status(house, receipt), house.imbalances()) == (10, "COMPLETED", [])


def test_goods_may_go_straight_to_a_shelf(house: House) -> None:
    receipt = book(house, ("TRAY", 2))
    house.rest("POST", f"goods_in_receipts/{receipt}/receive")
    path = f"receive_tasks/{open_tasks(house, 'RCV')[0]}/receive_to_putaway_location"
    assert house.why("POST", path, "tasks") == "location_to_id"
    house.write("POST", path, "tasks", location_to_id=place(house))
    assert (house.shelf("TRAY")["available"], status(house, receipt), open_tasks(house, "PWAY")) == (2, "COMPLETED", [])


@pytest.mark.parametrize("missing", ["confirmed_quantity", "location_to_id", "storage_unit_to_id"])
def test_a_task_is_completed_only_with_all_that_its_type_needs(house: House, missing: str) -> None:
    receipt = book(house, ("TRAY", 2))
    house.rest("POST", f"goods_in_receipts/{receipt}/receive")
    task = open_tasks(house, "RCV")[0]
    whole = {"confirmed_quantity": 2, "location_to_id": place(house, "GI-01"), "storage_unit_to_id": 18}
    del whole[missing]
    assert house.why("PATCH", f"tasks/{task}", "tasks", status="completed", **whole) == missing
    assert house.write("PATCH", f"tasks/{task}", "tasks", notes="hurry")["data"]["attributes"]["notes"] == "hurry"
    assert open_tasks(house, "RCV") == [task]


def test_a_receipt_is_reverted_only_before_anything_came_in(house: House) -> None:
    receipt = book(house, ("TRAY", 2))
    assert house.rest("POST", f"goods_in_receipts/{receipt}/revert")[0] == 422
    house.rest("POST", f"goods_in_receipts/{receipt}/receive")
    assert house.rest("POST", f"goods_in_receipts/{receipt}/receive")[0] == 422
    assert house.rest("POST", f"goods_in_receipts/{receipt}/revert")[1]["data"]["attributes"]["status"] == "pending"
    assert open_tasks(house, "RCV") == []
    house.rest("POST", f"goods_in_receipts/{receipt}/receive")
    house.write("POST", f"receive_tasks/{open_tasks(house, 'RCV')[0]}/receive", "tasks")
    assert house.rest("POST", f"goods_in_receipts/{receipt}/revert")[0] == 422


def test_a_receipt_is_changed_and_deleted_only_while_it_is_pending(house: House) -> None:
    receipt = book(house, ("TRAY", 2), ("MUG", 1))
    path = f"goods_in_receipts/{receipt}"
    first, second = (int(one["id"]) for one in house.books()["receipts"][0]["lines"])
    changes = [
        {"type": "UPDATE", "id": first, "attributes": {"expected_quantity": 7}},
        {"type": "DESTROY", "id": second},
    ]
    house.write("PATCH", path, "goods_in_receipts", reference="PO1-B", lines_changes=changes)
    assert [(one["product"], one["expected"]) for one in house.books()["receipts"][0]["lines"]] == [("TRAY", 7)]
    assert len(house.read("goods_in_receipts", reference={"eq": "PO1-B"})) == 1
    house.rest("POST", f"{path}/receive")
    assert house.rest("DELETE", path)[0] == 422
    change = [{"type": "REMOVE", "id": first}]
    assert house.why("PATCH", path, "goods_in_receipts", lines_changes=change) == "goods_in_receipt_already_started"
    house.rest("POST", f"{path}/revert")
    assert house.rest("DELETE", path) == (204, None)
    assert house.rest("DELETE", path)[0] == 404


def test_a_reference_may_be_used_twice_and_dates_change_their_name(house: House) -> None:
    for day in (1, 2):
        book(house, ("TRAY", 2), expected_date_of_arrival=f"2026-12-0{day}T00:00:00Z")
    found = house.read("goods_in_receipts", reference={"eq": "PO1"})
    assert [one["expected_date_of_receipt"][:10] for one in found] == ["2026-12-01", "2026-12-02"]


def test_a_return_is_told_by_its_kind_where_the_tenant_takes_one(house: House) -> None:
    book(house, ("TRAY", 2))
    book(house, ("TRAY", 2), receipt_type="return", goods_in_receipt_kind_id=2)
    assert [one["receipt_type"] for one in house.read("goods_in_receipts")] == ["standard", "return"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"account_id": None}, "account_id"),
        ({"warehouse_id": 99}, "warehouse_id"),
        ({"supplier_id": 99}, "supplier_id"),
        ({"expected_date_of_arrival": "soon"}, "expected_date_of_arrival"),
        ({"lines_changes": [{"type": "ADD", "attributes": {"product_id": 1, "expected_quantity": 0}}]},
         "expected_quantity"),
        ({"lines_changes": [{"type": "ADD", "attributes": {"product_id": 1, "expected_quantity": 1}}]}, "product_id"),
    ],
)  # fmt: skip
def test_a_receipt_with_a_bad_field_is_a_422_that_names_it(house: House, change: dict[str, Any], field: str) -> None:
    whole = {"account_id": 1, "warehouse_id": 11, "reference": "PO1", **change}
    assert house.why("POST", "goods_in_receipts", "goods_in_receipts", **whole) == field
    assert house.read("goods_in_receipts") == []


def test_lines_of_a_receipt_are_no_list_but_show_at_its_tasks(house: House) -> None:
    receipt = book(house, ("TRAY", 2))
    house.rest("POST", f"goods_in_receipts/{receipt}/receive")
    assert house.ask("{ goods_in_receipt_lines { all { edges { cursor } } } }")["data"] is None
    line = house.read("tasks")[0]["goods_in_receipt_line"]
    assert line["goods_in_receipt"] == {"id": str(receipt), "reference": "PO1"}
    assert len(house.read("tasks", goods_in_receipt_line_id={"in": [line["id"], "5"]})) == 1
