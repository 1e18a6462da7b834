"""Credit notes as the status read shows them, and credits that people raise by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from adapters.khaos import Khaos
from fleet_tests.khaos_sandbox import Sandbox
from mappings.khaos import read_credit_notes, read_invoices

NOW = datetime.now(UTC)
WINDOW: dict[str, Any] = {"date_from": NOW - timedelta(days=90), "date_to": NOW + timedelta(days=1)}
OLD: dict[str, Any] = {"date_from": NOW - timedelta(days=90), "date_to": NOW - timedelta(days=1)}


def notes(khaos: Khaos, **asked: Any) -> list[str]:
    found, bad = read_credit_notes(khaos.export_order_status(**(WINDOW | asked)))
    assert not bad
    return [note.code for note in found]


def refused(sandbox: Sandbox, door: str, **body: Any) -> int:
    return requests.post(f"{sandbox.root}/_sandbox/{door}", json=body, timeout=15).status_code


@pytest.fixture
def bought(sandbox: Sandbox) -> dict[str, Any]:
    answer: dict[str, Any] = sandbox.post("shop", code="MUG", quantity=3, ref="W-1", customer="C-7")
    return answer


def test_a_credit_by_hand_shows_the_customer_and_the_units_and_no_reference(
    khaos: Khaos, sandbox: Sandbox, bought: dict[str, Any]
) -> None:
    made = sandbox.post("credit", urn=bought["urn"], lines={"MUG": 2}, order=bought["order"])
    status = khaos.export_order_status(ids=[bought["urn"]], mapping_type=1)
    assert '<ORDER_TYPE TYPE_ID="C">Credit Note</ORDER_TYPE>' in status
    (note,), _ = read_credit_notes(status)
    assert (note.code, note.order_code, note.urn) == (made["invoice"], made["credit"], bought["urn"])
    assert (note.reference, note.lines) == ("", (("MUG", 2),))
    assert [invoice.order_code for invoice in read_invoices(status)[0]] == [bought["order"]]
    (row,) = sandbox.books()["credits"]
    assert (row["order"], row["lines"], row["return"]) == (bought["order"], {"MUG": 2}, "")
    assert sandbox.level("MUG")["in_stock"] == 100


def test_credit_notes_pass_the_filters_that_orders_pass(khaos: Khaos, sandbox: Sandbox, bought: dict[str, Any]) -> None:
    made = sandbox.post("credit", urn=bought["urn"], lines={"MUG": 2})
    code = made["invoice"]
    asked: dict[str, Any]
    for asked in (
        {"ids": [bought["urn"]], "mapping_type": 1},
        {"ids": ["C-7"], "mapping_type": 2},
        {"ids": [made["credit"]], "mapping_type": 3},
        {},
        {"stages": [70]},
    ):
        assert notes(khaos, **asked) == [code]
    for asked in (
        {"ids": ["CU9999999"], "mapping_type": 1},
        {"ids": [bought["order"]], "mapping_type": 3},
        {"ids": ["W-1"], "mapping_type": 4},
        {"stages": [9]},
        {"web_only": True},
        OLD,
    ):
        assert notes(khaos, **asked) == []


@pytest.mark.parametrize(
    "body",
    [
        {"urn": "CU9999999", "lines": {"MUG": 1}},
        {"urn": "", "lines": {"NOBODY": 1}},
        {"urn": "", "lines": {"MUG": 0}},
        {"urn": "", "lines": {"MUG": 1}, "order": "SO9"},
    ],
)
def test_a_credit_for_nobody_or_nothing_is_refused(
    sandbox: Sandbox, bought: dict[str, Any], body: dict[str, Any]
) -> None:
    assert refused(sandbox, "credit", **(body | {"urn": body["urn"] or bought["urn"]})) in {404, 409, 422}
    assert sandbox.books()["credits"] == []


def test_the_same_customer_reference_keeps_the_same_urn_and_a_known_urn_is_that_customer(
    khaos: Khaos, sandbox: Sandbox, bought: dict[str, Any], order: Callable[..., str]
) -> None:
    again = sandbox.post("shop", code="MUG", quantity=1, ref="W-2", customer="C-7")
    assert again["urn"] == bought["urn"]
    by_urn = order("W-3", MUG=1).replace("<OTHER_REF>C-77</OTHER_REF>", f"<COMPANY_CODE>{bought['urn']}</COMPANY_CODE>")
    (taken,) = khaos.import_orders(by_urn).imported
    assert taken.urn == bought["urn"]
    assert khaos.import_orders(order("W-4", MUG=1)).imported[0].urn != bought["urn"]
