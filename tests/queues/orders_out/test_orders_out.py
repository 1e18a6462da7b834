"""The queue ``orders-out``: what Khaos Control releases stands at the warehouse once, or is an exception."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fleet_tests.world import World
from workers import recovery
from workers.orders_out import polls
from workers.sku_sync import polls as sku_sync_polls
from workers.spine.people import Person


def asked(order: Any) -> dict[str, int]:
    return {sku: n["ordered"] for sku, n in order["lines"].items()}


def is_quiet(world: World) -> bool:
    """Whether nothing is left to do, once what can be done now is done."""
    world.go()
    return not world.live_messages()


def test_an_order_goes_out_and_comes_back_dispatched(world: World) -> None:
    order = world.order(("MUG", 2), ("BOWL", 1))
    world.poll()
    assert world.fulfilments(order) == [(f"{order}-1", "sent")]
    assert [(o["reference"], asked(o)) for o in world.live()] == [(f"{order}-1", {"MUG": 2, "BOWL": 1})]
    world.round_trip()
    assert world.fulfilments(order) == [(f"{order}-1", "dispatched")]
    assert world.fulfilment(f"{order}-1")["confirmed"]
    assert [(i["stage"], len(i["shipments"])) for i in world.invoices(order)] == [(70, 1)]
    assert (world.live_messages(), world.exceptions()) == ([], [])


def test_polling_again_and_again_sends_nothing_twice(world: World) -> None:
    order = world.order(("MUG", 2))
    for _ in range(4):
        world.poll()
    polls.poll_open_orders(world.runtime)
    world.go()
    assert world.clarus.calls("create_goods_out") == 1
    assert [o["reference"] for o in world.there()] == [f"{order}-1"]


def test_only_stock_goes_to_the_warehouse_and_postage_never_does(world: World) -> None:
    world.stock("POST", "DISCOUNT", "MANUAL", stock_controlled=False)
    mixed = world.order(("MUG", 1), ("POST", 1), ("DISCOUNT", 1), ("MANUAL", 3))
    world.order(("POST", 1), ("DISCOUNT", 1))
    world.poll()
    assert [(o["reference"], asked(o)) for o in world.live()] == [(f"{mixed}-1", {"MUG": 1})]
    assert world.exceptions() == ["no_warehouse_lines"]
    world.round_trip()
    assert world.fulfilments(mixed) == [(f"{mixed}-1", "dispatched")]
    assert "POST" not in world.clarus.books()["products"]


def test_odd_orders_go_out_as_they_are(world: World) -> None:
    odd = ("mug-lower", "A B C", "TEE/L", "15056BL", "K&K <1>")
    many = tuple(f"SKU{n:03d}" for n in range(500))
    world.stock(*odd, *many, units=1_000_000)
    twice = world.order(("MUG", 2), ("BOWL", 1), ("MUG", 3))
    thousands = world.order(("MUG", 80_995))
    strange = world.order(*((code, 1) for code in odd))
    long = world.order(*((code, 2) for code in many))
    world.poll()
    assert {o["reference"]: asked(o) for o in world.live()} == {
        f"{twice}-1": {"MUG": 5, "BOWL": 1},
        f"{thousands}-1": {"MUG": 80_995},
        f"{strange}-1": dict.fromkeys(odd, 1),
        f"{long}-1": dict.fromkeys(many, 2),
    }
    world.round_trip()
    assert {world.fulfilments(o)[0][1] for o in (twice, thousands, strange, long)} == {"dispatched"}
    assert world.exceptions() == []


def test_an_unconfirmed_sku_holds_its_order_which_goes_by_itself_when_it_is_confirmed(world: World) -> None:
    world.poll()
    world.stock("LATE", "LATER")
    order = world.order(("MUG", 1), ("LATE", 1), ("LATER", 1))
    polls.poll_orders(world.runtime)
    world.go()
    assert [m["state"] for m in world.live_messages()] == ["held"]
    assert world.live() == []
    world.store.run("update gate set changed_at = now() - interval '1 hour'")
    sku_sync_polls.poll_asked(world.runtime)
    world.go()
    assert [asked(o) for o in world.live()] == [{"MUG": 1, "LATE": 1, "LATER": 1}]
    assert world.fulfilments(order) == [(f"{order}-1", "sent")]
    assert world.exceptions("resolved") == world.exceptions() == []


def test_past_its_limit_an_unconfirmed_sku_is_merchandisings_exception_and_closes_by_itself(
    build: Callable[..., World],
) -> None:
    world = build(sku_limit=0.001)
    world.clarus.switch(reject={"MUG": "product_not_wanted"})
    order = world.order(("MUG", 1))
    world.poll()
    assert world.check() == 1
    found = world.exception("sku_unconfirmed")
    assert (found["owner"], found["story"], "MUG" in found["reason"]) == ("merchandising", order, True)
    world.clarus.switch(reject={})
    recovery.retry(world.store, world.exception("sku_refused")["id"], Person("Mo"))
    world.go()
    assert (world.exceptions(), len(world.live())) == ([], 1)


ORDERED_RULES = """
[[routing]]
name = "annex is nobody's"
when = { site = ["Annex"] }
to = "leeds"
facility = "LDS1"
[[routing]]
name = "wholesale"
when = { channel = ["Trade"], country = ["GB"] }
to = "leeds"
facility = "LDS1"
[[routing]]
name = "Leeds"
when = { postcode = ["ls1"] }
to = "leeds"
facility = "LDS1"
"""


def test_routing_rules_are_tried_in_order_and_the_reason_is_kept(build: Callable[..., World]) -> None:
    world = build(routing=ORDERED_RULES)
    trade, local = world.order(("MUG", 1), channel="Trade"), world.order(("MUG", 1))
    nobody, annex = world.order(("MUG", 1), postcode="YO1 7HH"), world.order(("MUG", 1), site="Annex")
    world.stock("MUG", site="Annex")
    world.khaos.post("receive", code="MUG", quantity=5, site="Annex")
    world.poll()
    assert "rule 2 'wholesale'" in world.fulfilment(f"{trade}-1")["route_reason"]
    assert "rule 3 'Leeds': postcode area" in world.fulfilment(f"{local}-1")["route_reason"]
    stories = {world.exception(kind)["story"]: kind for kind in world.exceptions()}
    assert stories == {nobody: "route_unmapped", annex: "route_site_conflict"}
    assert {o["reference"] for o in world.live()} == {f"{trade}-1", f"{local}-1"}


def test_an_order_without_a_route_goes_after_a_rule_was_added_and_it_was_retried(build: Callable[..., World]) -> None:
    world = build(routing='[[routing]]\nname = "Eire"\nto = "leeds"\nfacility = "LDS1"\nwhen = { country = ["IE"] }')
    order = world.order(("MUG", 1))
    world.poll()
    assert world.exceptions() == ["route_unmapped"]
    rule = world.runtime.configuration.routing[0]
    world.runtime.configuration = world.runtime.configuration.model_copy(
        update={"routing": (rule.model_copy(update={"when": type(rule.when)()}),)}
    )
    recovery.retry(world.store, world.exception("route_unmapped")["id"], Person("Mo"))
    world.go()
    world.poll()
    assert world.fulfilments(order) == [(f"{order}-1", "sent")]
    assert (world.exceptions(), world.live_messages()) == ([], [])


def test_a_bad_address_that_is_corrected_in_khaos_goes_by_itself(world: World, note: Callable[[Any], str]) -> None:
    world.poll()
    nameless, mailed = world.order(("MUG", 1)), world.order(("MUG", 1), email="no at sign")
    fine = world.order(("MUG", 1))
    world.khaos.post("edit", order=nameless, texts={"IFORENAME": "", "ISURNAME": ""})
    world.poll()
    assert world.exceptions() == ["bad_address", "bad_address"]
    assert "no at sign" not in note(world.store.rows("select * from exception"))
    assert [o["reference"] for o in world.live()] == [f"{fine}-1"]
    world.khaos.post("edit", order=nameless, texts={"ISURNAME": "Quillfeather"})
    world.khaos.post("edit", order=mailed, texts={"IEMAIL": "w.quillfeather@example.com"})
    world.poll()
    assert {o["reference"] for o in world.live()} == {f"{o}-1" for o in (nameless, mailed, fine)}
    assert (world.exceptions(), world.live_messages()) == ([], [])


def test_an_address_found_bad_after_a_hold_goes_by_itself_too_once_it_is_corrected(world: World) -> None:
    world.poll()
    world.stock("LATE")
    order = world.order(("LATE", 1), email="no at sign")
    polls.poll_orders(world.runtime)
    world.go()
    world.poll()
    assert world.exceptions() == ["bad_address"]
    world.khaos.post("edit", order=order, texts={"IEMAIL": "w.quillfeather@example.com"})
    world.poll()
    assert len(world.live()) == 1
    assert (world.exceptions(), world.live_messages()) == ([], [])


def test_what_the_warehouse_refuses_is_operations_exception_and_goes_after_a_retry(world: World) -> None:
    world.poll()
    order = world.order(("MUG", 1))
    world.clarus.switch(reject={f"{order}-1": "not_today"})
    world.poll()
    found = world.exception("refused_by_warehouse")
    assert found["owner"] == "operations"
    assert "not_today" in found["reason"]
    world.clarus.switch(reject={})
    recovery.retry(world.store, found["id"], Person("Mo"))
    world.go()
    assert (world.exceptions(), [o["reference"] for o in world.live()]) == ([], [f"{order}-1"])


def test_an_effect_without_an_answer_is_looked_up_and_one_order_stands_there(build: Callable[..., World]) -> None:
    world = build(clarus_deadline=1.5)
    world.poll()
    order = world.order(("MUG", 1))
    world.clarus.switch(effect_then_hang_next={"create_goods_out": 1}, hang_seconds=4.0)
    world.poll()
    assert [(m["state"], m["error_kind"]) for m in world.live_messages()] == [("waiting", "unavailable")]
    world.until(lambda: is_quiet(world))
    assert [o["reference"] for o in world.there()] == [f"{order}-1"]
    assert world.clarus.calls("create_goods_out") == 1
    settled = world.store.row("select * from message_settled where reference = %s", f"{order}-1")
    assert (settled["state"], settled["proven_before"]) == ("delivered", True)
    assert world.fulfilments(order) == [(f"{order}-1", "sent")]


@pytest.mark.parametrize("fault", ["error_next", "html_next", "truncate_next", "throttle_next", "unauthorised_next"])
def test_a_bad_day_at_the_warehouse_makes_one_order_all_the_same(build: Callable[..., World], fault: str) -> None:
    world = build(clarus_deadline=2.0)
    world.poll()
    world.order(("MUG", 1))
    world.clarus.switch(**{fault: 1})
    world.poll()
    world.until(lambda: is_quiet(world))
    assert (len(world.there()), world.exceptions()) == (1, [])
