"""Orders and return advices for GXO: equal to the samples, and refused where the profile has no room or word."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.x12 import write_interchange
from fleet_tests.places import SAMPLES
from mappings.canonical import Address, AdvisedLine, Fulfilment, PickLine, Product, ReturnAdvice
from mappings.errors import Unmappable
from mappings.gxo import Client, read_courier, write_940, write_943

OURS = SAMPLES / "gxo"
MODA = Client(code="MODA", name="MODA LTD")
SERVICES = {"DPD Next Day": "DPD-ND", "Pallet": "XPO-PALLET"}
DRESS, BELT = "DRS-1042-NVY-10", "BLT-0007-TAN-M"
HOME = Address(
    name="JANE DOE", line1="FLAT 2", line2="1 HIGH STREET", town="LEEDS", postcode="LS1 4AB", country="GB",
    email="jane@example.com",
)  # fmt: skip
ORDER = Fulfilment(
    reference="SO1000123",
    order_code="SO1000123",
    invoice_code="IN1",
    associated_ref="WEB-88123",
    facility="GBNH01",
    lines=(PickLine(sku=DRESS, quantity=2), PickLine(sku=BELT, quantity=1)),
    address=HOME,
    courier="DPD Next Day",
    dispatch_by=datetime(2026, 11, 21, 17, tzinfo=UTC),
)
ADVICE = ReturnAdvice(
    reference="RMA0007781", order_code="SO1000123", facility="GBNH01", lines=(AdvisedLine(sku=DRESS, quantity=2),)
)


def goods(code: str, *barcodes: str, **more: Any) -> Product:
    return Product(stock_id="1", code=code, description=code, barcodes=barcodes, stock_controlled=True, **more)


PRODUCTS = {DRESS: goods(DRESS, "DRS-10", "5050000000017"), BELT: goods(BELT, "5050000000024")}


def written(order: Fulfilment = ORDER, **more: Any) -> list[tuple[str, ...]]:
    told = {"purpose": "N", "client": MODA, "services": SERVICES, "products": PRODUCTS, **more}
    return list(write_940(order, **told))


def moved(**changes: Any) -> Fulfilment:
    return ORDER.model_copy(update=changes)


def at_home(**changes: Any) -> Fulfilment:
    return moved(address=HOME.model_copy(update=changes))


def named(segments: list[tuple[str, ...]], *starts: str) -> list[tuple[str, ...]]:
    return [segment for segment in segments if segment[: len(starts)] == starts]


def sent(kind: str, segments: Any, number: int, at: datetime, group: str) -> bytes:
    return write_interchange(
        [(kind, segments)], sender="MODA", receiver="GXOUK", control_number=number, at=at, group_id=group, usage="T"
    )


def test_an_order_its_cancellation_and_a_return_advice_are_the_samples_byte_by_byte() -> None:
    day, later = datetime(2026, 11, 20, 22, 40, tzinfo=UTC), datetime(2026, 11, 25, 22, 40, tzinfo=UTC)
    order = written(deliver_on=date(2026, 11, 23))
    assert sent("940", order, 101, day, "OW") == (OURS / "gxo_x12_940_new.edi").read_bytes()
    cancel = written(purpose="F", services={})
    assert sent("940", cancel, 103, day, "OW") == (OURS / "gxo_x12_940_cancel.edi").read_bytes()
    advice = write_943(ADVICE, client=MODA, on=later.date(), tracking="H00ABC123456")
    assert sent("943", advice, 120, later, "AR") == (OURS / "gxo_x12_943_return_advice.edi").read_bytes()


def test_a_change_repeats_the_whole_order() -> None:
    assert written(purpose="R") == [("W05", "R", "SO1000123", "WEB-88123"), *written()[1:]]


def test_what_is_unknown_is_left_out() -> None:
    plain = written(at_home(email="").model_copy(update={"associated_ref": ""}), products={})
    assert (plain[0], named(plain, "G61"), named(plain, "N9", "CO")) == (("W05", "N", "SO1000123"), [], [])
    assert named(plain, "W01") == [("W01", "2", "EA", "", "SK", DRESS), ("W01", "1", "EA", "", "SK", BELT)]
    bare = write_943(ADVICE.model_copy(update={"order_code": ""}), client=MODA, on=date(2026, 11, 25))
    assert (bare[0], named(list(bare), "N9", "CO")) == (("W06", "J", "RMA0007781", "20261125"), [])


def test_every_line_of_an_address_has_its_place_and_a_phone_its_own_contact() -> None:
    told = written(at_home(line3="MILL YARD", county="West Yorkshire", phone="0113 496 0000", organisation="DOE LTD"))
    assert named(told, "N1", "ST") == [("N1", "ST", "JANE DOE, DOE LTD")]
    assert named(told, "N3") == [("N3", "FLAT 2", "1 HIGH STREET"), ("N3", "MILL YARD", "West Yorkshire")]
    assert [contact[3:] for contact in named(told, "G61")] == [("EM", "jane@example.com"), ("TE", "0113 496 0000")]
    american = written(at_home(country="US", county="ca", postcode="94105"))
    assert (named(american, "N4"), len(named(american, "N3"))) == ([("N4", "LEEDS", "ca".upper(), "94105", "US")], 1)


def test_customs_are_told_abroad_only_and_as_far_as_they_are_known() -> None:
    known = {"commodity_code": "6204430000", "country_of_origin": "TR", "sell_price": Decimal(89)}
    products = {DRESS: goods(DRESS, **known), BELT: goods(BELT, country_of_origin="IT")}
    abroad = written(at_home(country="IE", postcode=""), products=products)
    assert named(abroad, "N9", "ZZ") == [
        ("N9", "ZZ", "HS", "6204430000"),
        ("N9", "ZZ", "COO", "TR"),
        ("N9", "ZZ", "UNITVALUE", "89.00"),
        ("N9", "ZZ", "COO", "IT"),
    ]
    assert named(written(products=products), "N9", "ZZ") == []


def test_days_are_the_facilitys_and_a_pallet_goes_by_motor_freight() -> None:
    late = moved(dispatch_by=datetime(2026, 11, 21, 23, 30, tzinfo=UTC), courier="Pallet", note="Gift\nwrap")
    told = written(late, zone=timezone(timedelta(hours=1)), motor=["XPO-PALLET"])
    assert named(told, "G62") == [("G62", "10", "20261122")]
    assert named(told, "W66") == [("W66", "PP", "M", "", "", "XPO-PALLET")]
    assert named(told, "NTE") == [("NTE", "WHI", "Gift wrap")]


@pytest.mark.parametrize(
    ("order", "kind", "field"),
    [
        (at_home(name=" "), "bad_address", "N102"),
        (at_home(name="x" * 61), "bad_address", "N102"),
        (at_home(line1=""), "bad_address", "N301"),
        (at_home(line1="x" * 56), "bad_address", "N301"),
        (at_home(line2="x" * 56), "bad_address", "N302"),
        (at_home(line3="x" * 56), "bad_address", "N301"),
        (at_home(town="x" * 31), "bad_address", "N401"),
        (at_home(postcode=""), "bad_address", "N403"),
        (at_home(postcode="x" * 16), "bad_address", "N403"),
        (at_home(country="UK1"), "bad_address", "N404"),
        (at_home(email="nobody"), "bad_address", "G6104"),
        (at_home(phone="0" * 81), "bad_address", "G6104"),
        (moved(courier="Owl"), "unknown_service", "courier"),
        (moved(courier=""), "unknown_service", "courier"),
        (moved(facility="Leeds 1"), "route_unmapped", "facility"),
        (moved(reference="S" * 23), "unmappable", "W0502"),
        (moved(reference="SO*1"), "unmappable", "W0502"),
        (moved(lines=(PickLine(sku="HAT~1", quantity=1),)), "unmappable", "W0105"),
        (moved(lines=()), "unmappable", "W01"),
        (moved(associated_ref="W" * 31), "unmappable", "N902"),
        (moved(dispatch_by=datetime(2026, 11, 23, 17)), "unmappable", "dispatch_by"),  # noqa: DTZ001 -- the case
    ],
)
def test_what_the_profile_has_no_room_or_word_for_is_refused(order: Fulfilment, kind: str, field: str) -> None:
    with pytest.raises(Unmappable) as told:
        written(order)
    assert (told.value.kind, told.value.field) == (kind, field)
    assert HOME.name not in str(told.value)


@pytest.mark.parametrize(
    ("advice", "field"),
    [
        (ADVICE.model_copy(update={"reference": "R" * 23}), "W0602"),
        (ADVICE.model_copy(update={"lines": ()}), "W04"),
        (ADVICE.model_copy(update={"lines": (AdvisedLine(sku="x" * 49, quantity=1),)}), "W0405"),
    ],
)
def test_an_advice_that_cannot_be_told_is_refused(advice: ReturnAdvice, field: str) -> None:
    with pytest.raises(Unmappable) as told:
        write_943(advice, client=MODA, on=date(2026, 11, 25))
    assert told.value.field == field


def test_a_service_leads_back_to_the_one_courier_that_has_it() -> None:
    assert read_courier("dpd-nd", SERVICES) == "DPD Next Day"
    assert read_courier("DPD-ND", SERVICES, {"dpd-nd": "DPD"}) == "DPD"
    for service, services in (("", SERVICES), ("OWL", SERVICES), ("DPD-ND", {"A": "DPD-ND", "B": "DPD-ND"})):
        with pytest.raises(Unmappable, match=r"\[tables\.carriers\.gxo\]") as told:
            read_courier(service, services)
        assert told.value.kind == "unknown_carrier"


WORDS = st.text(max_size=25)
ADDRESSES = st.builds(
    Address, name=WORDS, organisation=WORDS, line1=WORDS, line2=WORDS, line3=WORDS, town=WORDS, county=WORDS,
    postcode=st.text(max_size=20), country=st.sampled_from(["GB", "IE", "US", "", "gb"]), phone=WORDS,
)  # fmt: skip


@given(
    ADDRESSES,
    st.text("ABC-1*", max_size=24),
    st.dictionaries(st.text("ABC-1~", max_size=50), st.integers(1, 9**9), max_size=4),
)
def test_any_order_is_written_whole_or_refused(address: Address, reference: str, units: dict[str, int]) -> None:
    lines = tuple(PickLine(sku=sku, quantity=n) for sku, n in units.items())
    try:
        told = written(moved(address=address, reference=reference, lines=lines))
    except Unmappable:
        return
    assert [(w01[5], int(w01[1])) for w01 in named(told, "W01")] == list(units.items())
    assert named(told, "W76") == [("W76", str(sum(units.values())))]
    assert all(element.isprintable() for segment in told for element in segment)
