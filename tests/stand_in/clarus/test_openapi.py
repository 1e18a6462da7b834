"""What the sandbox serves, held against Clarus's own OpenAPI file (read from ../shared when it is there)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from graphql import parse, validate
from jsonschema import Draft7Validator

from adapters.clarus.sandbox import rules
from adapters.clarus.sandbox.rest import ROWS
from adapters.clarus.sandbox.schema import LISTS, build
from adapters.clarus.sandbox.stock_lists import STOCK_LISTS
from fleet_tests.clarus_floor import House
from fleet_tests.places import REFERENCE

FILE = REFERENCE / "clarus-openapi.json"
# Taken though the file does not have them: kinds of receipt, for tenants that tell returns so.
NOT_IN_THE_FILE = {"receipt_type", "goods_in_receipt_kind_id"}
MUG = {"product_id": 1001, "expected_quantity": 3}
RECEIPT = {"account_id": 1, "warehouse_id": 11, "lines_changes": [{"type": "ADD", "attributes": MUG}]}
REASON = {"code": "WET", "name": "Wet", "description": "Rain", "reason_type": "negative_adjustment"}
DONE = {"status": "completed", "confirmed_quantity": 3, "location_to_id": 703, "storage_unit_to_id": 18}
RECEIVE = [{"receive": {"reference": "PO1", "lines": [{"product": "MUG", "quantity": 3}]}}]
HOLD = [{"hold": {"product": "MUG", "quantity": 2}}]
BAY = 701
# name of the operation -> what happens before on the floor, path below /api, body's type and attributes (or the body)
CALLS: dict[str, tuple[list[dict[str, Any]], str, Any]] = {
    "hold_stocks": ([], "stocks/hold", {"ids": [20000001], "description": "look", "reason_code_id": 305}),
    "offhold_stocks": (HOLD, "stocks/offhold", {"ids": [20000002], "description": "good"}),
    "adjust_stock_down": ([], "stocks/20000001/negative_adjustment", ("stocks", {"quantity": 2})),
    "move_stock": ([], "stocks/20000001/move", ("stocks", {"quantity": 2, "to_location_id": 704})),
    "transfer_stock": ([], "stocks/20000001/transfer", ("stocks", {"quantity": 2, "to_account_id": 2})),
    "update_stock": ([], "stocks/20000001", ("stocks", {"string1": "B1", "integer1": 12})),
    "create_reason_code": ([], "reason_codes", ("reason_codes", REASON)),
    "create_goods_in_receipt": ([], "goods_in_receipts", ("goods_in_receipts", RECEIPT)),
    "update_goods_in_receipt": (
        RECEIVE,
        "goods_in_receipts/800001",
        ("goods_in_receipts", {"account_id": 1, "warehouse_id": 11, "notes": "side door"}),
    ),
    "revert_goods_in_receipt": (RECEIVE, "goods_in_receipts/800001/revert", None),
    "receive_task": (RECEIVE, "receive_tasks/30000001/receive", ("tasks", {"confirmed_quantity": 2.0})),
    "receive_task_to_putaway_location": (
        RECEIVE,
        "receive_tasks/30000001/receive_to_putaway_location",
        ("tasks", {"location_to_id": BAY}),
    ),
    "update_task": (RECEIVE, "tasks/30000001", ("tasks", DONE)),
}


@pytest.fixture(scope="module")
def openapi() -> Any:
    if not FILE.exists():
        pytest.skip(f"Clarus's OpenAPI file is not there: {FILE}")
    return json.loads(FILE.read_text(encoding="utf-8"))


def operation(openapi: Any, name: str) -> Any:
    verb, path = next((row[0], row[1]) for row in ROWS if row[2] == name)
    same = {re.sub(r"\{\w+\}", "{id}", one): item for one, item in openapi["paths"].items()}
    return same[f"/api/{path}"][verb.lower()]


def as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0's ``nullable`` and boolean ``exclusiveMinimum`` as JSON Schema says them."""
    if isinstance(node, list):
        return [as_json_schema(one) for one in node]
    if not isinstance(node, dict):
        return node
    told = {key: as_json_schema(value) for key, value in node.items() if key not in {"nullable", "example"}}
    if told.get("exclusiveMinimum") is True:
        told["exclusiveMinimum"] = told.pop("minimum")
    return {"anyOf": [told, {"type": "null"}]} if node.get("nullable") is True else told


