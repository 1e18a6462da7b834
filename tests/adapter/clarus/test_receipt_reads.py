"""The client announces returns, finds receipts, and reads what came in and where it lies."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.clarus.client import Clarus
from adapters.clarus.settings import Settings
from adapters.errors import Unavailable
from fleet_tests.clarus_sandbox import Desk, Sandbox
from mappings.canonical import AdvisedLine, ReceiptStatus, ReturnAdvice
from mappings.clarus import read_receipt, receipt_words, same_receipt, write_return_receipt

NUMBERS = itertools.count(1)


def advice(**lines: int) -> ReturnAdvice:
    return ReturnAdvice(
        reference=f"RMA-{next(NUMBERS)}",
        order_code="SO1",
        facility="LDS1",
        lines=tuple(AdvisedLine(sku=sku, quantity=quantity) for sku, quantity in lines.items()),
    )


def of_books(sandbox: Sandbox, reference: str) -> Any:
    return [one for one in sandbox.books()["receipts"] if one["reference"] == reference]


def detail(desk: Desk, sandbox: Sandbox, reference: str) -> dict[str, Any]:
    """As after a webhook that named the lines."""
    (node,) = desk.clarus.goods_in_by_reference([reference], desk.facts.account_id)
    (kept,) = of_books(sandbox, reference)
    told: dict[str, Any] = desk.clarus.receipt_detail(node, [line["id"] for line in kept["lines"]])
    return told


def entries(told: dict[str, Any]) -> list[tuple[str, int, int, int, str, str]]:
    return sorted(
        (one.sku, one.expected, one.received, one.put_away, one.condition.value, one.hold_reason)
        for one in read_receipt(told, datetime.now(UTC)).lines
    )


def test_a_return_is_announced_once_and_found_again_by_its_reference(desk: Desk, sandbox: Sandbox) -> None:
    facts = desk.facts.model_copy(update={"receipt_kind": {"receipt_type": "return"}})
    wanted = advice(MUG=2, TRAY=1)
    wire = write_return_receipt(wanted, facts)
    made = desk.clarus.create_goods_in_receipt(wire)
    (kept,) = of_books(sandbox, wanted.reference)
    assert (kept["id"], kept["receipt_type"]) == (made, "return")
    assert (kept["external_system_reference1"], kept["external_system_reference2"]) == (wanted.reference, "SO1")
    assert {line["product"]: (line["expected"], line["string1"]) for line in kept["lines"]} == {
        "MUG": (2, wanted.reference),
        "TRAY": (1, wanted.reference),
    }
    told = detail(desk, sandbox, wanted.reference)
    assert same_receipt(wire, told)
    read = read_receipt(told, datetime.now(UTC))
    assert (read.their_id, read.status, read.return_reference) == (made, ReceiptStatus.EXPECTED, wanted.reference)
    assert (read.order_reference, read.facility) == ("SO1", "LDS1")


def test_an_answer_that_got_lost_is_settled_by_looking_the_reference_up(desk: Desk, sandbox: Sandbox) -> None:
    wanted = advice(MUG=2)
    wire = write_return_receipt(wanted, desk.facts)
    sandbox.switch(error_next=1)
    with pytest.raises(Unavailable) as lost:
        desk.clarus.create_goods_in_receipt(wire)
    assert lost.value.maybe_done
    assert desk.clarus.goods_in_by_reference([wanted.reference], desk.facts.account_id) == []
    desk.clarus.create_goods_in_receipt(wire)
    found = desk.clarus.goods_in_by_reference([wanted.reference], desk.facts.account_id)
    assert len(found) == len(of_books(sandbox, wanted.reference)) == 1
    other = write_return_receipt(advice(MUG=2), desk.facts)
    assert not same_receipt(other, desk.clarus.receipt_detail(found[0], []))


def test_a_return_that_was_graded_is_read_condition_by_condition(desk: Desk, sandbox: Sandbox) -> None:
    wanted = advice(MUG=5, TRAY=1)
    wire = write_return_receipt(wanted, desk.facts)
    desk.clarus.create_goods_in_receipt(wire)
    lines = [
        {"product": "MUG", "quantity": 5, "good": 3, "held": {"DMGHOLD": 2}},
        {"product": "TRAY", "quantity": 1, "good": 1},
    ]
    sandbox.ask("floor", {"receive": {"reference": wanted.reference, "lines": lines, "at_once": True}})
    told = detail(desk, sandbox, wanted.reference)
    assert entries(told) == [
        ("MUG", 2, 2, 2, "damaged", "DMGHOLD"),
        ("MUG", 3, 3, 3, "good", ""),
        ("TRAY", 1, 1, 1, "good", ""),
    ]
    assert read_receipt(told, datetime.now(UTC)).status is ReceiptStatus.COMPLETED
    assert read_receipt(told, datetime.now(UTC)).received_at is not None
    assert same_receipt(wire, told)
    assert json.loads(json.dumps(told)) == told


def test_a_delivery_is_found_by_what_the_floor_did_and_its_lines_by_their_tasks(desk: Desk, sandbox: Sandbox) -> None:
    began = datetime.now(UTC) - timedelta(seconds=1)
    lines = [{"product": "MUG", "quantity": 10, "good": 10}]
    sandbox.ask("floor", {"receive": {"reference": "PO-77", "lines": lines, "at_once": True}})
    account, warehouse = desk.facts.account_id, desk.facts.warehouses["LDS1"]
    (kept,) = of_books(sandbox, "PO-77")
    found = desk.clarus.receipt_lines_since(began, account, warehouse)
    assert found[kept["id"]] == [kept["lines"][0]["id"]]
    assert desk.clarus.receipt_lines_since(datetime.now(UTC) + timedelta(minutes=5), account, warehouse) == {}
    node = next(one for one in desk.clarus.receipts(account, warehouse) if one["id"] == kept["id"])
    before = sandbox.books()["calls"]["graphql"]
    told = desk.clarus.receipt_detail(node, found[kept["id"]])
    assert sandbox.books()["calls"]["graphql"] - before == 2
    assert sum(line.put_away for line in read_receipt(told, datetime.now(UTC)).lines) == 10


def test_receipts_are_asked_for_by_state_and_by_the_day_they_are_expected(desk: Desk, sandbox: Sandbox) -> None:
    account = desk.facts.account_id
    waiting, done = advice(MUG=1), advice(MUG=1)
    later = waiting.model_copy(update={"expected_on": datetime.now(UTC).date() + timedelta(days=30)})
    for one in (later, done):
        desk.clarus.create_goods_in_receipt(write_return_receipt(one, desk.facts))
    action = {"reference": done.reference, "lines": [{"product": "MUG", "quantity": 1, "good": 1}], "at_once": True}
    sandbox.ask("floor", {"receive": action})

    def references(**wanted: Any) -> set[str]:
        return {node["reference"] for node in desk.clarus.receipts(account, **wanted)}

    both = {waiting.reference, done.reference}
    assert both <= references()
    assert references(statuses=receipt_words(ReceiptStatus.EXPECTED)) & both == {waiting.reference}
    assert references(statuses=receipt_words(ReceiptStatus.COMPLETED)) & both == {done.reference}
    assert references(expected_since=datetime.now(UTC) + timedelta(days=29)) & both == {waiting.reference}
    assert references(references=[done.reference, "ABSENT"]) == {done.reference}


def test_what_was_received_and_taken_back_is_expected_again(desk: Desk, sandbox: Sandbox) -> None:
    wanted = advice(MUG=4)
    desk.clarus.create_goods_in_receipt(write_return_receipt(wanted, desk.facts))
    sandbox.switch(putaway_seconds=3600)
    line = {"product": "MUG", "quantity": 4, "good": 4}
    sandbox.ask("floor", {"receive": {"reference": wanted.reference, "lines": [line]}})
    sandbox.until(lambda: of_books(sandbox, wanted.reference)[0]["lines"][0]["received"] == 4)
    assert entries(detail(desk, sandbox, wanted.reference)) == [("MUG", 4, 4, 0, "goods_in", "")]
    sandbox.ask("floor", {"unreceive": {"reference": wanted.reference}})
    assert of_books(sandbox, wanted.reference)[0]["lines"][0]["received"] == 0
    assert entries(detail(desk, sandbox, wanted.reference)) == [("MUG", 4, 0, 0, "goods_in", "")]


def test_a_tenant_with_published_fields_only_is_read_line_by_line_all_the_same(
    desk: Desk, sandbox: Sandbox, settings: Settings
) -> None:
    sandbox.switch(extra_fields=False)
    desk.clarus = Clarus(settings)
    lines = [{"product": "MUG", "quantity": 2, "good": 2}, {"product": "TRAY", "quantity": 3, "good": 3}]
    sandbox.ask("floor", {"receive": {"reference": "PO-88", "lines": lines, "at_once": True}})
    told = detail(desk, sandbox, "PO-88")
    assert [(sku, put_away) for sku, _, _, put_away, _, _ in entries(told)] == [("MUG", 2), ("TRAY", 3)]
    assert read_receipt(told, datetime.now(UTC)).order_reference == ""
