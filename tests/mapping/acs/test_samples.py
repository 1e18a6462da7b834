"""Every sample of the profile is read, and what we write is the sample (also from ../shared, when that is there)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.acs.signature import check
from mappings.acs import (
    Account,
    Form,
    Grades,
    States,
    is_there,
    read_accepted,
    read_cancel_rejected,
    read_cancelled,
    read_dispatched,
    read_event,
    read_garments,
    read_graded,
    read_moved,
    read_order,
    read_received,
    read_refusals,
    read_rejected,
    read_retired,
    read_setup_result,
    read_taken,
    survey,
    worst,
    write_cancellation,
    write_order,
    write_setup_file,
)
from mappings.canonical import (
    Address,
    Disposition,
    Fulfilment,
    GarmentItem,
    GarmentRow,
    GarmentState,
    Grade,
    HireDates,
    LineKind,
    PickLine,
    RetiredFor,
    WarehouseStatus,
)
from mappings.canonical.advices import LineOutcome

OURS = Path(__file__).parents[2] / "samples" / "acs"
THEIRS = Path(__file__).parents[4] / "shared" / "reference" / "samples" / "acs"
LONDON = ZoneInfo("Europe/London")
STATES, GRADES = States(), Grades()
ADDRESS = Address(
    name="Jane Doe",
    organisation="Flat 2",
    line1="1 High Street",
    town="Leeds",
    county="West Yorkshire",
    postcode="LS1 4AB",
    country="GB",
    email="jane@example.com",
    phone="+447700900123",
)
HIRE = Fulfilment(
    reference="MODA-R-20455",
    order_code="SO20455",
    invoice_code="SI20455",
    lines=tuple(
        PickLine(sku=garment, quantity=1, kind=LineKind.HIRE, unit_price=Decimal(price), garment=garment)
        for garment, price in (("MODA-DRS1042_3-10", "65"), ("MODA-BAG0001_1-ONE", "40"))
    ),
    address=ADDRESS,
    courier="Royal Mail 24",
    dispatch_by=datetime(2026, 11, 24, 12, tzinfo=UTC),
    ordered_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
    hire=HireDates(
        dispatch_on=date(2026, 11, 24),
        deliver_on=date(2026, 11, 25),
        event_on=date(2026, 11, 26),
        back_by=date(2026, 11, 30),
    ),
)
SALE = HIRE.model_copy(
    update={
        "reference": "MODA-S-20456",
        "lines": (PickLine(sku="MODA-DRS1042-10", quantity=1, unit_price=Decimal("89.00"), measurements=("10",)),),
        "courier": "DPD 48",
        "hire": None,
    }
)
ACCOUNT = Account(
    code="TESTACS",
    sku_mode="unique",
    services={"Royal Mail 24": "RM/24", "DPD 48": "DPD/48"},
    misc={"Misc1": "", "Misc2": ""},
)


def sample(name: str) -> bytes:
    return (OURS / name).read_bytes()


def without_blank_misc(body: Any) -> Any:
    """A line's Misc11 to Misc15 are optional; a sample has an empty one, and an empty one says nothing."""
    for item in body["OrderItems"]:
        for field in [name for name in item if name.startswith("Misc") and not item[name]]:
            del item[field]
    return body


def test_the_samples_that_come_along_are_the_profiles() -> None:
    if not THEIRS.exists():
        pytest.skip(f"the reference samples are not there: {THEIRS}")
    assert {path.name: path.read_bytes() for path in OURS.glob("acs_*")} == {
        path.name: path.read_bytes() for path in THEIRS.glob("acs_*")
    }


def test_a_hire_is_written_as_the_sample() -> None:
    written = json.loads(write_order(HIRE, ACCOUNT, zone=LONDON))
    assert written == without_blank_misc(json.loads(sample("acs_put_order_hire.json")))


