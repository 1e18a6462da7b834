"""Hires that are not back: late a day after they were expected, given up by nobody three weeks after; each once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from fleet_tests.acs import Garments
from workers.stock_in import garment_cases


@pytest.fixture
def acs(build_acs: Callable[..., Garments]) -> Garments:
    place = build_acs(switches={"floor": False}, days_ago=2)
    place.stock(DRESS=3)
    place.count()
    return place


def hire_out(acs: Garments, tag: str) -> str:
    order = acs.order(("DRESS", 1, "hire"), event=acs.soon())
    line = {"LineItemId": "L1", "GarmentSKU": "DRESS", "RFID": tag, "Quantity": 1}
    acs.tell("order.dispatched", OrderNumber=f"{order}-1", Parcels=[], Items=[line], ShortItems=[])
    return f"{order}-1"


def is_late(acs: Garments, days: int) -> list[str]:
    """The exceptions once every hire was expected back so many days ago."""
    day = datetime.now(UTC).date() - timedelta(days=days)
    acs.store.run("update garment set back_by = %s where back_by is not null", day)
    acs.store.run("update order_item set back_by = %s where back_by is not null", day)
    garment_cases.check_hires(acs.runtime)
    return acs.world.exceptions()


@pytest.mark.parametrize("told", ["by its tag", "by its tag, and in no file since", "without its tag"])
def test_a_hire_that_is_not_back_is_late_then_never_returned_and_over_once_it_is_back(acs: Garments, told: str) -> None:
    tag = min(one.tag for one in acs.site.garments)
    order = hire_out(acs, "" if told == "without its tag" else tag)
    if told == "by its tag, and in no file since":
        acs.switch(file_leaves_out=[tag])
        acs.later(timedelta(days=1))
        acs.count()
        assert acs.states()[tag] == "unseen"
    assert is_late(acs, 1) == []
    assert is_late(acs, 2) == ["hire_late"]
    assert order in acs.world.exception("hire_late")["reason"]
    assert is_late(acs, 21) == ["hire_late"]
    assert is_late(acs, 22) == ["hire_not_returned"]
    assert order in acs.world.exception("hire_not_returned")["reason"]
    acs.tell("item.received", OrderNumber=order, GarmentSKU="DRESS", RFID=tag, ReturnKind="HIRE_RETURN",
             Location="In warehouse processing", ProcessStatus="PostRentalInspection")  # fmt: skip
    assert is_late(acs, 22) == []


def test_of_two_hires_that_left_without_tags_each_is_over_once_it_is_back(acs: Garments) -> None:
    order = acs.order(("DRESS", 2, "hire"), event=acs.soon())
    lines = [{"LineItemId": item, "GarmentSKU": "DRESS", "RFID": "", "Quantity": 1} for item in ("L1.1", "L1.2")]
    acs.tell("order.dispatched", OrderNumber=f"{order}-1", Parcels=[], Items=lines, ShortItems=[])
    late = f"2 hired garments are more than 1 days late: DRESS of {order}-1, DRESS of {order}-1"
    for tag in sorted(one.tag for one in acs.site.garments)[:2]:
        assert is_late(acs, 2) == ["hire_late"]
        assert late in acs.world.exception("hire_late")["reason"]
        acs.tell("item.received", OrderNumber=f"{order}-1", GarmentSKU="DRESS", RFID=tag, ReturnKind="HIRE_RETURN",
                 Location="In warehouse processing", ProcessStatus="PostRentalInspection")  # fmt: skip
        late = f"1 hired garments are more than 1 days late: DRESS of {order}-1"
    assert is_late(acs, 2) == []


def test_what_was_sold_is_never_late(acs: Garments) -> None:
    tag = min(one.tag for one in acs.site.garments)
    order = acs.order(("DRESS", 1))
    line = {"LineItemId": "L1", "GarmentSKU": "DRESS", "RFID": tag, "Quantity": 1}
    acs.tell("order.dispatched", OrderNumber=f"{order}-1", Parcels=[], Items=[line], ShortItems=[])
    assert is_late(acs, 30) == []
