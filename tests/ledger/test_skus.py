"""A SKU's confirmation, given and taken back, by the ledger's own functions: the gate, the level and the orders."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workers.ledger.store import Store


@pytest.fixture
def shelf(store: Store) -> Store:
    """Leeds holds ten mugs, was counted, and nothing of it is due."""
    store.run("insert into home (site, connection, facility, counted_at) values ('Leeds', 'leeds', 'LDS1', now())")
    store.run("insert into stock_site (site, home, purpose) values ('Leeds', 'Leeds', 'sell')")
    store.run("insert into position (home, sku, good, began_at, ended_at) values ('Leeds', 'MUG', 10, now(), now())")
    return store


def said(store: Store, function: str, **more: str) -> None:
    store.run(f"select {function}(%s)", json.dumps({"connection": "leeds", "code": "MUG", **more}))


def level(store: Store) -> dict[str, Any] | None:
    return store.row("select level from targets('Leeds', array['MUG'], 'available', 'issue')")


def due(store: Store) -> int:
    """How many levels were due; none is afterwards."""
    return store.run("update level set due_at = null where due_at is not null")


def held(store: Store, reference: str) -> Any:
    store.run(
        "select post('orders-out', 'leeds', 'order', %s, 'f', %s, 'SO1', '{}', null, %s)",
        reference, f"order:{reference}", json.dumps({"gates": ["sku:leeds:MUG"]}),
    )  # fmt: skip
    row = store.row("select state from message where reference = %s", reference)
    return row and row["state"]


def test_a_confirmation_lets_orders_go_and_has_the_level_set(shelf: Store) -> None:
    assert (level(shelf), held(shelf, "SO1-1"), due(shelf)) == ({"level": 0}, "held", 0)
    said(shelf, "sku_confirmed", their_id="4711")
    assert (level(shelf), due(shelf)) == ({"level": 10}, 1)
    assert shelf.row("select state from message") == {"state": "queued"}
    assert shelf.row("select state, their_id from sku") == {"state": "confirmed", "their_id": "4711"}


def test_a_confirmation_that_is_taken_back_stops_the_sale_and_holds_orders_until_it_is_given_again(
    shelf: Store,
) -> None:
    said(shelf, "sku_confirmed", their_id="4711")
    due(shelf)
    said(shelf, "sku_refused")
    assert (level(shelf), due(shelf), held(shelf, "SO1-1")) == ({"level": 0}, 1, "held")
    said(shelf, "sku_confirmed", their_id="4711")
    assert (level(shelf), due(shelf)) == ({"level": 10}, 1)
    assert shelf.row("select state from message") == {"state": "queued"}


def test_what_was_never_confirmed_cannot_be_taken_back(shelf: Store) -> None:
    said(shelf, "sku_refused")
    assert (shelf.rows("select * from sku"), due(shelf)) == ([], 0)


def test_goods_whose_last_unit_is_booked_are_not_waited_for_any_more(shelf: Store) -> None:
    subject = "receipt:leeds:R1:1"
    shelf.run(
        "insert into received_line (connection, their_id, line_id, purchase_order, home, sku, received)"
        " values ('leeds', 'R1', '1', 'PO1', 'Leeds', 'MUG', 3)"
    )
    shelf.run(
        "insert into expectation (subject, what, story, due_at, kind, flow, connection)"
        " values (%s, 'a delivery note', 'MUG', now(), 'goods_not_booked', 'returns-in', 'leeds')",
        subject,
    )
    shelf.run(
        "select file_exception('goods_not_booked', %s, 'MUG', 'returns-in', 'leeds', 'operations', 'warning', 'late',"
        " 'Book it.', null, null)",
        subject,
    )
    shelf.run("select book_line(id, 2, 'Mo', 'seen') from received_line")
    assert len(shelf.rows("select * from expectation")) == 1
    shelf.run("select book_line(id, 1, 'Mo', 'seen') from received_line")
    assert shelf.rows("select * from expectation") == []
    assert shelf.row("select state, closed_by from exception") == {"state": "resolved", "closed_by": "Mo"}