def test_a_sale_is_written_as_the_sample() -> None:
    product = ACCOUNT.model_copy(update={"sku_mode": "product"})
    days = date(2026, 11, 24), date(2026, 11, 25)
    written = json.loads(write_order(SALE, product, zone=LONDON, sale_days=days))
    assert written == json.loads(sample("acs_put_order_sale.json"))


def test_a_cancellation_is_the_whole_order_with_its_flag_as_the_sample() -> None:
    wire = write_order(HIRE, ACCOUNT, zone=LONDON)
    written = json.loads(write_cancellation(wire, "Customer cancelled"))
    assert written == without_blank_misc(json.loads(sample("acs_put_order_cancel.json")))


def test_the_set_up_file_is_written_byte_for_byte_as_the_sample() -> None:
    items = (
        GarmentItem(
            product_sku="MODA-DRS1042-10",
            unique_sku="MODA-DRS1042_3-10",
            name="Wrap midi dress",
            designer="Moda",
            garment_type="Dress",
            sizes="10",
            description='Navy wrap midi dress, "AW26"',
        ),
        GarmentItem(
            product_sku="MODA-BAG0001-ONE",
            unique_sku="MODA-BAG0001_1-ONE",
            name="Top handle bag",
            designer="Moda",
            garment_type="Bag",
            sizes="ONE",
            description="Black, leather",
        ),
    )
    name, data = write_setup_file(items, "TESTACS", date(2026, 11, 20), 1)
    assert name == "acs_stock_setup_TESTACS_20261120_1.csv"
    assert data == sample(name)


def test_the_set_up_result_is_read_garment_by_garment() -> None:
    good, bad = read_setup_result(sample("acs_stock_setup_TESTACS_20261120_1.result.csv"))
    assert bad == []
    assert [(one.sku, one.accepted, one.code) for one in good] == [
        ("MODA-DRS1042_3-10", True, ""),
        ("MODA-BAG0001_1-ONE", False, "duplicate_sku"),
    ]
    assert all(is_there(one) for one in good)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_set_up_result_is_read_however_it_is_written(encoding: str, delimiter: str) -> None:
    plain = sample("acs_stock_setup_TESTACS_20261120_1.result.csv")
    rows = [line.split(",") for line in plain.decode().splitlines()]
    other = "\n".join(delimiter.join([*reversed(row), ""]) for row in rows).replace("unique_sku", "Unique SKU", 1)
    assert read_setup_result(other.encode(encoding)) == read_setup_result(plain)


def test_the_stock_file_is_read_garment_by_garment() -> None:
    name, form = "acs_stock_TESTACS_20261206_0500.csv", Form({})
    with (OURS / name).open("rb") as file:
        surveyed = survey(file, form)
        rows = list(read_garments(file, form, surveyed, states=STATES, grades=GRADES))
    assert (surveyed.rows, surveyed.whole) == (6, True)
    assert all(isinstance(one, GarmentRow) for one in rows)
    assert [(one.tag[-3:], one.state, one.grade) for one in rows if isinstance(one, GarmentRow)] == [
        ("A01", GarmentState.SELLABLE, Grade.A),
        ("A03", GarmentState.REFURBISHMENT, Grade.B),
        ("A04", GarmentState.INSPECTION, None),
        ("A05", GarmentState.INSPECTION, None),
        ("A06", GarmentState.WITH_CUSTOMER, Grade.A),
        ("A02", GarmentState.RETIRED, Grade.X),
    ]


def test_the_order_is_read_back_with_what_left_and_what_was_short() -> None:
    order = read_order(sample("acs_get_order_200.json"))
    assert (order.reference, order.status, order.partial) == ("MODA-R-20455", WarehouseStatus.DISPATCHED, True)
    gone, short = order.lines
    assert (gone.tag, gone.outcome, gone.tracking) == ("303425C8B41E6A4000000A01", LineOutcome.FILLED, "JX000012349GB")
    assert (short.tag, short.outcome) == ("", LineOutcome.SHORT)
    assert short.short_reason.startswith("NOT_FOUND: ")


