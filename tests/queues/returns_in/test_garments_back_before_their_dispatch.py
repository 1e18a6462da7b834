"""Garments whose coming back is heard before their dispatch, or without it: each is judged by its line once it left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from fleet_tests.garment_shop import Place


def leaves_unheard(here: Place) -> tuple[str, str]:
    """A sale leaves, and nobody hears of it: its order and its tag."""
    here.acs.switch(event_loss_rate=1.0)
    order = here.acs.order(("DRESS", 1))
    here.acs.pass_time()
    here.acs.switch(event_loss_rate=0.0)
    (tag,) = (one["rfid"] for one in here.acs.site.dispatched)
    return order, tag


def is_back_between_two_goes(here: Place, kind: str, *, heard: bool) -> tuple[str, str]:
    """An order leaves in two goes, of which nobody hears; its first garment is back before the second leaves."""
    here.acs.switch(event_loss_rate=1.0, two_goes_rate=1.0, steps={"PartDispatched": 10.0})
    order = here.acs.order(("DRESS", 2, kind), event=here.acs.soon())
    here.acs.pass_time()
    (first,) = (one["rfid"] for one in here.acs.site.dispatched)
    here.acs.later(timedelta(minutes=2))  # its clock began before the order was sent
    here.acs.switch(event_loss_rate=0.0 if heard else 1.0)
    here.back(first, "A")
    here.acs.switch(event_loss_rate=1.0)
    here.acs.later(timedelta(seconds=2))
    here.acs.pass_time(12.0)
    here.acs.switch(event_loss_rate=0.0)
    return order, first


def test_a_garment_that_came_back_before_its_dispatch_was_heard_of_is_judged_once_it_is(
    place: Callable[..., Place],
) -> None:
    here = place()
    order, tag = leaves_unheard(here)
    here.back(tag, "A")
    assert (here.returns(), here.acs.world.exceptions()) == ([], ["garment_unmatched"])
    here.acs.tell_again(*here.acs.told("order.dispatched"))
    here.acs.world.go()
    assert (here.returns(), here.acs.world.exceptions()) == ([("offered", "good", True)], [])
    assert here.store.rows("select * from garment_waiting") == []
    assert here.acs.world.fulfilment(f"{order}-1")["state"] == "dispatched"


def test_a_garment_that_is_heard_of_in_one_batch_with_its_later_dispatch_is_read_again(
    place: Callable[..., Place],
) -> None:
    here = place()
    _, tag = leaves_unheard(here)
    here.acs.switch(event_loss_rate=1.0)
    here.back(tag, "A")
    here.acs.switch(event_loss_rate=0.0)
    back = [one for one in here.acs.site.events.sent if one["EventType"].startswith("item.")]
    here.acs.tell_again(*back, *here.acs.told("order.dispatched"))
    here.acs.world.go()
    assert (here.returns(), here.acs.world.exceptions()) == ([("offered", "good", True)], [])
    assert here.store.rows("select * from garment_waiting") == []


def test_a_first_part_that_came_back_before_the_order_was_read_back_is_judged_though_the_order_names_its_last_dispatch(
    place: Callable[..., Place],
) -> None:
    here = place()
    order, first = is_back_between_two_goes(here, "sale", heard=True)
    assert here.acs.world.exceptions() == ["garment_unmatched"]
    here.acs.poll()
    assert (here.returns(), here.acs.world.exceptions()) == ([("offered", "good", True)], [])
    assert here.state(first) == "sellable", "its last word is that it is back"
    assert here.acs.world.fulfilment(f"{order}-1")["shipped"] == {"DRESS": 2}


@pytest.mark.parametrize("kind", ["sale", "hire"])
def test_a_first_part_whose_return_is_heard_after_the_order_was_read_back_is_judged_by_its_line(
    place: Callable[..., Place], kind: str
) -> None:
    here = place()
    order, first = is_back_between_two_goes(here, kind, heard=False)
    here.acs.poll()
    assert here.acs.world.fulfilment(f"{order}-1")["shipped"] == {"DRESS": 2}
    told = [one for one in here.acs.site.events.sent if one["EventType"].startswith("item.")]
    here.acs.tell_again(*told)
    here.acs.world.go()
    assert here.acs.world.exceptions() == []
    assert here.returns() == ([("offered", "good", True)] if kind == "sale" else [])
    (kept,) = here.store.rows("select fulfilment, tag, kind, grade from garment_return")
    assert kept == {"fulfilment": f"{order}-1", "tag": first, "kind": kind, "grade": "A"}
    assert here.state(first) == "sellable", "its last word is that it is ready again"


def test_a_garment_that_left_without_its_tag_is_judged_by_its_order_once_that_left(place: Callable[..., Place]) -> None:
    here = place()
    order, tag = leaves_unheard(here)
    here.back(tag, "A")
    assert (here.returns(), here.acs.world.exceptions()) == ([], ["garment_unmatched"])
    (told,) = here.acs.told("order.dispatched")
    told["Data"]["Items"][0]["RFID"] = ""
    here.acs.tell_again(told)
    here.acs.world.go()
    assert (here.returns(), here.acs.world.exceptions()) == ([("offered", "good", True)], [])
    assert here.acs.world.fulfilment(f"{order}-1")["state"] == "dispatched"


def test_what_came_back_instead_of_a_garment_is_of_its_order_once_its_dispatch_is_heard_of(
    place: Callable[..., Place],
) -> None:
    here = place()
    _, tag = leaves_unheard(here)
    here.back(tag, "WRONG_ITEM")
    here.acs.tell_again(*here.acs.told("order.dispatched"))
    here.acs.world.go()
    assert (here.returns(), here.acs.world.exceptions()) == ([], ["wrong_item"])
    assert here.store.rows("select grade, money from garment_return") == [{"grade": "WRONG_ITEM", "money": "hold"}]
