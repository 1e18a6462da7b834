"""What people read from the ledger is what stands in it, and nobody's name."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import InternalError, OperationalError

from fleet_tests.full_ledger import FullLedger
from workers.views import exceptions
from workers.views.gauges import figures
from workers.views.orders import order_story
from workers.views.overview import health, overview
from workers.views.snapshot import reading_engine


def flow_of(engine: Engine, name: str) -> Any:
    return next(flow for flow in overview(engine).flows if flow.name == name)


def connection_of(engine: Engine, name: str) -> Any:
    return next(one for one in overview(engine).connections if one.name == name)


def test_every_message_of_a_flow_is_counted_once_wherever_it_stands(world: FullLedger, engine: Engine) -> None:
    for number in range(1, 6):
        world.post(f"SO{number}-1")
    world.post("SO6-1", gates=("sku:leeds:A",))
    world.deliver()
    world.die("bad_address", "the postcode is missing")
    world.store.claim("orders-out", 60)
    flow = flow_of(engine, "orders-out")
    assert (flow.received, flow.delivered, flow.dead, flow.working, flow.held, flow.queued) == (6, 1, 1, 1, 1, 2)
    parts = (
        flow.queued,
        flow.working,
        flow.sent,
        flow.waiting,
        flow.held,
        flow.dead,
        flow.delivered,
        flow.ended_otherwise,
    )
    assert sum(parts) == flow.received


def test_a_dead_message_counts_as_an_exception_before_its_row_is_filed_and_once_after(
    world: FullLedger, engine: Engine
) -> None:
    world.post("SO1-1")
    world.post("SO2-1")
    world.die("bad_address", "no postcode", filed=False)
    world.die("bad_address", "no postcode", filed=True)
    flow = flow_of(engine, "orders-out")
    assert (flow.exceptions, flow.unfiled, flow.dead) == (2, 1, 2)
    assert overview(engine).exceptions == 2


def test_a_backlog_is_reckoned_from_what_went_through_and_not_said_when_nothing_did(
    world: FullLedger, engine: Engine
) -> None:
    for number in range(4):
        world.post(f"SO{number}-1")
    assert connection_of(engine, "leeds").clears_in is None
    world.deliver()
    leeds = connection_of(engine, "leeds")
    assert leeds.ready == 3
    assert leeds.per_minute == pytest.approx(6.0)
    assert leeds.clears_in == pytest.approx(30.0, abs=1)
    assert connection_of(engine, "khaos").clears_in == 0


def test_a_shut_connection_says_since_when_and_why_and_promises_nothing(world: FullLedger, engine: Engine) -> None:
    world.post("SO1-1")
    world.post("SO2-1")
    world.deliver()
    world.store.run(
        "update connection set shut_kind = 'unavailable', shut_since = now(), shut_reason = 'HTTP 503'"
        " where name = 'leeds'"
    )
    leeds = connection_of(engine, "leeds")
    assert (leeds.open, leeds.shut_kind, leeds.shut_reason, leeds.waiting) == (False, "unavailable", "HTTP 503", 1)
    assert leeds.shut_since is not None
    assert leeds.clears_in is None
    assert health(engine).oldest_due is None, "what a shut gate holds back is nobody's lateness"


def test_a_process_that_ended_or_fell_silent_is_not_alive(world: FullLedger, engine: Engine) -> None:
    world.store.run(
        "insert into process (id, name, host, pid, beat_at) values (gen_random_uuid(), 'beat@a', 'a', 1, '-infinity')"
    )
    assert overview(engine).processes == {"orders-out": 1}


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize("ref", ["SO1", "so1", " SO1 ", "SI1", "WEB-9", "SO1-1", "77", "SO1-1/S1", "RM1GB"])
def test_whatever_code_is_in_hand_leads_to_the_order(engine: Engine, ref: str) -> None:
    story = order_story(engine, ref)
    assert story is not None
    assert story.stories == ("SO1",)


def test_a_story_holds_all_that_is_known_of_an_order(shipped: FullLedger, engine: Engine) -> None:
    shipped.post("SO1-2", gates=("sku:leeds:B",))
    story = order_story(engine, "SI1")
    assert story is not None
    assert [f["reference"] for f in story.fulfilments] == ["SO1-1"]
    assert story.shipments[0]["parcels"][0]["tracking"] == "RM1GB"
    assert [(m["reference"], m["held_by"]) for m in story.messages] == [("SO1-2", ["sku:leeds:B"])]
    assert [(m["reference"], m["state"]) for m in story.settled] == [("SO1-1", "delivered")]
    assert [e["what"] for e in story.expected] == ["the warehouse dispatches it"]
    assert [t["step"] for t in story.timeline] == ["read", "delivered", "read"]
    assert all(a["at"] <= b["at"] for a, b in zip(story.timeline, story.timeline[1:], strict=False))


def test_closed_exceptions_stay_in_the_story_behind_the_open_ones(shipped: FullLedger, engine: Engine) -> None:
    for kind in ("bad_address", "sku_refused"):
        shipped.store.run(
            "select file_exception(%s, 'order:SO1-1', 'SO1', 'orders-out', 'leeds', 'operations', 'error', 'x',"
            " 'y', null, null)",
            kind,
        )
    shipped.store.run("select close_exception('bad_address', 'order:SO1-1', 'corrected', 'fleet')")
    story = order_story(engine, "SO1")
    assert story is not None
    assert [(e["kind"], e["state"]) for e in story.exceptions] == [("sku_refused", "open"), ("bad_address", "resolved")]


def test_an_order_that_needs_no_warehouse_is_found_by_its_exception(world: FullLedger, engine: Engine) -> None:
    world.store.run(
        "select file_exception('no_warehouse_lines', 'invoice:SI8', 'SO8', 'orders-out', 'khaos', 'operations',"
        " 'info', 'x', 'y', null, null)"
    )
    assert order_story(engine, "SO8") is not None
    assert order_story(engine, "SI8") is not None


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize("ref", ["", "nothing", "%", "'; drop table message; --", "ü" * 90])
def test_a_code_that_nobody_knows_has_no_story(engine: Engine, ref: str) -> None:
    assert order_story(engine, ref) is None


def test_exceptions_are_filtered_and_the_gravest_come_first(world: FullLedger, engine: Engine) -> None:
    for kind, owner, severity in (("a", "support", "info"), ("b", "support", "critical"), ("c", "finance", "error")):
        world.store.run(
            "select file_exception(%s, %s, 'SO1', 'orders-out', 'leeds', %s, %s, 'x', 'y', null, null)",
            kind,
            kind,
            owner,
            severity,
        )
    world.store.run("select close_exception('c', 'c', 'done', 'fleet')")
    assert [row["kind"] for row in exceptions.exceptions(engine)] == ["b", "a"]
    assert [row["kind"] for row in exceptions.exceptions(engine, state="all", owner="finance")] == ["c"]
    assert [row["kind"] for row in exceptions.exceptions(engine, kind="a")] == ["a"]
    assert len(exceptions.exceptions(engine, state="all", limit=1)) == 1


def test_a_body_is_shown_only_to_whoever_asks_for_it(world: FullLedger, engine: Engine) -> None:
    world.post("SO1-1")
    number = world.die("bad_address", "write to w@example.com or 0113 496 0000, LS1 4AB")
    plain = exceptions.exception(engine, number)
    assert plain is not None
    assert "Quillfeather" not in repr(plain)
    assert "example.com" not in repr(plain)
    assert "LS1 4AB" not in repr(plain)
    full = exceptions.exception(engine, number, body=True)
    assert full is not None
    assert full.body["address"]["name"] == "Wilhelmina Quillfeather"
    assert exceptions.exception(engine, 999) is None


@pytest.mark.usefixtures("world")
def test_the_views_can_only_read(engine: Engine) -> None:
    with pytest.raises(InternalError, match="read-only"), engine.begin() as connection:
        connection.execute(text("delete from message"))


def test_the_gauges_say_what_stands_where(world: FullLedger, engine: Engine) -> None:
    world.post("SO1-1")
    world.post("SO2-1")
    world.deliver()
    found = figures(engine, 1800.0)
    assert [(r["flow"], r["connection"], r["state"], r["n"]) for r in found.messages] == [
        ("orders-out", "leeds", "queued", 1)
    ]
    assert [(r["state"], r["n"]) for r in found.settled] == [("delivered", 1)]
    assert [r["queue"] for r in found.oldest_ready] == ["orders-out"]
    assert {r["name"]: r["open"] for r in found.connections} == {"khaos": True, "leeds": True}


def test_a_ledger_that_is_away_is_said_within_seconds() -> None:
    with pytest.raises(OperationalError):
        overview(reading_engine("postgresql://fleet:x@127.0.0.1:1/fleet"))
