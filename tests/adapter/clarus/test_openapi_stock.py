"""What is asked of Clarus about stock and goods in, held against its own OpenAPI file (../shared, when it is there)."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from graphql import build_schema, parse, validate
from jsonschema import Draft7Validator

from adapters.clarus.extra_fields import QUESTION
from adapters.clarus.graphql import query
from adapters.clarus.listings import LISTINGS
from adapters.clarus.operations import OPERATIONS
from fleet_tests.places import REFERENCE
from mappings.canonical import AdvisedLine, ReturnAdvice
from mappings.clarus import Facts, write_return_receipt

FILE = REFERENCE / "clarus-openapi.json"
ADVICE = ReturnAdvice(
    reference="RMA1",
    order_code="SO1",
    facility="LDS1",
    lines=(AdvisedLine(sku="MUG", quantity=2),),
    expected_on=date(2026, 11, 30),
)
FACTS = Facts(account_id="1", warehouses={"LDS1": "11"}, products={"MUG": "1001"})
NEW = ("reason_codes", "stocks", "transactions", "tasks", "goods_in_receipts")


@pytest.fixture(scope="module")
def openapi() -> Any:
    if not FILE.exists():
        pytest.skip(f"Clarus's OpenAPI file is not there: {FILE}")
    return json.loads(FILE.read_text(encoding="utf-8"))


def documented(openapi: Any, root: str) -> tuple[str, str]:
    """(example query, prose with the table of filters) of the list."""
    for path, item in openapi["paths"].items():
        told = json.dumps(item)
        if path.startswith("/graphql#") and re.search(rf"\) \{{ {root} \{{ all\(", told):
            content = item["post"]["requestBody"]["content"]["application/json"]
            return content["example"]["query"], item["post"]["x-mint"]["content"]
    raise AssertionError(root)


def as_json_schema(node: Any) -> Any:
    if isinstance(node, list):
        return [as_json_schema(one) for one in node]
    if not isinstance(node, dict):
        return node
    told = {key: as_json_schema(value) for key, value in node.items() if key not in {"nullable", "example"}}
    if told.get("exclusiveMinimum") is True:
        told["exclusiveMinimum"] = told.pop("minimum")
    return {"anyOf": [told, {"type": "null"}]} if node.get("nullable") is True else told


def test_a_return_is_announced_with_a_body_that_clarus_documents(openapi: Any) -> None:
    operation = OPERATIONS["create_goods_in_receipt"]
    told = openapi["paths"][f"/api{operation.path}"][operation.verb.lower()]
    schema = as_json_schema(told["requestBody"]["content"]["application/json"]["schema"])
    whole = {**schema, "components": as_json_schema(openapi["components"])}
    body = json.loads(write_return_receipt(ADVICE, FACTS))
    assert [error.message for error in Draft7Validator(whole).iter_errors(body)] == []
    attributes = openapi["components"]["schemas"]["GoodsInReceiptAttributes"]["properties"]
    assert body["data"]["attributes"].keys() <= attributes.keys()


@pytest.mark.parametrize("root", NEW)
def test_every_list_is_asked_for_with_documented_fields_and_its_own_filter(openapi: Any, root: str) -> None:
    example, _ = documented(openapi, root)
    listing = LISTINGS[root]
    assert f"$filter: {listing.filter_type})" in example
    assert set(re.findall(r"\w+", listing.node)) <= set(re.findall(r"\w+", example))


@pytest.mark.parametrize("root", NEW)
def test_no_unpublished_field_is_asked_for_unless_the_schema_showed_it(root: str) -> None:
    listing = LISTINGS[root]
    assert not listing.extras.keys() & set(re.findall(r"\w+", query({"list": root})))
    for extra in listing.extras.values():
        assert extra.selection in query({"list": root}, extra.selection)


@pytest.mark.parametrize(
    ("root", "condition", "operator"),
    [
        ("stocks", "product_code", "in"),
        ("stocks", "product_id", "in"),
        ("stocks", "location_id", "in"),
        ("stocks", "account_id", "eq"),
        ("stocks", "warehouse_id", "eq"),
        ("transactions", "created_at", "from"),
        ("transactions", "account_id", "eq"),
        ("transactions", "warehouse_id", "eq"),
        ("tasks", "goods_in_receipt_line_id", "eq"),
        ("tasks", "task_type_code", "in"),
        ("tasks", "completed_at", "from"),
        ("tasks", "account_id", "eq"),
        ("tasks", "warehouse_id", "eq"),
        ("goods_in_receipts", "reference", "in"),
        ("goods_in_receipts", "status", "in"),
        ("goods_in_receipts", "account_id", "eq"),
        ("goods_in_receipts", "warehouse_id", "eq"),
        ("goods_in_receipts", "expected_date_of_receipt", "from"),
    ],
)
def test_every_filter_that_is_used_is_documented_with_its_operator(
    openapi: Any, root: str, condition: str, operator: str
) -> None:
    row = re.search(rf"\| `{condition}` \|[^\n]*", documented(openapi, root)[1])
    assert row is not None
    assert f"`{operator}`" in row[0]


def test_archived_movements_are_left_out_by_the_documented_argument(openapi: Any) -> None:
    assert "`include_archived: Boolean`" in documented(openapi, "transactions")[1]
    assert "include_archived: false" in query({"list": "transactions"})


def test_the_question_for_extra_fields_is_proper_introspection() -> None:
    assert validate(build_schema("type Query { any: String }"), parse(QUESTION)) == []
