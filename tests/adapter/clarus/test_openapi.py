"""What is sent to Clarus, held against Clarus's own OpenAPI file (read from ../shared when it is there)."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft7Validator

from adapters.clarus.graphql import query
from adapters.clarus.listings import LISTINGS
from adapters.clarus.operations import OPERATIONS
from fleet_tests.places import REFERENCE
from mappings.canonical import Address, AdvisedLine, Fulfilment, PickLine, Product, ReturnAdvice
from mappings.clarus import (
    Facts,
    write_assignment,
    write_automation,
    write_goods_out,
    write_product,
    write_return_receipt,
)

FILE = REFERENCE / "clarus-openapi.json"
FACTS = Facts(
    account_id="1",
    warehouses={"LDS1": "11"},
    products={"MUG": "1001"},
    carriers={"DPD": "31"},
    stock_unit_type_id="91",
    dispatch_strategy="auto",
)
ORDER = Fulfilment(
    reference="SO1-1",
    order_code="SO1",
    invoice_code="IN1",
    facility="LDS1",
    courier="DPD Next Day",
    priority="5",
    note="Leave with the neighbour",
    lines=(PickLine(sku="MUG", quantity=2),),
    address=Address(
        name="Ada",
        organisation="Example Ltd",
        line1="1 Test Street",
        line2="Floor 2",
        town="Leeds",
        county="West Yorkshire",
        postcode="LS1 1AA",
        country="GB",
        email="ada@example.com",
        phone="0113",
    ),
    dispatch_by=datetime(2026, 11, 23, 17, tzinfo=UTC),
)
GOODS = Product(
    stock_id="7",
    code="MUG",
    description="Mug",
    barcodes=("5012345678900",),
    commodity_code="6912002310",
    country_of_origin="GB",
    stock_controlled=True,
)
RETURN = ReturnAdvice(reference="RMA1", order_code="SO1", facility="LDS1", lines=(AdvisedLine(sku="MUG", quantity=2),))
BODIES: dict[str, bytes | None] = {
    "create_product": write_product(GOODS, FACTS),
    "update_product": write_product(GOODS, FACTS),
    "assign_product": write_assignment(FACTS),
    "create_goods_out": write_goods_out(ORDER, FACTS, {"DPD Next Day": "DPD"}),
    "cancel_goods_out": None,
    "process_picks": b'{"ids":[3001]}',
    "create_goods_in_receipt": write_return_receipt(RETURN, FACTS),
    "create_automation": write_automation("goods_out", "completed", "https://example.com/hook", FACTS),
}


@pytest.fixture(scope="module")
def openapi() -> Any:
    if not FILE.exists():
        pytest.skip(f"Clarus's OpenAPI file is not there: {FILE}")
    return json.loads(FILE.read_text(encoding="utf-8"))


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


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_has_the_verb_path_and_body_that_clarus_documents(openapi: Any, name: str) -> None:
    operation = OPERATIONS[name]
    documented = openapi["paths"][f"/api{operation.path}"][operation.verb.lower()]
    body = BODIES[name]
    assert operation.has_body == (body is not None) == ("requestBody" in documented)
    if body is None:
        return
    schema = as_json_schema(documented["requestBody"]["content"]["application/json"]["schema"])
    whole = {**schema, "components": as_json_schema(openapi["components"])}
    problems = [error.message for error in Draft7Validator(whole).iter_errors(json.loads(body))]
    assert problems == []


@pytest.mark.parametrize("name", [name for name, body in BODIES.items() if body and name != "process_picks"])
def test_every_attribute_that_is_sent_is_one_that_clarus_documents(openapi: Any, name: str) -> None:
    schemas = openapi["components"]["schemas"]
    sent = json.loads(BODIES[name] or b"")["data"]
    known = {
        "products": schemas["ProductAttributes"]["properties"],
        "account_products": {"account_id": {}},
        "goods_outs": schemas["GoodsOutAttributes"]["properties"],
        "automations": schemas["AutomationAttributes"]["properties"],
        "goods_in_receipts": schemas["GoodsInReceiptAttributes"]["properties"],
    }[sent["type"]]
    assert sent["attributes"].keys() <= known.keys()
    if sent["type"] == "goods_outs":
        line = schemas["GoodsOutLineChange"]["properties"]["attributes"]["properties"]
        assert sent["attributes"]["lines_changes"][0]["attributes"].keys() <= line.keys()
        address = sent["relationships"]["address"]["data"]["attributes"]
        assert address.keys() <= schemas["Address"]["properties"].keys()


def lists_of(openapi: Any) -> dict[str, tuple[str, str, str]]:
    """root -> (type of the filter, example query, prose with the table of filters)."""
    found = {}
    for path, item in openapi["paths"].items():
        if path.startswith("/graphql#"):
            operation = item["post"]
            content = operation["requestBody"]["content"]["application/json"]
            example = (content.get("example") or {}).get("query") or content["schema"]["properties"]["query"]["example"]
            match = re.match(r"query\(\$filter: (\w+)\) \{ (\w+) \{", example)
            if match:
                found[match[2]] = (match[1], example, operation.get("x-mint", {}).get("content", ""))
    return found


@pytest.mark.parametrize("root", LISTINGS)
def test_every_list_that_is_read_is_documented_with_its_filter_type_and_fields(openapi: Any, root: str) -> None:
    filter_type, example, _ = lists_of(openapi)[root]
    listing = LISTINGS[root]
    assert listing.filter_type == filter_type
    documented = set(re.findall(r"\w+", example))
    assert set(re.findall(r"\w+", listing.node)) <= documented
    assert listing.filter_type in query({"one": root})


@pytest.mark.parametrize(
    ("root", "condition"),
    [
        ("accounts", "code"),
        ("account_warehouses", "account_id"),
        ("products", "code"),
        ("account_products", "account_id"),
        ("account_products", "product_id"),
        ("goods_outs", "reference"),
        ("goods_outs", "goods_out_status_code"),
        ("goods_outs", "account_id"),
        ("goods_out_lines", "goods_out_id"),
        ("shipments", "goods_out_id"),
        ("packages", "shipment_id"),
    ],
)
def test_every_filter_that_is_used_is_documented_with_eq_and_in(openapi: Any, root: str, condition: str) -> None:
    row = re.search(rf"\| `{condition}` \|[^\n]*", lists_of(openapi)[root][2])
    assert row is not None
    assert "`eq`" in row[0]
    if condition != "account_id":
        assert "`in`" in row[0]
