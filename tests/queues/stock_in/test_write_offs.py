"""A garment beyond repair: off sale at once, and off the books once, by a final end and a person's word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from adapters.acs.sandbox.garments import State
from fleet_tests.acs import Garments
from workers.journal import assets, entries, valuation
from workers.spine.people import CannotDo
from workers.stock_in import write_offs

TABLES = '[tables.adjustment_reasons.acs]\nBER = { khaos = "BEYOND REPAIR", account = "5220" }\n'


@pytest.fixture
def acs(build_acs: Callable[..., Garments]) -> Garments:
    return open_place(build_acs)


def open_place(build_acs: Callable[..., Garments], more: str = "", stock: str = "", *, days_ago: int = 0) -> Garments:
    place = build_acs(more, stock=TABLES + stock, days_ago=days_ago)
    place.stock(DRESS=3)
    place.count()
    return place


def end(acs: Garments, disposition: str = "RECYCLE") -> str:
    tag = min(one.tag for one in acs.site.garments)
    acs.act(retire={"rfid": tag, "reason": "BER", "disposition": disposition})
    acs.hear()
    write_offs.check(acs.runtime)
    return tag


def position(acs: Garments) -> tuple[int, dict[str, int]]:
    row = acs.store.row("select good, other from position where sku = 'DRESS'")
    assert row is not None
    return row["good"], row["other"]


def booked(acs: Garments) -> list[tuple[int, Any, str]]:
    entries.enter_new(acs.runtime, late=0)
    rows = acs.store.rows("select units, value, state from journal order by id")
    return [(row["units"], row["value"], row["state"]) for row in rows]


def worth(acs: Garments, tag: str, value: str) -> valuation.Loaded:
    text = f"tag,value,as_at\n{tag.lower()},{value},2026-11-01\n"
    return assets.load(acs.store, assets.read_assets(text, date(2026, 12, 31)), "Anna B")


def test_it_is_held_off_sale_until_a_person_writes_it_off_and_its_value_waits_for_the_asset_file(acs: Garments) -> None:
    tag = end(acs)
    assert (position(acs), booked(acs), acs.world.exceptions()) == ((2, {"retired": 1}), [], ["write_off_waits"])
    write_offs.confirm(acs.store, tag, "Anna B")
    write_offs.check(acs.runtime)
    assert (position(acs), booked(acs)) == ((2, {}), [(-1, None, "uncosted")])
    assert acs.world.exceptions() == ["cost_missing"]
    assert worth(acs, tag, "64.50").revalued == 1
    assert [(units, str(value), state) for units, value, state in booked(acs)] == [(-1, "-64.50", "ready")]
    assert acs.world.exceptions() == []
    with pytest.raises(CannotDo, match="written off already"):
        write_offs.confirm(acs.store, tag, "Anna B")


def test_up_to_the_limit_it_goes_by_itself_and_whatever_comes_again_it_goes_once(
    build_acs: Callable[..., Garments],
) -> None:
    acs = open_place(build_acs, more='write_off_above = "100"\n', days_ago=2)
    tag = min(one.tag for one in acs.site.garments)
    worth(acs, tag, "64.50")
    assert end(acs) == tag
    for row in acs.store.rows("select id from record where connection = 'acs' order by id"):
        acs.runtime.store.row("select read_record_again(%s)", row["id"])
    acs.tell_again(*acs.told("item.retired"))
    acs.world.go()
    write_offs.check(acs.runtime)
    assert [(units, str(value)) for units, value, _ in booked(acs)] == [(-1, "-64.50")]
    acs.site.garments.tagged(tag).state = State.READY
    acs.later(timedelta(days=1))
    acs.count()
    assert position(acs) == (2, {})


def test_without_a_final_end_nothing_goes_by_itself(build_acs: Callable[..., Garments]) -> None:
    acs = open_place(build_acs, more='write_off_above = "100"\n')
    tag = min(one.tag for one in acs.site.garments)
    worth(acs, tag, "64.50")
    end(acs, disposition="QUARANTINE")
    assert (position(acs), booked(acs)) == ((2, {"retired": 1}), [])
    assert "end not final" in acs.world.exception("write_off_waits")["reason"]


def test_where_a_file_adjusts_khaos_control_the_term_carries_the_unit_until_it_is_loaded(
    build_acs: Callable[..., Garments],
) -> None:
    beside = '[stock.sites."Main Site"]\npending_journal = "Main Buffer"\nadjustments = "adjust_by"\n'
    acs = open_place(build_acs, stock=beside)
    tag = end(acs)
    write_offs.confirm(acs.store, tag, "Anna B")
    terms = acs.store.rows("select kind, units, subject from term where cleared_at is null")
    assert terms == [{"kind": "pending_journal", "units": -1, "subject": f"journal:acs:write-off {tag}"}]
    booked(acs)
    assert acs.store.row("select mover from journal") == {"mover": "adjust_by"}


def test_garments_that_had_ended_before_the_first_count_are_no_ones_to_write_off(
    build_acs: Callable[..., Garments],
) -> None:
    acs = build_acs(stock=TABLES)
    acs.stock(DRESS=2)
    tag = min(one.tag for one in acs.site.garments)
    acs.switch(event_url="")
    acs.act(retire={"rfid": tag})
    acs.count()
    write_offs.check(acs.runtime)
    assert (position(acs), acs.world.exceptions()) == ((1, {}), [])