def test_answers_and_refusals_are_read_by_their_codes() -> None:
    assert read_taken(sample("acs_put_response_200.json")) == "Accepted"
    found = read_refusals(sample("acs_error_422.json"))
    assert [(one.code, one.item, one.kind) for one in found] == [
        ("unknown_sku", 0, "sku_unconfirmed"),
        ("unknown_delivery_service", None, "unknown_service"),
    ]
    assert worst(found) == "unknown_service"
    (late,) = read_refusals(sample("acs_error_409_cancel.json"))
    assert (late.code, late.kind) == ("too_late", "cancel_refused")


EVENTS: dict[str, Callable[[Any], Any]] = {
    "order_accepted": lambda e: read_accepted(e).status,
    "order_rejected": lambda e: [(one.line_id, one.kind) for one in read_rejected(e).refusals],
    "order_cancelled": lambda e: read_cancelled(e).cancelled_by,
    "order_cancel_rejected": lambda e: (read_cancel_rejected(e).status, read_cancel_rejected(e).refusals[0].code),
    "order_dispatched": lambda e: [(one.tag[-3:], one.outcome) for one in read_dispatched(e).lines],
    "item_received": lambda e: (read_received(e, STATES)[0].kind, read_received(e, STATES)[0].state),
    "item_graded": lambda e: (
        read_graded(e, STATES, GRADES)[0].grade,
        read_graded(e, STATES, GRADES)[0].disposition,
        read_graded(e, STATES, GRADES)[0].condition_codes,
        read_graded(e, STATES, GRADES)[0].charge_recommended,
    ),
    "item_disposition_changed": lambda e: (
        read_moved(e, STATES, GRADES)[0].from_state,
        read_moved(e, STATES, GRADES)[0].to_state,
    ),
    "item_retired": lambda e: (read_retired(e, GRADES).reason, read_retired(e, GRADES).write_off),
}
READ = {
    "order_accepted": WarehouseStatus.WAITING,
    "order_rejected": [("MODA-DRS1042_4-10", "garment_not_available")],
    "order_cancelled": "client",
    "order_cancel_rejected": (WarehouseStatus.IN_PROGRESS, "too_late"),
    "order_dispatched": [("A01", LineOutcome.FILLED), ("", LineOutcome.SHORT)],
    "item_received": (LineKind.HIRE, GarmentState.INSPECTION),
    "item_graded": (Grade.B, Disposition.REFURBISH, ("STAIN",), True),
    "item_disposition_changed": (GarmentState.REFURBISHMENT, GarmentState.SELLABLE),
    "item_retired": (RetiredFor.BEYOND_REPAIR, True),
}


def test_there_is_a_reader_for_every_sample_of_an_event() -> None:
    assert {path.stem.removeprefix("acs_webhook_") for path in OURS.glob("acs_webhook_*.json")} == set(EVENTS)


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_every_sample_of_an_event_is_read(name: str) -> None:
    event = read_event(sample(f"acs_webhook_{name}.json"), "TESTACS")
    assert event.kind is not None
    assert event.subject
    assert EVENTS[name](event) == READ[name]


def test_the_signed_sample_is_believed_with_its_key_and_not_with_another() -> None:
    lines = sample("acs_webhook_order_dispatched.headers.txt").decode().splitlines()
    headers = dict(line.split(": ", 1) for line in lines if ": " in line and not line.startswith("("))
    body, now = sample("acs_webhook_order_dispatched.json"), float(headers["X-ACS-Timestamp"])
    assert check(["test-secret"], headers, body, now=now, window=300) is None
    assert check(["another-secret", "test-secret"], headers, body, now=now, window=300) is None
    assert "none of our keys" in str(check(["another-secret"], headers, body, now=now, window=300))
