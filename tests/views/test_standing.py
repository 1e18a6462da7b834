"""Customer service can read out where an order stands: one sentence, true for every state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from workers.views.carriers import tracking_page
from workers.views.orders import Story
from workers.views.standing import Standing, Step, parcels_of, standing

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 7, 22, 9, 30, tzinfo=UTC)  # a Wednesday, 10:30 in London
FRIDAY = datetime(2026, 7, 17, 14, 0, tzinfo=UTC)


def fulfilment(state: str, **more: Any) -> dict[str, Any]:
    return {
        "reference": "SO1-1", "site": "Leeds", "warehouse": "leeds", "state": state, "accepted_at": None,
        "status_there": "", "sent_at": FRIDAY, "changed_at": FRIDAY, "requested": {"A": 3}, "shipped": {},
        "confirmed": False, **more,
    }  # fmt: skip


def shipment(*trackings: str) -> dict[str, Any]:
    parcels = [{"tracking": tracking, "carrier": "DPD"} for tracking in trackings]
    return {
        "reference": "SO1-1/S1", "fulfilment": "SO1-1", "lines": {"A": 3}, "parcels": parcels, "told_at": FRIDAY,
        "confirmed_at": None,
    }  # fmt: skip


def said(*fulfilments: dict[str, Any], **more: Any) -> str:
    return stood(*fulfilments, **more).sentence


def stood(*fulfilments: dict[str, Any], **more: Any) -> Standing:
    empty: dict[str, Any] = dict.fromkeys(
        ("shipments", "messages", "settled", "files", "exceptions", "expected", "timeline"), ()
    )
    return standing(Story("SO1", ("SO1",), fulfilments, **{**empty, **more}), NOW, LONDON)


def test_what_left_is_said_with_its_day_and_its_parcels() -> None:
    assert said(fulfilment("dispatched"), shipments=(shipment("1", "2"),)) == (
        "The order left Leeds on Friday in two parcels."
    )
    short = fulfilment("closed_short", shipped={"A": 1})
    assert "left Leeds on Friday in one parcel, without 2 that will not come" in said(short, shipments=(shipment("1"),))
    part = fulfilment("part_dispatched", shipped={"A": 1})
    assert "partly left Leeds on Friday in one parcel, 1 of 3 units; the rest" in said(part, shipments=(shipment("1"),))


@pytest.mark.parametrize(
    ("row", "words", "step"),
    [
        (fulfilment("new"), "ready and is about to be sent to Leeds", Step.READY),
        (fulfilment("sent"), "went to Leeds on Friday, which has not confirmed it yet", Step.SENT),
        (fulfilment("sent", accepted_at=FRIDAY), "is at Leeds, which accepted it on Friday", Step.ACCEPTED),
        (
            fulfilment("sent", accepted_at=FRIDAY, status_there="in_progress"),
            "is being picked and packed at Leeds",
            Step.PICKING,
        ),
        (fulfilment("cancelling", accepted_at=FRIDAY), "is being cancelled at Leeds", Step.ACCEPTED),
        (fulfilment("dispatched", confirmed=True), "left Leeds", Step.BOOKED),
        (fulfilment("cancelled"), "was cancelled at Leeds on Friday", None),
        (fulfilment("withdrawn"), "was taken back before it went to Leeds", None),
    ],
)
def test_every_state_has_its_words_and_its_place_on_the_bar(row: dict[str, Any], words: str, step: Step | None) -> None:
    found = stood(row)
    assert words in found.sentence
    assert found.step == step


def test_an_order_that_is_not_ready_is_said_with_khaos_controls_stage() -> None:
    waiting = ({"invoice_code": "SI1", "sku": "A", "units": 2, "stage": 18},)
    assert said(demand=waiting) == (
        "The order is not ready yet: Khaos Control has it in “Awaiting stock”, it waits for stock."
    )
    assert stood(demand=waiting).step == Step.IN_KHAOS
    assert "released in Khaos Control" in said(demand=({**waiting[0], "stage": 9},))


def test_an_order_that_waits_for_its_products_says_so() -> None:
    held = {"reference": "SO1-1", "flow": "orders-out", "state": "held", "held_by": ["sku:leeds:A"]}
    assert "waits until Leeds knows every product of it" in said(fulfilment("new"), messages=(held,))


def test_an_order_in_parts_says_each_part() -> None:
    parts = (fulfilment("dispatched"), fulfilment("sent", reference="SO1-2", site="York"))
    text = said(*parts, shipments=(shipment("1"),))
    assert text.startswith("In two parts: SO1-1 left Leeds on Friday in one parcel; SO1-2 went to York on Friday")
    assert stood(*parts).step == Step.SENT


def test_the_cut_off_is_said_in_the_merchants_time_and_lateness_as_well() -> None:
    def due(hours: float) -> tuple[dict[str, Any], ...]:
        return ({"word": "dispatch", "due_at": NOW + timedelta(hours=hours), "missed_at": None},)

    assert said(fulfilment("sent"), expected=due(5)).endswith("It should leave by 15:30 today.")
    assert said(fulfilment("sent"), expected=due(-24)).endswith("It should have left by 10:30 yesterday and is late.")


def test_what_came_back_is_said_with_its_grade_and_its_credit_note() -> None:
    back = {
        "sku": "A", "units": 1, "condition": "good", "state": "credited", "received_at": FRIDAY, "credit_note": "CN7",
        "credited_at": NOW, "refunded_at": None,
    }  # fmt: skip
    row = fulfilment("dispatched")
    assert said(row, returns=(back,)).endswith("One of A came back on Friday, graded good, credit note CN7 today.")
    assert "is not graded yet" in said(row, returns=({**back, "state": "received"},))
    assert "is not to be credited" in said(row, returns=({**back, "state": "stopped"},))


def test_a_parcel_has_its_carriers_page_where_the_carrier_is_known() -> None:
    assert tracking_page("ROYAL MAIL 48", "RM 1/GB").endswith("tracking-results/RM%201%2FGB")
    assert tracking_page("Own van", "1") == ""
    assert tracking_page("DPD", "") == ""
    first, second = parcels_of([shipment("1", "2")])
    assert (first["lines"], second["lines"]) == ({"A": 3}, {})
