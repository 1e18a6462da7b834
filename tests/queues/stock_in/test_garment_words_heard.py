"""Words about one garment that are odd: what cannot be understood sells nothing, and no clock outranks a later word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from fleet_tests.acs import Garments
from workers.journal import assets
from workers.spine.people import CannotDo
from workers.stock_in import garment_people, write_offs

RETIRED = '[tables.adjustment_reasons.acs]\nBER = { khaos = "BEYOND REPAIR", account = "5220" }\n'


@pytest.fixture
def acs(build_acs: Callable[..., Garments]) -> Garments:
    place = build_acs(stock=RETIRED)
    place.stock(DRESS=3)
    place.count()
    return place


def first(acs: Garments) -> str:
    return min(one.tag for one in acs.site.garments)


@pytest.mark.parametrize("odd", [{"Reason": "DONATED"}, {"Grade": "E"}, {"FinalDisposition": "BURNT"}])
def test_an_end_that_cannot_be_understood_takes_the_garment_off_sale_and_ends_it_once_it_is(
    acs: Garments, odd: dict[str, str]
) -> None:
    tag = first(acs)
    end = {"RFID": tag, "GarmentSKU": "DRESS", "Grade": "X", "Reason": "BER", "FinalDisposition": "RECYCLE"}
    acs.tell("item.retired", **{**end, **odd})
    assert (acs.states()[tag], acs.world.exceptions()) == ("unknown", ["unknown_grade"])
    assert acs.world.exception("unknown_grade")["story"] == tag
    (record,) = acs.store.rows("select id, body from record where source = 'webhook item.retired'")
    (was,) = odd.values()
    mended = bytes(record["body"]).replace(f'"{was}"'.encode(), f'"{end[next(iter(odd))]}"'.encode())
    acs.store.run("update record set body = %s where id = %s", mended, record["id"])  # as if the table had the row now
    acs.runtime.store.row("select read_record_again(%s)", record["id"])
    acs.world.go()
    assert acs.states()[tag] == "retired"
    assert acs.store.row("select final from write_off where tag = %s", tag) == {"final": True}


def test_a_move_with_a_grade_without_a_row_is_taken_and_the_grade_named(acs: Garments) -> None:
    tag = first(acs)
    move = {"RFID": tag, "GarmentSKU": "DRESS", "FromStatus": "Ready", "ToStatus": "InRefurbishment", "ToGrade": "E"}
    acs.tell("item.disposition_changed", **move)
    assert (acs.states()[tag], acs.world.exceptions()) == ("refurbishment", ["unknown_grade"])


def test_a_garment_that_only_a_status_calls_retired_waits_for_its_write_off_and_a_later_event_says_why(
    acs: Garments,
) -> None:
    tag = first(acs)
    move = {"RFID": tag, "GarmentSKU": "DRESS", "FromStatus": "Quarantine", "ToStatus": "Retired"}
    acs.tell("item.disposition_changed", **move)
    write_offs.check(acs.runtime)
    assert (acs.states()[tag], acs.world.exceptions()) == ("retired", ["write_off_waits"])
    assert [(one["tag"], one["reason"], one["final"]) for one in write_offs.waiting(acs.store)] == [
        (tag, "ex_hired", False)
    ]
    end = {"RFID": tag, "GarmentSKU": "DRESS", "Grade": "X", "Reason": "BER", "FinalDisposition": "RECYCLE"}
    acs.tell("item.retired", **end)
    assert [(one["reason"], one["grade"], one["final"]) for one in write_offs.waiting(acs.store)] == [
        ("beyond_repair", "X", True)
    ]


def test_an_event_of_a_clock_that_is_years_ahead_outranks_no_later_word(acs: Garments) -> None:
    tag, clock = first(acs), acs.site.clock
    move = {"RFID": tag, "GarmentSKU": "DRESS", "FromStatus": "Ready"}
    right = clock._at
    clock._at = datetime(2062, 1, 1, tzinfo=UTC)
    acs.tell("item.disposition_changed", **move, ToStatus="InRefurbishment")
    clock._at = right + timedelta(seconds=30)
    assert (acs.states()[tag], acs.world.exceptions()) == ("refurbishment", ["clock_ahead"])
    acs.tell("item.disposition_changed", **move, ToStatus="Ready")
    assert acs.states()[tag] == "sellable"
    found = acs.store.row("select event_at < now() + interval '1 hour' as sane from garment where tag = %s", tag)
    assert found == {"sane": True}


def test_an_event_under_the_id_of_another_is_read_as_well_and_told_to_operations(acs: Garments) -> None:
    one, other = sorted(garment.tag for garment in acs.site.garments)[:2]
    move = {"GarmentSKU": "DRESS", "FromStatus": "Ready", "ToStatus": "InRefurbishment"}
    acs.tell("item.disposition_changed", **move, RFID=one)
    (first_told,) = acs.told("item.disposition_changed")
    acs.tell_again({**first_told, "Data": {**move, "RFID": other}}, first_told)
    assert [acs.states()[tag] for tag in (one, other)] == ["refurbishment", "refurbishment"]
    found = acs.world.exception("told_otherwise")
    assert (acs.world.exceptions(), found["story"]) == (["told_otherwise"], first_told["EventId"])


def test_a_garment_that_was_sold_is_not_written_off_by_itself_and_nobody_gives_it_up(
    build_acs: Callable[..., Garments],
) -> None:
    acs = build_acs('write_off_above = "100"\n', stock=RETIRED)
    acs.stock(DRESS=3)
    acs.count()
    acs.order(("DRESS", 1))
    acs.pass_time()
    acs.hear()
    (tag,) = [one for one, state in acs.states().items() if state == "sold"]
    with pytest.raises(CannotDo, match="was sold"):
        garment_people.give_up(acs.store, tag, "Anna B")
    assets.load(acs.store, assets.read_assets(f"tag,value,as_at\n{tag},40,2026-11-01\n", date(2026, 12, 31)), "Anna B")
    acs.tell("item.retired", RFID=tag, GarmentSKU="DRESS", Reason="LOST")
    for row in acs.store.rows("select id from record where source = 'webhook item.retired'"):
        acs.runtime.store.row("select read_record_again(%s)", row["id"])
    acs.world.go()
    assert write_offs.check(acs.runtime) == 0
    assert acs.world.exceptions() == ["write_off_waits"]
    assert "end not final" in acs.world.exception("write_off_waits")["reason"]
