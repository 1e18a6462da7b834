"""How the stand-in works through orders: accepted, rejected, changed, taken back, short, in two goes, on their day."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.acs.sandbox import ordering
from adapters.acs.sandbox.garments import State
from adapters.acs.sandbox.orders import Status
from adapters.acs.sandbox.refusal import Refusal
from mappings.acs import read_order


def refused(place: Any, number: str, *items: Any, **changes: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        place.put(number, *items, **changes)
    return caught.value


def codes(refusal: Refusal) -> set[tuple[str, str]]:
    return {(reason.field, reason.code) for reason in refusal.reasons}


def test_an_order_goes_through_its_statuses_and_its_garments_through_theirs(place: Any) -> None:
    lent, sold = place.stock("LENT")[0], place.stock("SOLD")[0]
    assert place.put("O-1", ("1", "LENT", True), ("2", "SOLD", False)) == 201
    place.pass_time()
    assert place.order("O-1").statuses == [
        Status.RECEIVED,
        Status.ACCEPTED,
        Status.ALLOCATED,
        Status.PICKING,
        Status.PACKED,
        Status.DISPATCHED,
    ]
    assert lent.states == [State.READY, State.ALLOCATED, State.PACKED, State.WITH_CUSTOMER]
    assert sold.states == [State.READY, State.ALLOCATED, State.PACKED, State.GONE]
    (told,) = place.told("order.dispatched")
    assert (told["Partial"], [one["RFID"] for one in told["Items"]]) == (False, [lent.tag, sold.tag])
    assert len(place.told("order.accepted")) == 1


def test_an_order_for_what_is_not_ready_is_rejected_line_by_line(place: Any) -> None:
    place.stock("ONE", 1)
    place.put("O-1", ("1", "ONE", True), ("2", "ONE", True))
    place.pass_time()
    assert place.order("O-1").status is Status.REJECTED
    (told,) = place.told("order.rejected")
    assert [(one["LineItemId"], one["Code"]) for one in told["Reasons"]] == [("2", "item_not_available")]
    assert place.site.garments.ready("ONE") is not None


@pytest.mark.parametrize("availability", ["put", "short"])
def test_what_is_not_ready_is_refused_at_once_or_short_as_the_switch_says(place: Any, availability: str) -> None:
    (garment,) = place.stock("ONE")
    place.switch(availability=availability)
    place.put("O-1", ("1", "ONE", False))
    place.pass_time()
    assert garment.state is State.GONE
    if availability == "put":
        assert codes(refused(place, "O-2", ("1", "ONE", False))) == {("OrderItems[0].GarmentSKU", "item_not_available")}
    else:
        place.put("O-2", ("1", "ONE", False))
        place.pass_time()
        assert place.order("O-2").status is Status.CANCELLED
        assert place.order("O-2").cancelled_by == "acs"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"AccountCode": "OTHER"}, ("AccountCode", "unknown_account")),
        ({"OrderNumber": "O-9"}, ("OrderNumber", "invalid")),
        ({"FirstName": ""}, ("FirstName", "missing_field")),
        ({"Delivery_Address1": "x" * 61}, ("Delivery_Address1", "invalid")),
        ({"MobilePhone": "", "Email": ""}, ("MobilePhone", "missing_field")),
        ({"DispatchDate": "24/11/2026"}, ("DispatchDate", "invalid")),
        ({"EventDate": None}, ("EventDate", "invalid")),
        ({"OrderCancelled": "no"}, ("OrderCancelled", "invalid_type")),
        ({"DeliveryService": "72"}, ("DeliveryService", "unknown_delivery_service")),
    ],
)
def test_each_field_that_is_wrong_is_named_with_its_code(
    place: Any, changes: dict[str, Any], code: tuple[str, str]
) -> None:
    place.stock("ONE")
    assert code in codes(refused(place, "O-1", ("1", "ONE", True), **changes))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"GarmentSKU": "NONE"}, "unknown_sku"),
        ({"GarmentSKU": ""}, "missing_field"),
        ({"IsHire": 1}, "invalid_type"),
        ({"ItemPrice": "40"}, "invalid_type"),
        ({"ItemQuantity": 1.5}, "invalid_type"),
        ({"ItemQuantity": 2}, "invalid"),
        ({"Measurement2": ""}, "missing_field"),
    ],
)
def test_each_field_of_a_line_that_is_wrong_is_named_with_its_code(
    place: Any, change: dict[str, Any], code: str
) -> None:
    place.stock("ONE")
    body = place.body("O-1", ("1", "ONE", True))
    body["OrderItems"][0] |= change
    with pytest.raises(Refusal) as caught:
        ordering.put(place.site, "O-1", body)
    assert code in {one for _, one in codes(caught.value)}
    assert all(field.startswith("OrderItems[0].") for field, _ in codes(caught.value))


def test_a_retired_style_is_unknown(place: Any) -> None:
    (garment,) = place.stock("OLD")
    place.act(retire={"rfid": garment.tag})
    assert ("OrderItems[0].GarmentSKU", "unknown_sku") in codes(refused(place, "O-1", ("1", "OLD", True)))


def test_a_change_lets_go_of_what_was_allocated(place: Any) -> None:
    (first,), (second,) = place.stock("FIRST"), place.stock("SECOND")
    place.switch(steps={"Allocated": 100})
    place.put("O-1", ("1", "FIRST", True))
    place.pass_time(1)
    assert first.state is State.ALLOCATED
    assert place.put("O-1", ("1", "SECOND", True)) == 200
    place.pass_time(1)
    assert (first.state, second.state) == (State.READY, State.ALLOCATED)


def test_a_late_cancellation_is_refused_by_an_event_where_the_switch_says_so(place: Any) -> None:
    place.stock("ONE")
    place.switch(cancels="event")
    place.put("O-1", ("1", "ONE", False))
    place.pass_time()
    assert place.put("O-1", ("1", "ONE", False), OrderCancelled=True) == 200
    assert place.told("order.cancel_rejected") == [{"OrderNumber": "O-1", "Status": "Dispatched", "Code": "too_late"}]


def test_a_cancellation_of_what_never_came_is_kept_and_a_late_original_is_too_late(place: Any) -> None:
    place.stock("ONE")
    assert place.put("O-1", ("1", "ONE", False), OrderCancelled=True) == 201
    assert refused(place, "O-1", ("1", "ONE", False)).status == 409


@pytest.mark.parametrize(("reason", "ends"), [("NOT_FOUND", State.READY), ("STOCK_ERROR", State.READY)])
def test_a_short_line_is_closed_with_its_reason_and_the_rest_leaves(place: Any, reason: str, ends: State) -> None:
    kept, (left,) = place.stock("MISLAID")[0], place.stock("HERE")
    place.switch(short={"MISLAID": reason})
    place.put("O-1", ("1", "MISLAID", True), ("2", "HERE", True))
    place.pass_time()
    (told,) = place.told("order.dispatched")
    assert told["Partial"]
    assert [(one["LineItemId"], one["Reason"]) for one in told["ShortItems"]] == [("1", reason)]
    assert [one["RFID"] for one in told["Items"]] == [left.tag]
    assert kept.state is ends


def test_an_order_in_two_goes_is_two_dispatches_each_garment_in_one(place: Any) -> None:
    tags = {one.tag for one in place.stock("PAIR", 2)}
    place.switch(two_goes=["O-1"])
    place.put("O-1", ("1", "PAIR", True), ("2", "PAIR", True))
    place.pass_time()
    first, second = place.told("order.dispatched")
    assert {one["RFID"] for one in (*first["Items"], *second["Items"])} == tags
    assert first["Partial"]
    assert place.order("O-1").status is Status.DISPATCHED
    assert len(place.order("O-1").parcels) == 2


def test_an_order_on_hold_waits_until_it_is_released(place: Any) -> None:
    place.stock("ONE")
    place.switch(hold_orders=["O-1"])
    place.put("O-1", ("1", "ONE", True))
    place.pass_time()
    assert place.order("O-1").status is Status.ON_HOLD
    place.act(release={"order": "O-1"})
    place.pass_time()
    assert place.order("O-1").status is Status.DISPATCHED


def test_nothing_leaves_before_its_day_where_days_are_honoured(place: Any) -> None:
    place.stock("ONE")
    place.switch(honours_dates=True)
    place.put("O-1", ("1", "ONE", True))  # to leave on Tuesday
    place.pass_time()
    assert place.order("O-1").status is Status.ALLOCATED
    place.switch(clock_speed=24 * 3600)
    place.pass_time(2)
    assert place.order("O-1").status is Status.DISPATCHED


@pytest.mark.parametrize(
    ("day", "good"), [("2026-11-23", True), ("2026-11-28", False), ("2026-11-30", False), ("2026-11-20", False)]
)
def test_a_day_without_work_is_refused_where_the_calendar_counts(place: Any, day: str, good: bool) -> None:
    place.stock("ONE")
    place.switch(checks_calendar=True)
    changes = {"DispatchDate": day}
    if good:
        assert place.put("O-1", ("1", "ONE", True), **changes) == 201
    else:
        assert ("DispatchDate", "invalid") in codes(refused(place, "O-1", ("1", "ONE", True), **changes))


def test_an_order_of_today_is_refused_after_the_cut_off(place: Any) -> None:
    place.stock("ONE")
    place.switch(checks_calendar=True, clock_speed=3600)
    place.pass_time(3.5)  # it is past noon
    assert ("DispatchDate", "invalid") in codes(refused(place, "O-1", ("1", "ONE", True), DispatchDate="2026-11-23"))


def test_an_order_is_shown_as_the_profile_has_it_at_every_step(place: Any) -> None:
    place.stock("ONE")
    place.put("O-1", ("1", "ONE", True), ("2", "ONE", False))
    seen = set()
    place.stock("ONE", 2)
    for _ in range(60):
        order = read_order(json.dumps(ordering.get(place.site, "O-1")[1]).encode())
        seen.add(order.status_word)
        assert {line.line_id for line in order.lines} == {"1", "2"}
        place.pass_time(0.05)
    assert {"Received", "Accepted", "Allocated", "Picking", "Packed", "Dispatched"} <= seen


def test_a_tracking_number_may_come_later_than_its_dispatch(place: Any) -> None:
    place.stock("ONE")
    place.switch(tracking_late_seconds=60)
    place.put("O-1", ("1", "ONE", True))
    place.pass_time(2)
    assert ordering.get(place.site, "O-1")[1]["Parcels"] == []
    place.pass_time(60)
    assert len(ordering.get(place.site, "O-1")[1]["Parcels"]) == 1