def problems(openapi: Any, described: Any, value: Any) -> list[str]:
    """What the documented request or response would not have."""
    schema = as_json_schema(described["content"]["application/json"]["schema"])
    whole = {**schema, "components": as_json_schema(openapi["components"])}
    return [error.message for error in Draft7Validator(whole).iter_errors(value)]


@pytest.mark.parametrize("name", [row[2] for row in ROWS])
def test_every_call_that_is_served_is_documented(openapi: Any, name: str) -> None:
    assert operation(openapi, name)


@pytest.mark.parametrize("name", CALLS)
def test_a_documented_body_is_taken_and_answered_as_documented(openapi: Any, house: House, name: str) -> None:
    house.tenant.set_up({"account": "OTHER"})
    before, path, wanted = CALLS[name]
    for action in before:
        house.do(**action)
    body = {"data": {"type": wanted[0], "attributes": wanted[1]}} if isinstance(wanted, tuple) else wanted
    documented = operation(openapi, name)
    if body is not None:
        assert problems(openapi, documented["requestBody"], body) == []
    verb = next(row[0] for row in ROWS if row[2] == name)
    status, told = house.rest(verb, path, body)
    expected = documented["responses"][str(status)]
    assert status in {200, 204}, told
    if status == 200:
        assert problems(openapi, expected, told) == []
    assert house.imbalances() == []


@pytest.mark.parametrize(
    ("rows", "schema"),
    [
        (rules.GOODS_IN, ("GoodsInReceiptAttributes",)),
        (rules.GOODS_IN_LINE, ("GoodsInReceiptLineChange", "attributes")),
        (rules.TASK, ("TaskUpdateAttributes",)),
        (rules.STOCK, ("StockUpdateRequest", "data", "attributes")),
        (rules.HOLDING, ("StockHoldRequest",)),
    ],
)
def test_only_documented_attributes_are_read(openapi: Any, rows: Any, schema: tuple[str, ...]) -> None:
    node = openapi["components"]["schemas"][schema[0]]["properties"]
    for name in schema[1:]:
        node = node[name]["properties"]
    assert rows.keys() - NOT_IN_THE_FILE <= node.keys()


@pytest.mark.parametrize(("path", "status"), [("stocks/1/move", 404), ("stocks/hold", 422)])
def test_a_refusal_looks_as_documented(openapi: Any, house: House, path: str, status: int) -> None:
    refused, told = house.rest("POST", path, {"data": {"type": "stocks", "attributes": {}}})
    described = openapi["components"]["responses"][{404: "NotFound", 422: "UnprocessableEntity"}[status]]
    assert (refused, problems(openapi, described, told)) == (status, [])


def documented_lists(openapi: Any) -> dict[str, tuple[str, str]]:
    """root -> (example query, prose with the table of filters)."""
    found = {}
    for path, item in openapi["paths"].items():
        if path.startswith("/graphql#"):
            content = item["post"]["requestBody"]["content"]["application/json"]
            query = (content.get("example") or {}).get("query") or content["schema"]["properties"]["query"]["example"]
            match = re.match(r"query\(\$filter: \w+\) \{ (\w+) \{", query)
            if match:
                found[match[1]] = (query, item["post"].get("x-mint", {}).get("content", ""))
    return found


@pytest.mark.parametrize("root", LISTS)
@pytest.mark.parametrize("extra_fields", [True, False])
def test_the_vendors_own_query_of_each_list_is_answered(openapi: Any, root: str, extra_fields: bool) -> None:
    query, _ = documented_lists(openapi)[root]
    assert validate(build(extra_fields=extra_fields), parse(query)) == []


@pytest.mark.parametrize("root", STOCK_LISTS)
def test_the_lists_of_stock_have_the_documented_filters_with_their_operators(openapi: Any, root: str) -> None:
    schema = build(extra_fields=False)
    table = re.findall(r"\| `(\w+)` \| (\w+InputType) \| ([^|]*)\|", documented_lists(openapi)[root][1])
    assert table
    offered: Any = schema.type_map[LISTS[root][1]]
    for name, kind, operators in table:
        assert offered.fields[name].type.name == kind
        assert set(re.findall(r"`(\w+)`", operators)) <= offered.fields[name].type.fields.keys()
