"""What becomes of garments at the stand-in: hired out, back, graded, mended, retired, lost; and what its files say."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.acs.sandbox import stock_file
from adapters.acs.sandbox.app import LONGEST, TICK, pause
from adapters.acs.sandbox.garments import MAY, State
from adapters.acs.sandbox.refusal import Refused
from mappings.acs import Form, Grades, States, read_garments, survey
from mappings.canonical import GarmentRow, GarmentState
from mappings.errors import Unmappable


def hired(place: Any, sku: str = "LENT") -> Any:
    (garment,) = place.stock(sku)
    place.put(f"O-{sku}", ("1", sku, True))
    place.pass_time(2)
    assert garment.state is State.WITH_CUSTOMER
    return garment


def read(place: Any) -> list[GarmentRow]:
    """The last file that was laid, as it is read."""
    data = (place.site.folders.root / "stock" / place.site.stock_files[-1]["name"]).read_bytes()
    file, form = io.BytesIO(data), Form({})
    found = list(read_garments(file, form, survey(file, form), states=States(), grades=Grades()))
    return [one for one in found if isinstance(one, GarmentRow)]


@pytest.mark.parametrize(
    ("grade", "disposition", "ends"),
    [
        ("A", "RESTOCK", State.READY),
        ("B", "REFURBISH", State.READY),
        ("C", "OUTLET", State.QUARANTINE),
        ("D", "QUARANTINE", State.QUARANTINE),
        ("X", "RECYCLE", State.RETIRED),
        ("WRONG_ITEM", "QUARANTINE", State.QUARANTINE),
        ("EMPTY_BOX", "", State.QUARANTINE),
        ("COUNTERFEIT", "QUARANTINE", State.QUARANTINE),
    ],
)
def test_a_hired_garment_comes_back_and_its_grade_decides(
    place: Any, grade: str, disposition: str, ends: State
) -> None:
    garment = hired(place)
    place.act(receive={"rfid": garment.tag, "grade": grade})
    place.pass_time()
    assert garment.state is ends
    (received,), (graded,) = place.told("item.received"), place.told("item.graded")
    assert (received["ReturnKind"], received["ProcessStatus"]) == ("HIRE_RETURN", "Receipted")
    assert (graded["Grade"], graded["Disposition"], graded["OrderNumber"]) == (grade, disposition, "O-LENT")
    assert len(place.told("item.retired")) == (ends is State.RETIRED)


def test_a_mended_garment_passes_through_refurbishment_and_is_hired_again(place: Any) -> None:
    garment = hired(place)
    place.act(receive={"rfid": garment.tag, "grade": "B"})
    place.pass_time()
    moves = [(one["FromStatus"], one["ToStatus"]) for one in place.told("item.disposition_changed")]
    assert moves == [("PostRentalInspection", "InRefurbishment"), ("InRefurbishment", "Ready")]
    place.put("O-AGAIN", ("1", "LENT", True))
    place.pass_time(2)
    assert garment.state is State.WITH_CUSTOMER
    assert [one["order"] for one in place.site.dispatched] == ["O-LENT", "O-AGAIN"]


def test_hires_come_back_by_themselves_but_for_those_that_never_do(place: Any) -> None:
    garments = place.stock("LENT", 2)
    place.switch(hires_come_back=True, never_back=[garments[0].tag], grades={"A": 1})
    place.put("O-1", ("1", "LENT", True), ("2", "LENT", True))
    place.pass_time()
    assert [one.state for one in garments] == [State.WITH_CUSTOMER, State.READY]


def test_a_sold_garment_comes_back_as_a_sale(place: Any) -> None:
    (garment,) = place.stock("SOLD")
    place.put("O-1", ("1", "SOLD", False))
    place.pass_time(2)
    place.act(receive={"rfid": garment.tag, "grade": "A"})
    place.pass_time()
    assert place.told("item.graded")[0]["ReturnKind"] == "SALE_RETURN"
    assert garment.state is State.READY
    (entry,) = place.site.returns
    assert (entry["order"], entry["kind"], entry["grade"]) == ("O-1", "SALE_RETURN", "A")


def test_a_garment_does_only_what_its_state_allows(place: Any) -> None:
    (garment,) = place.stock("ONE")
    with pytest.raises(Refused, match="Ready"):
        place.act(receive={"rfid": garment.tag})
    place.act(retire={"rfid": garment.tag})
    for state in State:
        with pytest.raises(Refused):
            place.act(move={"rfid": garment.tag, "to": state})


def test_every_state_but_the_end_leads_somewhere() -> None:
    assert set(MAY) == set(State)
    assert [state for state in State if not MAY[state]] == [State.RETIRED]


@pytest.mark.parametrize("state", sorted(set(State) - stock_file.NOWHERE))
def test_the_file_says_of_every_state_what_our_tables_read(place: Any, state: State) -> None:
    (garment,) = place.stock("ONE")
    garment.state = state
    stock_file.lay(place.site)
    wanted = {
        State.READY: GarmentState.SELLABLE,
        State.ALLOCATED: GarmentState.RESERVED,
        State.PACKED: GarmentState.RESERVED,
        State.WITH_CUSTOMER: GarmentState.WITH_CUSTOMER,
        State.RECEIPTED: GarmentState.INSPECTION,
        State.INSPECTION: GarmentState.INSPECTION,
        State.REFURBISHMENT: GarmentState.REFURBISHMENT,
        State.QUARANTINE: GarmentState.QUARANTINE,
        State.RETIRED: GarmentState.RETIRED,
    }
    assert [one.state for one in read(place)] == [wanted[state]]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
@pytest.mark.parametrize("dash", ["-", "–", "—"])  # noqa: RUF001  the dashes that were seen
@pytest.mark.parametrize("upper", [False, True])
def test_a_file_is_read_however_the_switches_have_it_written(place: Any, encoding: str, dash: str, upper: bool) -> None:
    place.stock("ONE", 3)
    place.switch(file_encoding=encoding, file_dash=dash, file_upper=upper, file_bom=encoding != "cp1252")
    stock_file.lay(place.site)
    assert [one.state for one in read(place)] == [GarmentState.SELLABLE] * 3


@pytest.mark.parametrize("fault", ["file_doubled_next", "file_truncate_next"])
def test_a_spoilt_file_is_no_count_or_names_fewer_garments(place: Any, fault: str) -> None:
    place.stock("ONE", 20)
    place.switch(**{fault: 1})
    stock_file.lay(place.site)
    try:
        rows = read(place)
    except Unmappable as refused:
        rows = []
        kind = refused.kind
    else:
        kind = ""
    assert kind == "stock_file_refused" or len(rows) < 20
    stock_file.lay(place.site)
    assert len(read(place)) == 20


def test_a_file_may_name_half_nowhere_or_nothing(place: Any) -> None:
    place.stock("ONE", 9)
    place.switch(file_half_next=1)
    stock_file.lay(place.site)
    assert len(read(place)) == 3
    place.switch(file_unknown_next=1)
    stock_file.lay(place.site)
    assert [one.state for one in read(place)].count(GarmentState.UNKNOWN) == 1
    place.switch(file_missing_next=1)
    before = len(place.site.stock_files)
    assert stock_file.lay(place.site)["fault"] == "missing"
    assert len(place.site.stock_files) == before


def test_the_days_file_is_laid_once_at_its_hour(place: Any) -> None:
    place.stock("ONE")
    place.switch(stock_file_at="10:00", clock_speed=3600)
    place.pass_time(0.5)
    assert place.site.stock_files == []
    place.pass_time(5)
    (laid,) = place.site.stock_files
    assert laid["name"].startswith("acs_stock_TESTACS_20261123_10")


def test_a_lost_garment_is_in_no_file_and_in_no_order(place: Any) -> None:
    (garment,) = place.stock("ONE")
    place.act(lose={"rfid": garment.tag})
    stock_file.lay(place.site)
    assert place.site.stock_files[-1]["rows"] == 0
    place.put("O-1", ("1", "ONE", True))
    place.pass_time()
    assert place.told("order.rejected")


def test_a_set_up_file_is_taken_and_answered_row_by_row(place: Any) -> None:
    root: Path = place.site.folders.root
    rows = [
        '"product_sku","unique_sku","name","designer","garment_type","sizes","description"',
        '"NEW","NEW_1","Dress","","","10",""',
        '"NEW","NEW_1","Dress","","","10",""',
        '"NEW","","Dress","","","10",""',
    ]
    (root / "setup" / "a.csv").write_text("\r\n".join(rows))
    (root / "setup" / "b.csv").write_text("no such columns")
    place.pass_time()
    answer = (root / "setup" / "results" / "a.result.csv").read_text().splitlines()
    assert [line.split(",")[1:3] for line in answer[1:]] == [
        ["accepted", ""],
        ["rejected", "duplicate_sku"],
        ["rejected", "missing_field"],
    ]
    assert "bad_file" in (root / "setup" / "results" / "b.result.csv").read_text()
    assert place.told("item.received")[0]["ReturnKind"] == "NEW_STOCK"
    assert place.site.garments.unique("NEW_1").state is State.READY


@settings(max_examples=25, deadline=None)
@given(
    orders=st.lists(st.tuples(st.sampled_from(["X", "Y"]), st.booleans()), min_size=1, max_size=8),
    seed=st.integers(0, 1000),
)
def test_no_garment_is_made_or_vanishes_whatever_happens_to_it(
    new_place: Callable[[], Any], orders: list[tuple[str, bool]], seed: int
) -> None:
    place = new_place()
    place.site.seed = seed
    tags = {one.tag for sku in ("X", "Y") for one in place.stock(sku, 3)}
    place.switch(
        hires_come_back=True,
        sales_come_back_rate=0.5,
        never_back_rate=0.2,
        short_rate=0.2,
        two_goes_rate=0.3,
        availability="short",
    )
    for number, (sku, hire) in enumerate(orders):
        place.put(f"O-{number}", ("1", sku, hire), ("2", sku, not hire))
        place.pass_time(0.3)
    place.pass_time(5)
    place.site.events.stop()
    assert {one.tag for one in place.site.garments} == tags
    left = [(one["order"], one["line"]) for one in place.site.dispatched]
    assert len(left) == len(set(left))
    assert {one["rfid"] for one in place.site.retired} == {
        one.tag for one in place.site.garments if one.state is State.RETIRED
    }
    told = [item["RFID"] for event in place.told("order.dispatched") for item in event["Items"]]
    assert sorted(told) == sorted(one["rfid"] for one in place.site.dispatched)
    graded = [one for one in place.site.returns if one["grade"]]
    assert len(place.told("item.received")) == len(place.site.returns)
    assert len([one for one in place.told("item.graded") if one["ReturnKind"] != "UNKNOWN"]) == len(graded)


def test_the_stand_in_rests_while_nobody_has_anything_to_do_and_is_woken_by_what_comes(place: Any) -> None:
    assert pause(place.site) == LONGEST
    woken: list[str] = []
    place.site.people.wake = lambda: woken.append("woken")
    place.site.people.after(0.1, lambda: None)
    assert woken == ["woken"]
    assert TICK <= pause(place.site) <= 0.1
    place.pass_time(0.2)
    assert pause(place.site) == LONGEST


def test_what_was_told_of_a_garment_is_told_again_when_somebody_asks(place: Any) -> None:
    garment = hired(place)
    place.act(receive={"rfid": garment.tag, "grade": "A"})
    place.pass_time()
    kinds = [one["EventType"] for one in place.site.events.sent if one["Data"].get("RFID") == garment.tag]
    assert kinds[:2] == ["item.received", "item.graded"]
    assert place.act(tell_again={"rfid": garment.tag}) == {"tell_again": {"events": len(kinds)}}
    assert len([one for one in place.site.events.sent if one["Data"].get("RFID") == garment.tag]) == len(kinds)


def test_a_file_may_have_the_second_in_its_name(place: Any) -> None:
    place.stock("DRESS")
    place.switch(file_time="%H%M%S")
    place.act(stock_file={})
    assert place.site.stock_files[-1]["name"].startswith("acs_stock_TESTACS_20261123_090")
    assert len(place.site.stock_files[-1]["name"]) == len("acs_stock_TESTACS_20261123_090000.csv")
