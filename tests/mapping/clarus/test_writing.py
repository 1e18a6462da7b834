from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.canonical import Address, Fulfilment, PickLine, Product
from mappings.clarus import Facts, same_order, write_assignment, write_automation, write_goods_out, write_product
from mappings.errors import Unmappable

FACTS = Facts(
    account_id="1",
    warehouses={"LDS1": "11"},
    products={"MUG": "1001", "TRAY": "1002"},
    carriers={"DPD": "31"},
    stock_unit_type_id="91",
)
HOME = Address(name="Ada", line1="1 Test Street", town="Leeds", county="Yorkshire", postcode="LS1 1AA", country="GB")
ORDER = Fulfilment(
    reference="SO1-1",
    order_code="SO1",
    invoice_code="IN1",
    facility="LDS1",
    lines=(PickLine(sku="MUG", quantity=2), PickLine(sku="TRAY", quantity=1)),
    address=HOME,
    dispatch_by=datetime(2026, 11, 23, 17, tzinfo=UTC),
)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=90)


def attributes(body: bytes) -> Any:
    return json.loads(body)["data"]["attributes"]


def moved(**changes: Any) -> Fulfilment:
    return ORDER.model_copy(update=changes)


def at_home(**changes: Any) -> Fulfilment:
    return moved(address=HOME.model_copy(update=changes))


def test_the_day_by_which_an_order_is_required_stands_before_its_note() -> None:
    required = {"required_by": date(2026, 12, 20)}
    assert attributes(write_goods_out(moved(**required), FACTS))["order_notes"] == "Required by 2026-12-20"
    noted = attributes(write_goods_out(moved(note="ring", **required), FACTS))["order_notes"]
    assert noted == "Required by 2026-12-20\nring"


def test_an_order_says_who_where_what_and_by_when() -> None:
    data = json.loads(write_goods_out(ORDER, FACTS))["data"]
    assert data["type"] == "goods_outs"
    assert data["attributes"] == {
        "goods_out_type": "sales_order",
        "account_id": 1,
        "warehouse_id": 11,
        "reference": "SO1-1",
        "external_system_reference1": "IN1",
        "external_system_reference2": "SO1",
        "expected_date_of_dispatch": "2026-11-23T17:00:00Z",
        "lines_changes": [
            {"type": "ADD", "attributes": {"product_id": 1001, "order_quantity": 2, "alt_line_number": "1"}},
            {"type": "ADD", "attributes": {"product_id": 1002, "order_quantity": 1, "alt_line_number": "2"}},
        ],
    }
    assert data["relationships"]["address"]["data"]["attributes"] == {
        "name": "Ada",
        "address_1": "1 Test Street",
        "address_3": "Leeds",
        "address_4": "Yorkshire",
        "postcode": "LS1 1AA",
        "country_code": "GB",
    }


def test_a_dispatch_time_in_another_zone_is_sent_as_the_same_instant_in_utc() -> None:
    summer = datetime(2026, 7, 1, 17, tzinfo=timezone(timedelta(hours=1)))
    assert attributes(write_goods_out(moved(dispatch_by=summer), FACTS))["expected_date_of_dispatch"] == (
        "2026-07-01T16:00:00Z"
    )


@pytest.mark.parametrize(
    ("order", "kind", "field"),
    [
        (at_home(line1=""), "bad_address", "address_1"),
        (at_home(town=" "), "bad_address", "address_3"),
        (at_home(postcode=""), "bad_address", "postcode"),
        (at_home(line1="x" * 81), "bad_address", "address_1"),
        (at_home(line2="x" * 50, line3="y" * 50), "bad_address", "address_2"),
        (at_home(postcode="LS1 1AA 1234"), "bad_address", "postcode"),
        (at_home(email="nobody"), "bad_address", "email_address"),
        (at_home(phone="0" * 51), "bad_address", "phone_number"),
        (moved(lines=(PickLine(sku="HAT", quantity=1),)), "sku_unconfirmed", "sku"),
        (moved(facility="MOON"), "route_unmapped", "facility"),
        (moved(note="x" * 256), "unmappable", "note"),
        (moved(lines=()), "unmappable", "reference"),
        (moved(dispatch_by=datetime(2026, 11, 23, 17)), "unmappable", "dispatch_by"),  # noqa: DTZ001 -- the case
    ],
)
def test_what_clarus_has_no_room_or_word_for_is_refused_by_kind_and_field(
    order: Fulfilment, kind: str, field: str
) -> None:
    with pytest.raises(Unmappable) as told:
        write_goods_out(order, FACTS)
    assert (told.value.kind, told.value.field) == (kind, field)


def test_a_refused_address_is_not_repeated_in_the_message() -> None:
    with pytest.raises(Unmappable) as told:
        write_goods_out(at_home(line1="Secret Street " * 9), FACTS)
    assert "Secret" not in str(told.value)


