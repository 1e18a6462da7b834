"""The vendor's samples of stock and goods in are all understood (read from ../shared when it is there)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fleet_tests.places import REFERENCE
from mappings.adjustments import read_adjustment
from mappings.canonical import ReturnAdvice
from mappings.canonical.returns import AdvisedLine
from mappings.clarus import (
    Facts,
    read_movements,
    read_order,
    read_receipt,
    read_receipt_status,
    read_stock,
    read_stock_hint,
    write_return_receipt,
)
from mappings.clarus.conditions import Conditions
from mappings.clarus.hints import read_hint
from mappings.errors import Unmappable

NOW = datetime(2026, 11, 21, tzinfo=UTC)
FOLDER = REFERENCE / "samples" / "clarus"
RESOURCES = ("stock_balance", "stock", "goods_in", "putaway_task", "goods_out")
MAPPED = {"ADJ-NEG-01": {"khaos": "DAMAGED", "account": "5200"}}


@pytest.fixture(scope="module")
def samples() -> dict[str, Any]:
    """Every JSON sample of the folder by its path below it."""
    if not FOLDER.exists():
        pytest.skip(f"the reference samples are not there: {FOLDER}")
    return {str(path.relative_to(FOLDER)): json.loads(path.read_bytes()) for path in sorted(FOLDER.rglob("*.json"))}


def nodes(told: Any, root: str) -> list[Any]:
    found = [edge["node"] for edge in told["data"][root]["all"]["edges"]]
    assert found, f"the sample lists no {root}: nothing would be read"
    return found


def stock(told: Any) -> tuple[Any, Any]:
    found = nodes(told, "stocks")
    lines, bad = read_stock(found)
    return (sum(line.units for line in lines), bad), (sum(int(one["quantity"]) for one in found), [])


def movements(told: Any) -> tuple[Any, Any]:
    found = nodes(told, "transactions")
    good, bad = read_movements(found)
    return ([one.movement_id for one in good], bad), ([one["id"] for one in found], [])


def receipts(told: Any) -> tuple[Any, Any]:
    found = nodes(told, "goods_in_receipts")
    read = [read_receipt({"goods_in_receipt": node, "lines": [], "stocks": []}, NOW) for node in found]
    return [(one.reference, one.status_word) for one in read], [(node["reference"], node["status"]) for node in found]


def tasks(told: Any) -> tuple[Any, Any]:
    found = nodes(told, "tasks")
    # The vendor's example is a pick: as a receive task it has the same members.
    lines = [{"id": "501", "tasks": [{**one, "task_type": {"code": "RCV"}} for one in found]}]
    header = {"id": "1", "reference": "PO1", "status": "RCV"}
    read = read_receipt({"goods_in_receipt": header, "lines": lines, "stocks": []}, NOW)
    return sum(line.expected for line in read.lines), sum(int(one["start_quantity"]) for one in found)


def reasons(told: Any) -> tuple[Any, Any]:
    found = nodes(told, "reason_codes")
    return [read_adjustment("clarus", node["code"], MAPPED).khaos for node in found], ["DAMAGED" for _ in found]


# What is understood of each list, and what stands in it.
READERS: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "graphql/listStocks.response.json": stock,
    "graphql/listTransactions.response.json": movements,
    "graphql/listGoodsInReceipts.response.json": receipts,
    "graphql/listTasks.response.json": tasks,
    "graphql/listReasonCodes.response.json": reasons,
}


@pytest.mark.parametrize("name", READERS)
def test_every_list_that_the_flows_read_is_understood(samples: dict[str, Any], name: str) -> None:
    understood, shown = READERS[name](samples[name])
    assert understood == shown


def test_a_reason_code_without_a_row_names_the_table_that_wants_one(samples: dict[str, Any]) -> None:
    for node in nodes(samples["graphql/listReasonCodes.response.json"], "reason_codes"):
        with pytest.raises(Unmappable, match=r"tables\.adjustment_reasons\.clarus"):
            read_adjustment("clarus", node["code"])


def test_every_webhook_names_what_it_is_about(samples: dict[str, Any]) -> None:
    seen = 0
    for name, told in samples.items():
        stem = Path(name).stem.removeprefix("webhook_")
        resource = next((one for one in RESOURCES if stem.startswith(one)), "")
        if not Path(name).stem.startswith("webhook_"):
            continue
        event = stem.removeprefix(f"{resource}_").rsplit("_", 1)[0]
        body, record = json.dumps(told).encode(), told.get("data", told)
        seen += 1
        if resource == "goods_out":
            assert read_hint(resource, event, body).their_id == str(record["id"])
            continue
        hint = read_stock_hint(resource, event, body)
        about = [record, *record.get("lines", [])]
        assert hint.skus == tuple(one["product"]["code"] for one in about if "product" in one)
        if resource == "goods_in":
            assert hint.receipts[0].line_ids == tuple(str(line["id"]) for line in record["lines"])
        if event.endswith("adjusted"):
            assert hint.reason == (str(record["id"]), record["reason_code"]["code"])
    assert seen >= 10


def test_every_status_that_a_sample_shows_has_its_row(samples: dict[str, Any]) -> None:
    seen = 0
    for told in samples.values():
        data = told.get("data") if isinstance(told, dict) else None
        record = {**data.get("attributes", {}), **data} if isinstance(data, dict) else {}
        if record.get("type") == "goods_in_receipts" and "status" in record:
            read_receipt_status(record["status"])
        elif "storage_unit" in record or (record.get("type") == "stocks" and "status" in record):
            assert Conditions().judge(record).trouble is None
        else:
            continue
        seen += 1
    assert seen >= 4


def members(body: Any) -> tuple[set[str], set[str]]:
    attributes = body["data"]["attributes"]
    lines = [change.get("attributes", {}) for change in attributes["lines_changes"]]
    return set(attributes), {member for line in lines for member in line}


def test_what_we_announce_a_return_with_is_documented_member_by_member(samples: dict[str, Any]) -> None:
    advice = ReturnAdvice(
        reference="RMA1",
        order_code="SO1",
        facility="WH1",
        lines=(AdvisedLine(sku="MUG", quantity=1),),
        expected_on=NOW.date(),
    )
    facts = Facts(account_id="1", warehouses={"WH1": "1"}, products={"MUG": "123"})
    ours, our_line = members(json.loads(write_return_receipt(advice, facts)))
    theirs, their_line = members(samples["rest/createGoodsInReceipt.request.json"])
    openapi = json.loads((FOLDER.parents[1] / "clarus-openapi.json").read_bytes())["components"]["schemas"]
    documented = set(openapi["GoodsInReceiptAttributes"]["properties"])
    of_a_line = set(openapi["GoodsInReceiptLineChange"]["properties"]["attributes"]["properties"])
    assert theirs <= ours <= documented
    assert their_line <= our_line <= of_a_line


def test_an_order_of_the_vendors_examples_is_read(samples: dict[str, Any]) -> None:
    order = nodes(samples["graphql/listGoodsOuts.response.json"], "goods_outs")[0]
    lines = nodes(samples["graphql/listGoodsOutLines.response.json"], "goods_out_lines")
    read = read_order({"goods_out": order, "lines": lines, "shipments": [], "packages": []}, NOW)
    assert (read.reference, len(read.lines)) == (order["reference"], len(lines))
