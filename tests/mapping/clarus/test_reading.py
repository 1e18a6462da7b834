from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tests.places import REFERENCE, SAMPLES
from mappings.canonical import WarehouseStatus
from mappings.clarus import STATUSES, read_courier, read_hint, read_order, read_status
from mappings.clarus.hints import WebhookHint
from mappings.errors import Unmappable

NOW = datetime(2026, 11, 21, tzinfo=UTC)
OURS = SAMPLES / "clarus"
SHARED = REFERENCE / "samples" / "clarus"


def sample(name: str) -> Any:
    return json.loads((OURS / name).read_text(encoding="utf-8"))


def nodes(root: str, name: str) -> list[Any]:
    return [edge["node"] for edge in sample(f"list{name}.response.json")["data"][root]["all"]["edges"]]


def raw() -> dict[str, Any]:
    order, shipment = nodes("goods_outs", "GoodsOuts")[0], nodes("shipments", "Shipments")[0]
    parcel = nodes("packages", "Packages")[0]
    shipment["id"] = parcel["shipment"]["id"]
    return {
        "goods_out": order,
        "lines": nodes("goods_out_lines", "GoodsOutLines"),
        "shipments": [shipment],
        "packages": [parcel],
    }


def test_the_vendors_own_examples_are_read() -> None:
    order = read_order(raw(), NOW)
    assert (order.their_id, order.reference, order.status) == ("1", "SO-001", WarehouseStatus.WAITING)
    assert order.status_word == "PENDING"
    line = order.lines[0]
    assert (line.sku, line.ordered, line.picked, line.dispatched) == ("WIDGET-RED-500", 100, 100, 0)
    parcel = order.parcels[0]
    assert (parcel.tracking, parcel.carrier, parcel.service) == ("1Z999AA10123456784", "DPD", "NEXT")


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("DRAFT", "waiting"),
        ("pending", "waiting"),
        ("Pick", "in_progress"),
        ("PART", "in_progress"),
        ("ALLOCATED", "in_progress"),
        ("PART_ALLOCATED", "in_progress"),
        ("COMPLETED", "dispatched"),
        ("CANCELLED", "cancelled"),
    ],
)
def test_every_default_status_has_its_meaning_in_any_case(code: str, meaning: str) -> None:
    assert read_status(code) == meaning


@given(st.text())
def test_a_status_without_a_row_is_refused_naming_the_table(code: str) -> None:
    if code.strip().upper() in STATUSES:
        return
    with pytest.raises(Unmappable, match=r"clarus/tables/statuses\.toml") as told:
        read_status(code)
    assert told.value.kind == "unknown_status"


def test_lines_of_one_sku_are_added_up_and_short_if_one_is() -> None:
    told = raw()
    told["lines"].append({**told["lines"][0], "id": "2", "dispatch_quantity": 3.0, "short_status": "SHORT"})
    assert [(one.ordered, one.dispatched, one.short) for one in read_order(told, NOW).lines] == [(200, 3, True)]


@pytest.mark.parametrize("quantity", [1.5, -1.0, "many", True, None, float("nan"), float("inf")])
def test_a_quantity_that_is_not_whole_units_is_refused(quantity: Any) -> None:
    told = raw()
    told["lines"][0]["order_quantity"] = quantity
    with pytest.raises(Unmappable, match="order_quantity"):
        read_order(told, NOW)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1Z1", ["1Z1"]),
        ("1Z1, 1Z2", ["1Z1", "1Z2"]),
        ("1Z1;1Z1", ["1Z1"]),
        ("JX 0001 GB", ["JX 0001 GB"]),
        ("n/a, null", [""]),
    ],
)
def test_several_numbers_in_one_field_are_a_parcel_each(written: str, kept: list[str]) -> None:
    told = raw()
    told["packages"][0]["tracking_number"] = written
    assert [one.tracking for one in read_order(told, NOW).parcels] == kept


def test_a_shipment_that_has_not_left_has_no_parcels_and_one_without_packages_is_one_parcel() -> None:
    told = raw()
    told["shipments"][0]["status"] = "Cancelled"
    assert read_order(told, NOW).parcels == ()
    told["shipments"][0]["status"] = "dispatched"
    told["packages"] = []
    assert [(one.tracking, one.carrier) for one in read_order(told, NOW).parcels] == [("", "DPD")]


@pytest.mark.parametrize("absent", ["goods_out", "id", "reference"])
def test_an_order_without_what_is_documented_is_refused(absent: str) -> None:
    told = raw()
    (told if absent == "goods_out" else told["goods_out"]).pop(absent)
    with pytest.raises(Unmappable):
        read_order(told, NOW)


def test_a_carrier_is_read_from_the_table_and_a_connections_own_rows_win() -> None:
    assert read_courier("dpd") == "DPD"
    assert read_courier("DPD", {"dpd": "DPD Next Day"}) == "DPD Next Day"
    with pytest.raises(Unmappable, match=r"clarus/tables/carriers\.toml") as told:
        read_courier("PIGEON")
    assert told.value.kind == "unknown_carrier"


@pytest.mark.parametrize("name", ["completed_enveloped", "completed_flat", "cancelled_enveloped"])
def test_a_webhook_in_either_form_hints_at_its_order(name: str) -> None:
    body = (OURS / f"webhook_goods_out_{name}.json").read_bytes()
    assert read_hint("goods_out", "completed", body) == WebhookHint(their_id="3301", reference="SO-2026-008812")


def test_a_webhook_in_the_form_of_the_rest_answers_is_read_too() -> None:
    body = b'{"data":{"id":5,"type":"goods_outs","attributes":{"reference":"SO9-1"}}}'
    assert read_hint("goods_out", "updated", body) == WebhookHint(their_id="5", reference="SO9-1")


def test_another_resource_hints_only_through_the_order_that_it_carries() -> None:
    body = b'{"data":{"id":77,"goods_out":{"id":"5","reference":"SO9-1"}}}'
    assert read_hint("goods_out_pick_list", "picked", body).their_id == "5"
    with pytest.raises(Unmappable) as told:
        read_hint("stock", "picked", b'{"data":{"id":77}}')
    assert told.value.kind == "garbled_hint"


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["id", "data", "attributes", "reference", "goods_out"]) | st.text(), inner
    ),
)  # fmt: skip


@given(resource=st.sampled_from(["goods_out", "stock"]), body=st.binary() | ANY_JSON.map(json.dumps).map(str.encode))
def test_any_bytes_are_a_hint_or_a_garbled_hint(resource: str, body: bytes) -> None:
    try:
        hint = read_hint(resource, "completed", body)
    except Unmappable as told:
        assert told.kind == "garbled_hint"  # noqa: PT017 -- either outcome is right, each is checked
        return
    assert hint.their_id or hint.reference
    assert not hint.their_id or hint.their_id.isdigit()
    hint.reference.encode()
    assert "\x00" not in hint.reference


def test_a_body_nested_without_end_is_a_garbled_hint() -> None:
    with pytest.raises(Unmappable):
        read_hint("goods_out", "completed", b"[" * 200_000)


def test_every_webhook_sample_of_the_reference_is_a_hint_or_is_refused() -> None:
    if not SHARED.exists():
        pytest.skip(f"the reference samples are not there: {SHARED}")
    for path in sorted((SHARED / "assumed").glob("webhook_*.json")):
        resource = "goods_out" if "goods_out" in path.name else "stock"
        if resource == "goods_out":
            assert read_hint(resource, "completed", path.read_bytes()).their_id
        else:
            with pytest.raises(Unmappable):
                read_hint(resource, "updated", path.read_bytes())
