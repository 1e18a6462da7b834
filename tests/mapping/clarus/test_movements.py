"""What moved in a building and why, read from Clarus's transactions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from fleet_tests.places import SAMPLES
from mappings.canonical import Cause
from mappings.clarus import read_movements
from mappings.errors import Unmappable

OURS = SAMPLES / "clarus"


def moved(subtype: str, quantity: Any = 3.0, **more: Any) -> dict[str, Any]:
    return {
        "id": "11",
        "subtype": subtype,
        "quantity": quantity,
        "created_at": "2026-07-17T14:30:16.787+01:00",
        "product": {"id": "1", "code": "MUG"},
        "location_from": {"id": "5", "code": "A-1"},
        "location_to": {"id": "6", "code": "B-2"},
        **more,
    }


def test_the_vendors_own_movement_is_read() -> None:
    told = json.loads((OURS / "listTransactions.response.json").read_text(encoding="utf-8"))
    edges = told["data"]["transactions"]["all"]["edges"]
    (picked,), bad = read_movements([edge["node"] for edge in edges], "LDS1")
    assert bad == []
    assert (picked.movement_id, picked.facility, picked.sku) == ("904512", "LDS1", "WIDGET-RED-500")
    assert (picked.cause, picked.cause_word, picked.units, picked.reason) == (Cause.INSIDE, "PICK", 24, "")
    assert picked.location == "AISLE-04-BAY-12"
    assert picked.moved_at == datetime(2026, 6, 15, 14, 32, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("subtype", "cause", "place"),
    [
        ("RCV", "received", "B-2"),
        ("UNRCV", "unreceived", "A-1"),
        ("PWAY", "inside", "A-1"),
        ("pick", "inside", "A-1"),
        ("TRAN", "inside", "A-1"),
        ("ATTRUP", "inside", "A-1"),
        ("DISP", "dispatched", "A-1"),
        ("UNDISP", "undispatched", "B-2"),
        ("NEGADJ", "adjusted_down", "A-1"),
        ("POSADJ", "adjusted_up", "B-2"),
        ("HOLD", "held", "A-1"),
        ("Release", "released", "A-1"),
        ("WARP", "unknown", "A-1"),
    ],
)
def test_every_subtype_has_its_cause_and_one_without_a_row_keeps_its_word(subtype: str, cause: str, place: str) -> None:
    (one,), bad = read_movements([moved(subtype)])
    assert bad == []
    assert (one.cause, one.cause_word, one.units, one.location) == (cause, subtype, 3, place)
    assert one.moved_at == datetime(2026, 7, 17, 13, 30, 16, 787000, tzinfo=UTC)


def test_a_merchants_subtype_and_the_reason_that_a_schema_shows_are_read() -> None:
    (one,), _ = read_movements([moved("SCRAP", reason_code={"code": "DMG"})], own={"scrap": "adjusted_down"})
    assert (one.cause, one.reason) == (Cause.ADJUSTED_DOWN, "DMG")
    with pytest.raises(Unmappable, match="movement_causes"):
        read_movements([], own={"SCRAP": "lost"})


@pytest.mark.parametrize(("subtype", "units"), [("NEGADJ", 3), ("DISP", 3), ("TRAN", 3), ("WARP", 3)])
def test_below_zero_is_a_magnitude_where_it_can_mean_nothing_else(subtype: str, units: int) -> None:
    assert [one.units for one in read_movements([moved(subtype, -3.0)])[0]] == [units]


@pytest.mark.parametrize(
    ("subtype", "quantity", "kind"),
    [
        ("POSADJ", -3.0, "unmappable"),
        ("HOLD", -3.0, "unmappable"),
        ("NEGADJ", 1.5, "fractional_quantity"),
        ("NEGADJ", None, "unmappable"),
    ],
)
def test_a_movement_whose_units_are_in_doubt_is_reported_and_not_booked(subtype: str, quantity: Any, kind: str) -> None:
    good, bad = read_movements([moved(subtype, quantity), moved("TRAN", 1.0, id="12")])
    assert [one.movement_id for one in good] == ["12"]
    assert [(one.subject, one.error.kind) for one in bad] == [("11", kind)]


def test_what_moved_no_unit_is_left_out() -> None:
    assert read_movements([moved("ATTRUP", 0.0), moved("ATTRUP", None), moved("NEGADJ", 0)]) == ([], [])


@pytest.mark.parametrize(
    "change",
    [
        {"created_at": "2026-07-17T14:30:16"},
        {"created_at": "0001-01-01T00:00:00+01:00"},
        {"created_at": None},
        {"product": {}},
    ],
)
def test_a_movement_without_zone_time_or_product_is_reported(change: dict[str, Any]) -> None:
    good, bad = read_movements([moved("NEGADJ", **change)])
    assert (good, [one.subject for one in bad]) == ([], ["11"])
