"""The catalogue as it is asked for: one product that fails, clocks that differ, and what the cursor missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.errors import Garbled, Rejected
from workers.sku_sync import polls
from workers.spine import scheduler
from workers.wiring import schedules


def run_schedule(world: Any, name: str) -> bool:
    world.store.run(
        "insert into process (id, name, host, pid) values (%s, 'p', 'h', 1) on conflict do nothing",
        world.store.process_id,
    )
    world.store.run("update schedule set due_at = now() where name = %s", name)
    listed = schedules.schedules(world.runtime, lambda _bell: None)
    return scheduler.run_due(world.runtime, listed, name)


def refuse(world: Any, monkeypatch: Any, *bad: str) -> None:
    real = type(world.runtime.erp).fetch_products

    def fetch(self: Any, codes: Any) -> bytes:
        if set(bad) & set(codes):
            raise Rejected("ExportStock: Access violation at address 00A3", symbol="EAccessViolation")
        told: bytes = real(self, codes)
        return told

    monkeypatch.setattr(type(world.runtime.erp), "fetch_products", fetch)


def products(world: Any) -> int:
    row = world.store.row("select count(*) as n from product where code like 'P%%'")
    return int(row["n"])


def test_one_product_that_khaos_cannot_export_stops_no_other_and_is_named(world: Any, monkeypatch: Any) -> None:
    with monkeypatch.context() as patched:
        refuse(world, patched, "AAA")
        world.stock("AAA", *(f"P{n:03}" for n in range(120)))
        assert run_schedule(world, "catalogue khaos")
        world.go()
        assert products(world) == 120
        assert [(e["kind"], e["story"]) for e in world.store.rows("select * from exception")] == [
            ("not_exported", "AAA")
        ]
        assert world.store.row("select 1 as one from cursor where source = 'catalogue'")
    world.poll()
    assert world.exceptions() == []
    assert world.store.row("select 1 as one from product where code = 'AAA'")


def test_when_no_product_at_all_can_be_exported_the_connection_is_judged(world: Any, monkeypatch: Any) -> None:
    world.poll()
    codes = [f"P{n:03}" for n in range(60)]
    refuse(world, monkeypatch, *codes)
    world.stock(*codes)
    assert not run_schedule(world, "catalogue khaos")
    assert len(world.exceptions()) < 20


def test_an_edit_of_tomorrow_hides_no_edit_of_today(world: Any, monkeypatch: Any) -> None:
    world.poll()
    real = type(world.runtime.erp).fetch_changed_products

    def of_tomorrow(self: Any, since: Any) -> Any:
        codes, until = real(self, since)
        return codes, until and until + timedelta(days=1)

    with monkeypatch.context() as patched:
        patched.setattr(type(world.runtime.erp), "fetch_changed_products", of_tomorrow)
        world.stock("P001")
        world.poll()
    until = world.store.row("select value->>'until' as until from cursor where source = 'catalogue'")["until"]
    assert datetime.fromisoformat(until) <= datetime.now(UTC)
    world.stock("P002")
    world.poll()
    assert products(world) == 2


def test_an_edit_within_the_hour_that_clocks_are_set_back_is_not_missed(world: Any) -> None:
    world.stock("P001")
    world.poll()
    world.store.run("delete from product where code = 'P001'")  # as if its edit had been stamped 55 minutes too early
    until = datetime.now(UTC) + timedelta(minutes=55)
    world.store.run(
        "update cursor set value = jsonb_build_object('until', %s::text) where source = 'catalogue'", until.isoformat()
    )
    world.poll()
    assert products(world) == 1


def test_the_whole_list_finds_products_that_the_cursor_missed(world: Any) -> None:
    world.stock("P001", "P002")
    world.poll()
    world.store.run("delete from product where code = 'P001'")
    world.store.run("update product set body = '{}', seen_at = now() - interval '1 day' where code = 'P002'")
    before = world.khaos.calls("ExportStock")
    polls.compare_catalogue(world.runtime)
    world.go()
    assert products(world) == 2
    assert world.store.row("select 1 as one from product where code = 'P002' and body <> '{}'")
    assert world.khaos.calls("ExportStock") == before + 1


def without(world: Any, monkeypatch: Any, *codes: str) -> None:
    """Khaos Control lists some products no more."""
    real = type(world.runtime.erp).fetch_catalogue
    monkeypatch.setattr(
        type(world.runtime.erp), "fetch_catalogue", lambda self: [one for one in real(self) if one.code not in codes]
    )


def test_a_product_that_vanished_is_discontinued_and_merchandisings_where_it_is_held(
    world: Any, monkeypatch: Any
) -> None:
    world.stock("P001", "P002", "P003")
    world.opening(P001=4)
    with monkeypatch.context() as patched:
        without(world, patched, "P001", "P002", "P003")
        real = type(world.runtime.erp).fetch_products
        patched.setattr(
            type(world.runtime.erp),
            "fetch_products",
            lambda self, codes: real(self, [code for code in codes if code == "P003"] or ["NOBODY"]),
        )
        polls.compare_catalogue(world.runtime)
        world.go()
    gone = "select code, body->'discontinued' as over from product where deleted_at is not null order by code"
    assert world.store.rows(gone) == [{"code": "P001", "over": True}, {"code": "P002", "over": True}]
    assert world.exceptions() == ["deleted_in_khaos"]
    found = world.exception("deleted_in_khaos")
    assert (found["story"], "4 at Main Site" in found["reason"]) == ("P001", True)
    world.stock("P001")
    world.poll()  # what was edited not long ago is listed again as well
    assert (world.exceptions(), world.store.rows(gone)) == ([], [])


def test_a_list_that_lacks_half_of_the_catalogue_is_not_believed(world: Any, monkeypatch: Any) -> None:
    codes = [f"P{n:03}" for n in range(120)]
    world.stock(*codes)
    world.poll()
    without(world, monkeypatch, *codes[:60])
    with pytest.raises(Garbled, match="lacks 60 of"):
        polls.compare_catalogue(world.runtime)
    assert world.store.rows("select code from product where deleted_at is not null") == []


def test_reference_data_waits_for_the_one_slot_of_khaos(world: Any) -> None:
    assert run_schedule(world, "reference data khaos")
    taken = world.store.row(
        "select take_slots('khaos', '', 'message:1', %s, interval '60 seconds') as ok", world.store.process_id
    )
    assert taken["ok"]
    before = world.khaos.calls("GetSiteList")
    assert not run_schedule(world, "reference data khaos")
    assert world.khaos.calls("GetSiteList") == before