def test_an_address_abroad_may_have_no_postcode() -> None:
    assert write_goods_out(at_home(postcode="", country="IE"), FACTS)


def test_a_carrier_is_sent_only_by_a_table_and_then_must_be_known() -> None:
    order = moved(courier="DPD Next Day")
    assert "carrier_id" not in attributes(write_goods_out(order, FACTS))
    assert attributes(write_goods_out(order, FACTS, {"DPD Next Day": "DPD"}))["carrier_id"] == 31
    with pytest.raises(Unmappable) as told:
        write_goods_out(order, FACTS, {"Royal Mail": "ROYALMAIL"})
    assert told.value.kind == "unknown_carrier"


@pytest.mark.parametrize(("priority", "sent"), [("1", 1), ("99", 99), ("100", None), ("High", None), ("", None)])
def test_a_priority_is_sent_when_it_is_one_of_clarus(priority: str, sent: int | None) -> None:
    assert attributes(write_goods_out(moved(priority=priority), FACTS)).get("priority") == sent


@given(name=WORDS, line1=WORDS, town=WORDS, line2=st.text(max_size=60), phone=st.text(max_size=60))
def test_any_address_is_written_within_clarus_limits_or_refused(
    name: str, line1: str, town: str, line2: str, phone: str
) -> None:
    order = at_home(name=name, line1=line1, town=town, line2=line2, phone=phone)
    try:
        body = write_goods_out(order, FACTS)
    except Unmappable as told:
        assert told.kind == "bad_address"  # noqa: PT017 -- either outcome is right, each is checked
        return
    assert body == write_goods_out(order, FACTS)
    address = json.loads(body)["data"]["relationships"]["address"]["data"]["attributes"]
    assert all(len(value) > 0 for value in address.values())
    assert all(len(address.get(f"address_{n}", "")) <= 80 for n in range(1, 6))
    assert not {"name", "address_1", "postcode"} & attributes(body).keys()


LINES = st.dictionaries(st.sampled_from([f"SKU{n}" for n in range(9)]), st.integers(1, 10**6), min_size=1)


@given(lines=LINES, other=LINES, shuffle=st.randoms())
def test_an_order_is_the_same_as_its_lines_in_any_order_and_as_no_others(
    lines: dict[str, int], other: dict[str, int], shuffle: Any
) -> None:
    facts = FACTS.model_copy(update={"products": {f"SKU{n}": str(500 + n) for n in range(9)}})
    body = write_goods_out(moved(lines=tuple(PickLine(sku=s, quantity=q) for s, q in lines.items())), facts)

    def shown(of: dict[str, int]) -> list[dict[str, Any]]:
        return [{"order_quantity": float(q), "product": {"id": facts.products[s], "code": s}} for s, q in of.items()]

    nodes = shown(lines)
    shuffle.shuffle(nodes)
    assert same_order(body, nodes)
    assert same_order(body, shown(other)) == (lines == other)


GOODS = Product(stock_id="7", code="MUG", description="Mug", barcodes=("1", "2"), stock_controlled=True)


def test_a_product_is_written_with_its_first_barcode_and_khaos_id() -> None:
    assert attributes(write_product(GOODS, FACTS)) == {
        "code": "MUG",
        "description": "Mug",
        "barcode": "1",
        "external_system_reference1": "7",
        "stock_unit_type_id": 91,
    }


def test_a_long_description_is_kept_whole_beside_the_short_one() -> None:
    told = attributes(write_product(GOODS.model_copy(update={"description": "d" * 200}), FACTS))
    assert (len(told["description"]), len(told["long_description"])) == (150, 200)
    assert attributes(write_product(GOODS.model_copy(update={"description": ""}), FACTS))["description"] == "MUG"


@pytest.mark.parametrize("change", [{"code": "x" * 51}, {"code": " "}, {"commodity_code": "1" * 15}])
def test_a_product_that_clarus_has_no_room_for_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(Unmappable) as told:
        write_product(GOODS.model_copy(update=change), FACTS)
    assert told.value.kind == "bad_product"


def test_an_id_that_is_not_digits_is_refused() -> None:
    with pytest.raises(Unmappable, match="account_id"):
        write_assignment(FACTS.model_copy(update={"account_id": "ACME"}))


def test_an_automation_posts_the_accounts_events_to_our_address() -> None:
    told = attributes(write_automation("goods_out", "completed", "https://example.com/h", FACTS))
    assert (told["resource_name"], told["event"], told["enabled"]) == ("goods_out", "completed", True)
    assert told["conditions_changes"][0]["attributes"]["value"] == "1"
    parameters = told["actions_changes"][0]["attributes"]["parameters_changes"]
    assert {one["attributes"]["parameter_code"]: one["attributes"]["value"] for one in parameters} == {
        "webhook_url": "https://example.com/h",
        "webhook_method": "POST",
    }
