"""Unpublished fields are asked for exactly where a tenant's schema has them, and the question is put once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from graphql import build_schema, graphql_sync

from adapters.clarus.extra_fields import ExtraFields
from adapters.clarus.graphql import pages
from adapters.errors import Garbled, Rejected, Unavailable

SCHEMA = """
type Receipt { id: ID reference: String }
type Line { id: ID! goods_in_receipt: Receipt }
type Reason { id: ID! code: String }
type Stock { id: ID! string1: String reason_code: String }
type Transaction { id: ID! reason_code: Reason! }
type Task { id: ID! goods_in_receipt_line: Line }
type Query { stock: Stock transaction: Transaction task: Task }
"""


class Tenant:
    """Answers from a schema, and counts; raises what it was told to raise first."""

    def __init__(self, *raised: Exception, schema: str = SCHEMA) -> None:
        self.schema = build_schema(schema)
        self.raised = list(raised)
        self.asked = 0

    def ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        self.asked += 1
        if self.raised:
            raise self.raised.pop(0)
        told = graphql_sync(self.schema, query, variable_values=variables)
        assert told.errors is None
        return told.data or {}


def test_a_field_is_taken_when_what_we_need_stands_below_it() -> None:
    fields = ExtraFields(Tenant().ask)
    assert fields.of("transactions") == "reason_code { code }"
    assert fields.of("tasks") == "goods_in_receipt_line { id goods_in_receipt { id reference } }"
    assert fields.of("stocks") == "string1"  # its reason_code is a plain text there: nothing below it to ask for
    assert fields.of("goods_in_receipts") == ""
    assert fields.of("carriers") == ""


def test_the_schema_is_asked_once_by_however_many_threads() -> None:
    tenant = Tenant()
    fields, start = ExtraFields(tenant.ask), threading.Barrier(8)

    def go() -> str:
        start.wait(5)
        return fields.of("stocks")

    with ThreadPoolExecutor(8) as pool:
        assert {done.result(10) for done in [pool.submit(go) for _ in range(8)]} == {"string1"}
    assert tenant.asked == 1


@pytest.mark.parametrize("refused", [Rejected("no introspection", symbol="graphql"), Garbled("a page of HTML")])
def test_a_schema_that_tells_nothing_has_the_published_fields_for_good(refused: Exception) -> None:
    tenant = Tenant(refused)
    fields = ExtraFields(tenant.ask)
    assert [fields.of(root) for root in ("stocks", "tasks", "transactions")] == ["", "", ""]
    assert tenant.asked == 1
    assert ExtraFields(Tenant(schema="type Query { id: ID }").ask).of("stocks") == ""


def test_a_tenant_that_could_not_be_reached_is_asked_again() -> None:
    tenant = Tenant(Unavailable("away"))
    fields = ExtraFields(tenant.ask)
    with pytest.raises(Unavailable):
        fields.of("stocks")
    assert fields.of("stocks") == "string1"


def page(further: bool, cursor: Any, *ids: int) -> dict[str, Any]:
    edges = [{"node": {"id": one}} for one in ids]
    return {"list": {"all": {"pageInfo": {"hasNextPage": further, "endCursor": cursor}, "edges": edges}}}


@pytest.mark.parametrize(
    "last",
    [page(True, None), page(True, "MQ"), page(True, 5), {"list": None}, {"list": {"all": {"edges": []}}}],
)
def test_a_walk_that_cannot_go_on_never_looks_complete(last: dict[str, Any]) -> None:
    answers = iter([page(True, "MQ", 1, 2), last])
    walk = pages(lambda _query, _variables: next(answers), "stocks", {})
    assert [node["id"] for node in next(walk)] == ["1", "2"]
    with pytest.raises(Garbled):
        next(walk)


def test_a_walk_asks_for_a_page_only_when_the_one_before_was_consumed() -> None:
    asked: list[Any] = []
    answers = iter([page(True, "MQ", 1), page(True, "Mg", 2), page(False, None)])

    def ask(_query: str, variables: dict[str, Any]) -> dict[str, Any]:
        asked.append(variables["list_after"])
        return next(answers)

    walk = pages(ask, "stocks", {})
    assert asked == []
    next(walk)
    assert asked == [None]
    assert [len(one) for one in walk] == [1, 0]
    assert asked == [None, "MQ", "Mg"]
