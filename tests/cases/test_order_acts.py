"""A person holds, releases, sends elsewhere, sends again and reads again; an order is at one warehouse once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet_tests.world import ROUTING, World, worlds
from workers import recovery
from workers.cases import order_acts
from workers.orders_out import polls as orders_out_polls
from workers.spine import dead_letters
from workers.spine.people import CannotDo, Person

MO = Person("Mo")
TWO = '{ LDS1 = "Main Site", LDS2 = "Annex" }'


@pytest.fixture
def world(database: str, redis_url: str, tmp_path: Path) -> Iterator[World]:
    with worlds(database, redis_url, tmp_path) as begin:
        yield begin(sites=TWO)


def steps(world: World, order: str) -> list[str]:
    rows = world.store.rows("select step from timeline where story = %s and who = 'Mo' order by id", order)
    return [row["step"] for row in rows]


def test_an_order_is_held_also_before_it_is_read_and_goes_when_it_is_released(world: World) -> None:
    order = world.order(("MUG", 1))
    assert order_acts.hold(world.store, order, MO, "the address changes") == 0
    world.poll()
    assert (world.there(), world.fulfilments(order)) == ([], [(f"{order}-1", "new")])
    with pytest.raises(CannotDo, match="needs a reason"):
        order_acts.release(world.store, order, MO, " ")
    assert order_acts.release(world.store, order, MO, "it is right now") == 1
    world.go()
    assert len(world.there(f"{order}-1")) == 1
    with pytest.raises(CannotDo, match="nobody holds"):
        order_acts.release(world.store, order, MO, "again")
    with pytest.raises(CannotDo, match="is or may be at its warehouse"):
        order_acts.hold(world.store, order, MO, "too late")
    assert steps(world, order) == ["held by a person", "released by a person"]
    kept = world.store.rows("select action, object, reason from audit_entry order by id")
    assert [(row["action"], row["reason"]) for row in kept] == [
        ("order held by a person", "the address changes"), ("order released by a person", "it is right now"),
    ]  # fmt: skip
    assert {row["object"] for row in kept} == {f"order {order}"}


def test_an_order_is_held_and_released_by_its_invoice_or_the_shops_reference_as_well(world: World) -> None:
    by_invoice, by_shop = world.order(("MUG", 1)), world.order(("MUG", 1))
    shops = {one["order"]: one["associated_ref"] for one in world.khaos.books()["orders"]}
    names = {by_invoice: world.invoice(by_invoice), by_shop: shops[by_shop]}
    for name in names.values():
        assert order_acts.hold(world.store, name, MO, "the address changes") == 0
    world.poll()
    assert world.there() == []
    for order, name in names.items():
        assert order_acts.release(world.store, name, MO, "it is right now") == 1
        with pytest.raises(CannotDo, match="nobody holds"):
            order_acts.release(world.store, order, MO, "again")
    world.go()
    assert len(world.there()) == 2


def test_a_waiting_order_is_held_and_a_confirmed_sku_does_not_let_it_go(world: World) -> None:
    order = world.order(("MUG", 1))
    orders_out_polls.poll_orders(world.runtime)
    world.go()
    if not world.there():  # it waits for its SKU
        assert order_acts.hold(world.store, f"{order}-1", MO, "the customer asks") == 1
        world.poll()
        assert world.there() == []
        order_acts.release(world.store, order, MO, "she agrees")
        world.go()
    assert len(world.there()) == 1


def test_an_unsent_order_goes_elsewhere_and_to_one_place_only(world: World) -> None:
    order = world.order(("MUG", 1))
    order_acts.hold(world.store, order, MO, "Leeds is flooded")
    world.poll()
    settings = world.runtime.configuration
    for at, building, words in (
        ("york", "X", "known are leeds/LDS1"),
        ("leeds", "LDS2", "serves 'Annex'"),
        ("leeds", "LDS1", "already"),
    ):
        with pytest.raises(CannotDo, match=words):
            order_acts.send_elsewhere(world.store, settings, order, MO, at, building, "x")
    world.store.run("update fulfilment set site = ''")
    order_acts.send_elsewhere(world.store, settings, order, MO, "leeds", "LDS2", "Leeds is flooded")
    assert world.fulfilments(order) == [(f"{order}-1", "withdrawn")]
    assert world.store.rows("select 1 from message") == []


def test_what_was_sent_goes_elsewhere_only_once_its_cancellation_is_proven(world: World) -> None:
    order = world.order(("MUG", 1))
    world.poll()
    assert len(world.there()) == 1
    world.store.run("update fulfilment set site = ''")
    with pytest.raises(CannotDo, match="is or may be at leeds: cancel it"):
        order_acts.send_elsewhere(world.store, world.runtime.configuration, order, MO, "leeds", "LDS2", "x")
    assert (len(world.live()), world.fulfilments(order)) == (1, [(f"{order}-1", "sent")])
    world.store.run("update fulfilment set state = 'cancelled'")
    order_acts.send_elsewhere(world.store, world.runtime.configuration, order, MO, "leeds", "LDS2", "x")
    assert world.store.row("select connection, facility, who from order_route") == {
        "connection": "leeds", "facility": "LDS2", "who": "Mo",
    }  # fmt: skip


def test_an_order_goes_where_a_person_sent_it(database: str, redis_url: str, tmp_path: Path) -> None:
    with worlds(database, redis_url, tmp_path) as begin:
        world = begin(sites=TWO, routing=ROUTING.replace("LDS1", "LDS2"))
        order = world.order(("MUG", 1))
        world.poll()
        assert world.exceptions() == ["route_site_conflict"]  # the only rule sends to the other building
        world.store.run(
            "insert into order_route (erp, order_code, connection, facility, who, why)"
            " values ('khaos', %s, 'leeds', 'LDS1', 'Mo', 'Leeds has it')",
            order,
        )
        order_acts.read_again(world.store, world.runtime.configuration, order, MO, "it has a route now")
        orders_out_polls.poll_orders(world.runtime)
        world.go()
        row = world.fulfilment(f"{order}-1")
        assert (row["facility"], row["state"], row["route_reason"]) == (
            "LDS1", "sent", "Mo sent it there: Leeds has it",
        )  # fmt: skip
        assert (world.exceptions(), len(world.there())) == ([], 1)


def died(world: World) -> None:
    world.store.run("update message set state = 'dead', error_kind = 'refused_by_warehouse', error = 'no such town'")
    row = world.store.row("select id, generation from message")
    assert row
    dead_letters.file_dead(world.runtime, row["id"], row["generation"])


def test_what_could_not_go_is_sent_again_and_what_is_there_is_not(world: World) -> None:
    order = world.order(("MUG", 1))
    order_acts.hold(world.store, order, MO, "so that it does not go yet")
    world.poll()
    died(world)
    with pytest.raises(CannotDo, match="a person holds"):
        order_acts.send_again(world.store, order, MO, "too early")
    recovery.retry(world.store, world.store.row("select id from exception")["id"], MO)
    world.go()
    assert (world.there(), [m["state"] for m in world.live_messages()]) == ([], ["held"])
    assert order_acts.release(world.store, order, MO, "it may go") == 1
    died(world)
    assert order_acts.send_again(world.store, order, MO, "they know the town now") == [f"{order}-1"]
    world.go()
    assert (len(world.there(f"{order}-1")), world.exceptions()) == (1, [])
    with pytest.raises(CannotDo, match="can be sent again"):
        order_acts.send_again(world.store, order, MO, "x")
    assert len(world.there(f"{order}-1")) == 1


def test_an_order_is_read_again_in_khaos_control_and_at_its_warehouse(world: World) -> None:
    order = world.order(("MUG", 1))
    world.poll()
    asked = order_acts.read_again(world.store, world.runtime.configuration, order, MO, "the customer telephones")
    assert asked == ["khaos", "leeds"]
    assert world.store.row("select code from order_wanted") == {"code": order}
    assert world.store.row("select kind, reference from message where flow = 'dispatch-in'") == {
        "kind": "reread", "reference": f"{order}-1",
    }  # fmt: skip
    world.go()
    assert world.exceptions() == []
