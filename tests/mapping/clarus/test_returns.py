"""Returns announced to Clarus as goods-in receipts, and known again."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from fleet_tests.places import SAMPLES
from mappings.canonical import AdvisedLine, ReturnAdvice
from mappings.clarus import Facts, same_receipt, write_return_receipt
from mappings.errors import Unmappable

OURS = SAMPLES / "clarus"
FACTS = Facts(account_id="1", warehouses={"LDS1": "11"}, products={"MUG": "1001", "TRAY": "1002"})
ADVICE = ReturnAdvice(
    reference="RMA1",
    order_code="SO1",
    facility="LDS1",
    lines=(AdvisedLine(sku="MUG", quantity=2, reason="too big"), AdvisedLine(sku="TRAY", quantity=1)),
    expected_on=date(2026, 11, 30),
)


def sample(name: str) -> Any:
    return json.loads((OURS / name).read_text(encoding="utf-8"))


def attributes(wire: bytes) -> Any:
    return json.loads(wire)["data"]["attributes"]


def test_a_return_is_announced_under_its_rma_reference_everywhere() -> None:
    assert attributes(write_return_receipt(ADVICE, FACTS)) == {
        "account_id": 1,
        "warehouse_id": 11,
        "reference": "RMA1",
        "external_system_reference1": "RMA1",
        "external_system_reference2": "SO1",
        "expected_date_of_arrival": "2026-11-30T00:00:00Z",
        "lines_changes": [
            {
                "type": "ADD",
                "attributes": {
                    "product_id": 1001, "expected_quantity": 2, "alt_line_number": "1", "string1": "RMA1",
                },
            },
            {
                "type": "ADD",
                "attributes": {
                    "product_id": 1002, "expected_quantity": 1, "alt_line_number": "2", "string1": "RMA1",
                },
            },
        ],
    }  # fmt: skip


def test_the_tenants_kind_is_added_and_overrides_nothing_of_ours() -> None:
    facts = FACTS.model_copy(update={"receipt_kind": {"receipt_type": "return", "reference": "theirs"}})
    sent = attributes(write_return_receipt(ADVICE, facts))
    assert (sent["receipt_type"], sent["reference"]) == ("return", "RMA1")
    assert write_return_receipt(ADVICE, facts) == write_return_receipt(ADVICE, facts)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"facility": "MAN2"}, "route_unmapped"),
        ({"lines": (AdvisedLine(sku="LAMP", quantity=1),)}, "sku_unconfirmed"),
        ({"lines": ()}, "unmappable"),
        ({"reference": ""}, "unmappable"),
        ({"reference": "R" * 51}, "unmappable"),
    ],
)
def test_a_return_that_clarus_could_not_take_is_refused(change: dict[str, Any], kind: str) -> None:
    with pytest.raises(Unmappable) as refused:
        write_return_receipt(ADVICE.model_copy(update=change), FACTS)
    assert refused.value.kind == kind


def task(units: float, product: str = "1001") -> dict[str, Any]:
    return {"task_type": {"code": "RCV"}, "start_quantity": units, "product": {"id": product}}


def shown(*tasks: Any, **changes: Any) -> dict[str, Any]:
    header = {"id": "77", "reference": "RMA1", "account": {"id": "1"}, "warehouse": {"id": "11"}, **changes}
    return {"goods_in_receipt": header, "lines": [{"id": "501", "tasks": list(tasks)}], "stocks": []}


@pytest.mark.parametrize(
    ("found", "same"),
    [
        (shown(), True),
        (shown(external_system_reference2="SO1"), True),
        (shown(external_system_reference2="SO2"), False),
        (shown(account={"id": "2"}), False),
        (shown(warehouse={"id": "12"}), False),
        (shown(reference="RMA2"), False),
        (shown(task(2.0)), True),
        (shown(task(3.0)), False),
        (shown(task(1.0, product="1003")), False),
    ],
)
def test_a_receipt_is_the_one_we_sent_by_all_that_clarus_shows_of_it(found: dict[str, Any], same: bool) -> None:
    assert same_receipt(write_return_receipt(ADVICE, FACTS), found) is same


def test_what_we_write_is_no_more_than_the_vendors_request_and_documented_members() -> None:
    theirs, ours = sample("createGoodsInReceipt.request.json")["data"], json.loads(write_return_receipt(ADVICE, FACTS))
    assert ours["data"]["type"] == theirs["type"]
    own = {"external_system_reference1", "external_system_reference2"}
    assert ours["data"]["attributes"].keys() - own == theirs["attributes"].keys()
    line, example = (one["attributes"]["lines_changes"][0] for one in (ours["data"], theirs))
    assert line["type"] == example["type"]
    assert line["attributes"].keys() - {"alt_line_number", "string1"} == example["attributes"].keys()
