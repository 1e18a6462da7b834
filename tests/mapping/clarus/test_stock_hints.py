"""What a webhook about stock or goods in hints at, in every form that its body may have."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tests.places import SAMPLES
from mappings.clarus import ReceiptHint, StockHint, read_stock_hint
from mappings.errors import Unmappable

OURS = SAMPLES / "clarus"
SKU = "WIDGET-RED-500"


def sample(name: str) -> bytes:
    return (OURS / f"webhook_{name}.json").read_bytes()


def said(**record: Any) -> bytes:
    return json.dumps({"data": record}).encode()


def test_an_adjustment_names_its_product_its_movement_and_its_reason() -> None:
    assert read_stock_hint("stock", "negatively_adjusted", sample("stock_negatively_adjusted_enveloped")) == StockHint(
        skus=(SKU,), reason=("904778", "ADJ-NEG-01"), movement=True
    )
    flat = read_stock_hint("stock", "positively_adjusted", sample("stock_positively_adjusted_flat"))
    assert (flat.skus, flat.reason, flat.movement) == ((SKU,), ("904777", "ADJ-POS-01"), True)


def test_a_hold_is_a_movement_whose_record_is_not_the_movement() -> None:
    hint = read_stock_hint("stock", "placed_on_hold", sample("stock_placed_on_hold_enveloped"))
    assert (hint.skus, hint.reason, hint.movement) == ((SKU,), None, True)


def test_a_balance_names_its_product_only() -> None:
    told = read_stock_hint("stock_balance", "updated", sample("stock_balance_updated_enveloped"))
    assert told == StockHint(skus=(SKU,))


def test_goods_in_name_the_receipt_its_lines_and_their_products() -> None:
    assert read_stock_hint("goods_in", "completed", sample("goods_in_completed_enveloped")) == StockHint(
        skus=(SKU,), receipts=(ReceiptHint("77", "PO-2024-001", ("501",)),)
    )


@pytest.mark.parametrize("event", ["received", "unreceived", "dispatched", "undispatched", "picked"])
def test_the_floors_own_work_is_no_movement_for_the_journal(event: str) -> None:
    assert not read_stock_hint("stock", event, said(product={"code": "MUG"})).movement


def test_an_event_that_nobody_published_is_looked_at() -> None:
    assert read_stock_hint("stock", "counted", said(product={"code": "MUG"})).movement


def test_a_put_away_names_its_receipt_in_either_of_the_vendors_words() -> None:
    line = {"id": 501, "goods_in_receipt": {"id": 77, "reference": "PO1"}}
    receipt = (ReceiptHint("77", "PO1", ("501",)),)
    body = said(id=9, product={"id": 5, "code": "MUG"}, goods_in_receipt_line=line)
    assert read_stock_hint("putaway_task", "completed", body).receipts == receipt
    body = said(id=9, product_code="MUG", inbound_item={"id": 501}, inbound_good={"id": 77, "reference": "PO1"})
    assert read_stock_hint("putaway_task", "completed", body) == StockHint(skus=("MUG",), receipts=receipt)


def test_the_form_of_the_rest_answers_is_read_with_its_relationships() -> None:
    body = {
        "data": {
            "id": "9",
            "type": "tasks",
            "attributes": {"status": "COMPLETED"},
            "relationships": {
                "product": {"data": {"id": "42", "type": "products"}},
                "inbound_good": {"data": {"id": "77", "type": "inbound_goods"}},
                "inbound_item": {"data": {"id": "501", "type": "inbound_items"}},
                "goods_out": {"data": None},
            },
        }
    }
    assert read_stock_hint("putaway_task", "completed", json.dumps(body).encode()) == StockHint(
        product_ids=("42",), receipts=(ReceiptHint("77", "", ("501",)),)
    )


def test_a_product_without_a_code_is_hinted_at_by_its_id() -> None:
    assert read_stock_hint("stock", "picked", said(product_id=1024)) == StockHint(product_ids=("1024",))


def test_a_transfer_between_owners_names_both_sides() -> None:
    body = said(transaction_source={"product": {"code": "MUG"}}, transaction_target={"product": {"code": "TRAY"}})
    hint = read_stock_hint("stock", "account_transferred", body)
    assert (hint.skus, hint.movement) == (("MUG", "TRAY"), True)


@pytest.mark.parametrize(
    ("resource", "body"),
    [
        ("goods_out", said(id=1, product={"code": "MUG"})),
        ("stock", b"no json"),
        ("stock", said(id=5)),
        ("goods_in", said(status="completed")),
        ("goods_in", b"[" * 200_000),
        ("stock", b'{"data": []}'),
    ],
)
def test_a_body_that_names_nothing_is_a_garbled_hint(resource: str, body: bytes) -> None:
    with pytest.raises(Unmappable) as told:
        read_stock_hint(resource, "completed", body)
    assert told.value.kind == "garbled_hint"


NAMES = ["id", "data", "attributes", "relationships", "reference", "product", "code", "product_id", "lines"]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*NAMES, "reason_code"]) | st.text(), inner),
)


@given(
    resource=st.sampled_from(["stock", "stock_balance", "goods_in", "putaway_task"]),
    body=st.binary() | ANY_JSON.map(json.dumps).map(str.encode),
)
def test_any_bytes_are_a_hint_that_names_something_or_a_garbled_hint(resource: str, body: bytes) -> None:
    try:
        hint = read_stock_hint(resource, "negatively_adjusted", body)
    except Unmappable as told:
        assert told.kind == "garbled_hint"  # noqa: PT017 -- either outcome is right, each is checked
        return
    assert hint.skus or hint.product_ids or hint.receipts
    assert all(one.isdigit() for one in hint.product_ids)
    assert all(one.their_id or one.reference for one in hint.receipts)
    "".join(hint.skus).encode()
