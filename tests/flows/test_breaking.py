"""What was found by trying to break the flows of stock and returns, and stays mended."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from workers import config, stock_in
from workers.journal.entering import enter_new
from workers.returns import asking, crediting, serving
from workers.runtime import Runtime
from workers.stock import counting, demand, levels
from workers.stock.movements import poll_movements

World = Any
SITES = """
[stock]
[stock.sites."Main Site"]
quarantine = "Main Quarantine"
inspection = "Main Inspection"
"""


@pytest.fixture
def world(build: Callable[..., World]) -> World:
    return build(stock=SITES)


def floor(world: World, **action: Any) -> None:
    world.clarus.post("floor", **action)


def open_terms(world: World) -> int:
    return world.store.row("select coalesce(sum(units),0)::integer as n from term where cleared_at is null")["n"]


def hear(world: Any) -> None:
    world.until(lambda: (c := world.clarus.books()["webhooks"])["delivered"] >= c["fired"] - c["lost"] + c["repeated"])
    world.hear()
    asking.sweep(world.runtime, "Main Site")
    world.go()


def took(world: World, number: int, units: int, *, cause: str) -> None:
    told = {"connection": "leeds", "home": "Main Site", "movements": [{
        "id": f"m{number}", "sku": "MUG", "cause": cause, "word": cause, "units": units, "reason": "", "location": "",
        "to_condition": "", "at": f"2026-11-21T10:{number:02}:00Z"}]}
    world.store.run("select take_movements(%s)", json.dumps(told))


def test_unreceive_all_and_receive_again(world: World) -> None:
    world.opening(MUG=5)
    floor(world, receive={"reference": "PO-1", "lines": [{"product": "MUG", "quantity": 10}]}, ) if False else None
    took(world, 1, 10, cause="received")
    world.store.run("select claim_goods('pending_goods_in','Main Site','MUG',10,'goods_in','receipt:leeds:1:1')")
    took(world, 2, 10, cause="unreceived")
    assert open_terms(world) == 0
    took(world, 3, 10, cause="received")
    world.store.run("select claim_goods('pending_goods_in','Main Site','MUG',10,'goods_in','receipt:leeds:1:1')")
    assert open_terms(world) == 10
    assert world.store.row("select clear_term('receipt:leeds:1:1','MUG',10,'x','y') as n")["n"] == 10
    assert open_terms(world) == 0


def test_unreceive_of_older_po(world: World) -> None:
    world.opening(MUG=5)
    for n, po in ((1, "1"), (2, "2")):
        took(world, n, 10, cause="received")
        world.store.run("select claim_goods('pending_goods_in','Main Site','MUG',10,'goods_in',%s)", f"receipt:leeds:{po}:1")
    took(world, 3, 10, cause="unreceived")  # PO 1
    # both receipts are re-read: 1 has nothing, 2 has 10
    world.store.run("select claim_goods('pending_goods_in','Main Site','MUG',10,'goods_in','receipt:leeds:2:1')")
    assert world.store.row("select clear_term('receipt:leeds:2:1','MUG',10,'x','y') as n")["n"] == 10
    assert open_terms(world) == 0


def with_stock(world: World, tmp_path: Any, old: str, new: str) -> Runtime:
    path = tmp_path / "fleet.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return Runtime(config.read(path))


def restart(world: World, tmp_path: Any, old: str, new: str) -> None:
    runtime = with_stock(world, tmp_path, old, new)
    stock_in.install(runtime)
    world.runtime = runtime


def test_site_added_at_restart(world: World, tmp_path: Any) -> None:
    world.opening(MUG=10)
    floor(world, hold={"product": "MUG", "quantity": 2, "reason": "DMG"})
    world.hear()
    assert "Main Damaged" not in world.levels("MUG")
    restart(world, tmp_path, 'quarantine = "Main Quarantine"', 'quarantine = "Main Quarantine"\ndamaged = "Main Damaged"')
    world.flush()
    levels.compare(world.runtime)
    world.flush()
    assert world.levels("MUG")["Main Damaged"] == (2, 2)


def test_sites_swapped_at_restart(world: World, tmp_path: Any) -> None:
    world.opening(MUG=10)
    restart(world, tmp_path, 'quarantine = "Main Quarantine"\ninspection = "Main Inspection"', 'quarantine = "Main Inspection"\ninspection = "Main Quarantine"')


def test_home_renamed_at_restart(world: World, tmp_path: Any) -> None:
    world.opening(MUG=10)
    floor(world, adjust={"product": "MUG", "quantity": -2, "reason": "DMG"})
    hear_only = world.store.run("select want_recount('Main Site', array['MUG'], 'x')")
    restart(world, tmp_path, '"Main Site"', '"Annex"')
    counting.count_building(world.runtime, "Annex")
    world.flush()
    assert world.levels("MUG")["Annex"] == (8, 8)


def test_comma_code(world: World) -> None:
    world.opening(MUG=10)
    world.store.run("insert into sku (connection, code, state) values ('leeds', 'A,B', 'confirmed')")
    world.store.run(
        "select count_skus(jsonb_build_object('home', 'Main Site', 'began', clock_timestamp(), 'ended',"
        " clock_timestamp(), 'skus', jsonb_build_array(jsonb_build_object('sku', 'A,B', 'good', 4))))"
    )
    world.flush()
    assert "level_not_taken" in world.exceptions()


@pytest.mark.parametrize("code", ['Q"X', "ÄÖ-é", "lower case", "it's & <co>"])
def test_odd_codes(world: World, code: str) -> None:
    world.stock(code)
    world.opening(**{code: 7, "MUG": 4})
    assert world.levels(code) == {"Main Site": (7, 7)}
    floor(world, adjust={"product": code, "quantity": -2, "reason": "DMG"})
    world.hear()
    assert world.levels(code) == {"Main Site": (5, 5)}


def test_ambiguous_blind_return(world: World) -> None:
    one, two = world.order(("MUG", 1)), world.order(("MUG", 1))
    world.poll()
    world.round_trip()
    world.store.run("update fulfilment set associated_ref = 'WEB-TWICE'")
    floor(world, receive={"reference": "WEB-TWICE", "lines": [{"product": "MUG", "quantity": 1}], "at_once": True})
    hear(world)
    assert world.store.row("select kind, order_code from goods_in") == {"kind": "return", "order_code": ""}


def test_unknown_cause_never_in_journal(world: World) -> None:
    world.opening(MUG=10)
    world.hear()
    told = {"connection": "leeds", "home": "Main Site", "movements": [{
        "id": "m1", "sku": "MUG", "cause": "unknown", "word": "CYCLE", "units": 2, "reason": "DMG", "location": "",
        "to_condition": "", "at": "2026-11-21T10:00:00Z"}]}
    world.store.run("select take_movements(%s)", json.dumps(told))
    enter_new(world.runtime)
    world.go()
    assert world.exceptions() != []


def test_bare_invoices_in_flush(world: World) -> None:
    world.opening(MUG=1000)
    orders = [world.order(("MUG", 1)) for _ in range(70)]
    import re
    bare = lambda ask: re.sub(rb'QTY_SENT="[^"]*"', b'QTY_SENT=""', ask())
    demand.refresh(world.runtime, bare, at_once=None)
    full = world.store.row("select sum(units) as n from demand")["n"]
    assert full == 70
    demand.refresh(world.runtime, bare)
    assert world.store.row("select sum(units) as n from demand")["n"] == 70


def test_unreadable_invoice_stays_promised(world: World) -> None:
    world.opening(MUG=10)
    world.order(("MUG", 4), )
    demand.poll_demand(world.runtime)
    assert world.store.row("select sum(units) as n from demand")["n"] == 4
    demand.refresh(world.runtime, lambda ask: ask().replace(b'STOCK_CODE="MUG"', b'STOCK_CODE=""'))
    assert world.store.row("select sum(units) as n from demand")["n"] == 4
