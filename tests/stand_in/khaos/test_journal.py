"""The merchant's own operation that takes a stock journal, as the sandbox stands in for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapters.errors import Rejected
from adapters.khaos import Khaos
from fleet_tests.khaos_sandbox import Sandbox

ENTRY = {
    "MovementID": "leeds/9001",
    "StockCode": "MUG",
    "Site": "Main Site",
    "Quantity": "-2",
    "Reason": "DAMAGED",
    "Account": "5200",
    "UnitCost": "1.75",
    "EventTime": "2026-11-20T09:30:00",
}


def post(khaos: Khaos, **other: str) -> Any:
    return khaos._soap.call("PostStockJournal", {**ENTRY, **other}, write=True)


@pytest.fixture
def sandbox(start: Callable[..., Sandbox]) -> Sandbox:
    return start(post_stock_journal=True)


def test_a_movement_is_posted_once_as_value_and_leaves_stock_alone(khaos: Khaos, sandbox: Sandbox) -> None:
    assert [post(khaos), post(khaos)] == ["OK", "ALREADY POSTED"]
    (row,) = sandbox.books()["journals"]
    assert (row["movement"], row["code"], row["quantity"], row["unit_cost"]) == ("leeds/9001", "MUG", -2, "1.75")
    assert (row["reason"], row["account"], row["calls"]) == ("DAMAGED", "5200", 2)
    assert sandbox.level("MUG")["in_stock"] == 100


def test_with_the_switch_on_it_moves_stock_too_and_once(khaos: Khaos, sandbox: Sandbox) -> None:
    sandbox.post("switches", journal_moves_stock=True)
    post(khaos)
    post(khaos)
    assert sandbox.level("MUG")["in_stock"] == 98


@pytest.mark.parametrize(
    ("other", "symbol"),
    [
        ({"MovementID": ""}, "EInvalidParameter"),
        ({"StockCode": "NOBODY"}, "EStockNotFound"),
        ({"Site": "Nowhere"}, "EInvalidSite"),
        ({"Quantity": "two"}, "EConvertError"),
        ({"Quantity": "0"}, "EInvalidParameter"),
        ({"UnitCost": "dear"}, "EConvertError"),
        ({"EventTime": "yesterday"}, "EConvertError"),
    ],
)
def test_what_no_ledger_would_take_is_a_fault_and_not_booked(
    khaos: Khaos, sandbox: Sandbox, other: dict[str, str], symbol: str
) -> None:
    with pytest.raises(Rejected) as refused:
        post(khaos, **other)
    assert refused.value.symbol == symbol
    assert sandbox.books()["journals"] == []


def test_other_content_under_the_same_movement_is_a_fault(khaos: Khaos, sandbox: Sandbox) -> None:
    post(khaos)
    with pytest.raises(Rejected) as refused:
        post(khaos, Quantity="-3")
    assert refused.value.symbol == "EJournalMismatch"
    assert [row["quantity"] for row in sandbox.books()["journals"]] == [-2]


def test_without_the_flag_there_is_no_such_operation(start: Callable[..., Sandbox]) -> None:
    with pytest.raises(Rejected) as refused:
        post(start().client())
    assert refused.value.symbol == "operation_not_offered"
