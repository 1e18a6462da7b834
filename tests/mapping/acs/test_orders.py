"""Orders as ACS takes them, and everything that keeps one from being sent."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.acs import Account, item_ids, read_courier, write_cancellation, write_order
from mappings.canonical import Address, Fulfilment, HireDates, LineKind, PickLine
from mappings.errors import Unmappable

LONDON = ZoneInfo("Europe/London")
ADDRESS = Address(
    name="Ada Byron King", line1="1 High Street", town="Leeds", postcode="LS1 4AB", country="GB", email="a@example.com"
)
SALE = PickLine(sku="DRESS-10", quantity=2, line_id="L1", unit_price=Decimal("89.9"))
LENT = PickLine(sku="DRESS-10", quantity=2, line_id="L2", kind=LineKind.HIRE, unit_price=Decimal(40))
HIRE = HireDates(
    dispatch_on=date(2026, 11, 24),
    deliver_on=date(2026, 11, 25),
    event_on=date(2026, 11, 26),
    back_by=date(2026, 11, 30),
)
ACCOUNT = Account(code="TESTACS", services={"RM": "RM/24", "odd": "RM/72"})
ORDER = Fulfilment(
    reference="SO1-1",
    order_code="SO1",
    invoice_code="SI1",
    lines=(SALE, LENT),
    address=ADDRESS,
    courier="RM",
    dispatch_by=datetime(2026, 11, 24, 12, tzinfo=UTC),
    hire=HIRE,
)


def written(order: Fulfilment = ORDER, account: Account = ACCOUNT, **more: Any) -> Any:
    return json.loads(write_order(order, account, zone=LONDON, **more))


def refused(order: Fulfilment = ORDER, account: Account = ACCOUNT, **more: Any) -> Unmappable:
    with pytest.raises(Unmappable) as caught:
        write_order(order, account, zone=LONDON, **more)
    return caught.value


def test_a_note_that_acs_has_no_room_for_is_not_cut_off() -> None:
    note = "leave it\nwith the neighbour, " + "never " * 30
    assert written(ORDER.model_copy(update={"note": note}))["Comments"] == " ".join(note.split())
    too_long = refused(ORDER.model_copy(update={"note": note + "never at the door, " * 3}))
    assert (too_long.field, "neighbour" in str(too_long)) == ("Comments", False)


def test_the_day_by_which_an_order_is_required_stands_before_its_note() -> None:
    order = ORDER.model_copy(update={"note": "ring", "required_by": date(2026, 12, 20)})
    assert written(order)["Comments"] == "Required by 2026-12-20 ring"


def test_hire_and_sale_of_one_sku_stay_lines_of_their_own_and_each_hired_garment_is_one() -> None:
    items = written()["OrderItems"]
    assert [(one["LineItemId"], one["IsHire"], one.get("ItemQuantity"), one["ItemPrice"]) for one in items] == [
        ("L1", False, 2, 89.9),
        ("L2.1", True, None, 40.0),
        ("L2.2", True, None, 40.0),
    ]
    assert item_ids(ORDER, ACCOUNT) == {"L1": SALE, "L2.1": LENT, "L2.2": LENT}


def test_an_order_with_a_hire_line_has_the_days_of_the_hire() -> None:
    told = written()
    assert [told[day] for day in ("DispatchDate", "DeliveryDate", "EventDate", "WarehouseReturnDate")] == [
        "2026-11-24",
        "2026-11-25",
        "2026-11-26",
        "2026-11-30",
    ]


def test_a_sale_is_expected_back_in_a_hundred_years_also_from_a_leap_day() -> None:
    order = ORDER.model_copy(
        update={"lines": (SALE,), "hire": None, "ordered_at": datetime(2028, 2, 29, 9, tzinfo=UTC)}
    )
    days = date(2028, 3, 1), date(2028, 3, 2)
    assert written(order, sale_days=days)["WarehouseReturnDate"] == "2128-02-29"
    order = order.model_copy(update={"ordered_at": datetime(2000, 2, 29, 9, tzinfo=UTC)})
    assert written(order, sale_days=days)["WarehouseReturnDate"] == "2100-03-01"


def test_the_same_order_is_the_same_bytes() -> None:
    assert write_order(ORDER, ACCOUNT, zone=LONDON) == write_order(ORDER, ACCOUNT, zone=LONDON)


def test_a_name_in_one_piece_is_divided_and_one_word_stands_as_both() -> None:
    told = written()
    assert (told["FirstName"], told["LastName"]) == ("Ada Byron", "King")
    named = ORDER.model_copy(update={"first_name": "Ada", "last_name": "Byron King"})
    assert (written(named)["FirstName"], written(named)["LastName"]) == ("Ada", "Byron King")
    one = ORDER.model_copy(update={"address": ADDRESS.model_copy(update={"name": "Ada"})})
    assert (written(one)["FirstName"], written(one)["LastName"]) == ("Ada", "Ada")


CHANGES = [
    ({"hire": None}, "hire_dates_missing"),
    ({"courier": "unheard of"}, "unknown_service"),
    ({"courier": "odd"}, "unknown_service"),
    ({"reference": "SO/1"}, "unmappable"),
    ({"reference": "S" * 31}, "unmappable"),
    ({"lines": ()}, "unmappable"),
    ({"lines": (SALE, SALE)}, "unmappable"),
    ({"lines": (SALE.model_copy(update={"unit_price": None}),)}, "line_unpriced"),
    ({"lines": (LENT.model_copy(update={"quantity": 51}),)}, "unmappable"),
    ({"address": ADDRESS.model_copy(update={"country": "FR"})}, "bad_address"),
    ({"address": ADDRESS.model_copy(update={"email": ""})}, "bad_address"),
    ({"address": ADDRESS.model_copy(update={"town": ""})}, "bad_address"),
    ({"address": ADDRESS.model_copy(update={"line1": "x" * 61})}, "bad_address"),
    ({"address": ADDRESS.model_copy(update={"postcode": ""})}, "bad_address"),
]


@pytest.mark.parametrize(("change", "kind"), CHANGES)
def test_what_acs_would_not_take_is_refused_by_its_kind_with_what_to_do(change: dict[str, Any], kind: str) -> None:
    order = ORDER.model_copy(update={"lines": (LENT,), **change})
    if kind == "line_unpriced":
        order = order.model_copy(update={"hire": HIRE})
    said = refused(order, sale_days=(date(2026, 11, 24), date(2026, 11, 25)))
    assert said.kind == kind
    assert said.why


@given(town=st.text("ABCxyz", min_size=61, max_size=80), name=st.text("ABCxyz", min_size=51, max_size=60))
def test_a_refusal_never_repeats_a_name_or_an_address(town: str, name: str) -> None:
    for change in ({"town": town}, {"name": name}):
        said = refused(ORDER.model_copy(update={"address": ADDRESS.model_copy(update=change)}))
        assert town not in str(said)
        assert name not in str(said)


def test_in_the_mode_unique_each_unit_has_a_garment_that_was_chosen() -> None:
    unique = ACCOUNT.model_copy(update={"sku_mode": "unique"})
    one = LENT.model_copy(update={"quantity": 1, "garment": "DRESS_3-10", "line_id": ""})
    (item,) = written(ORDER.model_copy(update={"lines": (one,)}), unique)["OrderItems"]
    assert (item["GarmentSKU"], item["LineItemId"]) == ("DRESS_3-10", "DRESS_3-10")
    assert "ItemQuantity" not in item
    for wrong in ({"garment": ""}, {"quantity": 2}):
        lines = (one.model_copy(update={"line_id": "L1", **wrong}),)
        assert refused(ORDER.model_copy(update={"lines": lines}), unique).kind == "garment_not_chosen"


@pytest.mark.parametrize(
    ("measured", "shown"),
    [((), ("ALL", "ALL")), (("10",), ("10", "ALL")), (("", "44"), ("ALL", "44")), (("1", "2", "3"), ("1", "2"))],
)
def test_a_line_without_a_measurement_says_all(measured: tuple[str, ...], shown: tuple[str, str]) -> None:
    order = ORDER.model_copy(update={"lines": (LENT.model_copy(update={"quantity": 1, "measurements": measured}),)})
    (item,) = written(order)["OrderItems"]
    assert (item["Measurement1"], item["Measurement2"]) == shown


def test_a_pair_that_was_agreed_later_is_taken_and_the_table_then_counts_no_more() -> None:
    agreed = ACCOUNT.model_copy(update={"allowed": ("RM/72",)})
    order = ORDER.model_copy(update={"courier": "odd"})
    assert (written(order, agreed)["DeliveryAgent"], written(order, agreed)["DeliveryService"]) == ("RM", "72")
    assert refused(ORDER, agreed).kind == "unknown_service"


def test_a_cancellation_repeats_what_was_sent_and_nothing_else_is_one() -> None:
    wire = write_order(ORDER, ACCOUNT, zone=LONDON)
    assert json.loads(write_cancellation(wire)) == {**json.loads(wire), "OrderCancelled": True}
    for nothing in (b"", b"[]", b"{}", b"<html>"):
        with pytest.raises(Unmappable, match="stored bytes"):
            write_cancellation(nothing)


@given(price=st.decimals("0", "9999.99", places=2))
def test_a_price_stands_in_the_order_to_the_penny(price: Decimal) -> None:
    wire = write_order(
        ORDER.model_copy(update={"lines": (LENT.model_copy(update={"unit_price": price}),)}), ACCOUNT, zone=LONDON
    )
    assert json.loads(wire, parse_float=Decimal)["OrderItems"][0]["ItemPrice"] == price
    assert json.loads(write_cancellation(wire), parse_float=Decimal)["OrderItems"][0]["ItemPrice"] == price


def test_a_parcels_carrier_is_khaoss_courier_where_one_alone_has_the_pair() -> None:
    services = {"Royal Mail 24": "RM/24", "DPD": "DPD/ND", "DPD Next Day": "DPD/ND"}
    assert read_courier("rm", "24", services) == "Royal Mail 24"
    assert read_courier("DPD", "ND", services, {"DPD/ND": "DPD"}) == "DPD"
    for carrier in ("DPD", "EVRI"):
        with pytest.raises(Unmappable) as caught:
            read_courier(carrier, "ND", services)
        assert caught.value.kind == "unknown_carrier"
