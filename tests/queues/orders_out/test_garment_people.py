"""What people and half-told answers do to orders of garments: an edit, a cancellation that is taken and not shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapters.acs.sandbox import ordering
from adapters.acs.sandbox.refusal import Refusal
from adapters.acs.sandbox.site import Site
from fleet_tests.acs import Garments
from workers import recovery
from workers.spine.people import Person

ANNA = Person("Anna B")


def test_an_order_that_a_person_edits_goes_and_comes_back_by_its_new_lines(build_acs: Callable[..., Garments]) -> None:
    acs = build_acs()
    acs.stock(DRESS=4, COAT=2)
    acs.switch(refuse={"DRESS": "item_not_available"})
    order = acs.order(("DRESS", 2), ("COAT", 1))
    row = acs.world.exception("garment_not_available")
    body: dict[str, Any] = acs.store.row(
        "select b.body from exception e join message_body b on b.message_id = e.message_id where e.id = %s", row["id"]
    )["body"]
    dress, coat = body["lines"]
    body["lines"] = [{**coat, "line_id": "X9", "quantity": 2}, {**dress, "quantity": 1}]
    acs.switch(refuse={})
    recovery.retry(acs.store, row["id"], ANNA, body=body)
    acs.world.go()
    acs.pass_time()
    acs.hear()
    acs.world.read_back()
    acs.world.go()
    fulfilment = acs.world.fulfilment(f"{order}-1")
    assert (fulfilment["state"], fulfilment["shipped"]) == ("dispatched", {"COAT": 2, "DRESS": 1})
    assert "dispatch_unknown_order" not in acs.world.exceptions()
    assert acs.store.rows("select 1 as one from expectation where story = %s and what = 'rest'", order) == []


@pytest.mark.parametrize("answer", [400, 404, 500, "odd"])
def test_a_cancellation_that_was_taken_is_not_refused_by_a_look_that_fails(
    build_acs: Callable[..., Garments], monkeypatch: pytest.MonkeyPatch, answer: int | str
) -> None:
    acs = build_acs(switches={"event_url": ""})
    acs.stock(DRESS=2)
    order = acs.order(("DRESS", 1))
    plain = ordering.get

    def get(site: Site, name: str) -> ordering.Answer:
        if isinstance(answer, int):
            raise Refusal(answer, "No such order", name)
        status, told = plain(site, name)
        return status, {**told, "Status": "Voided by client"}

    monkeypatch.setattr(ordering, "get", get)
    acs.world.khaos.post("cancel", order=order)
    acs.world.poll()
    assert acs.there(f"{order}-1")["status"] == "Cancelled"
    assert (acs.world.fulfilment(f"{order}-1")["state"], acs.world.exceptions()) == ("cancelling", [])
    monkeypatch.undo()
    acs.poll()
    assert (acs.world.fulfilment(f"{order}-1")["state"], acs.world.exceptions()) == ("cancelled", [])


def test_a_merchants_own_word_for_cancelled_proves_a_cancellation(
    build_acs: Callable[..., Garments], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = '[tables.order_statuses.acs]\n"Voided by client" = "cancelled"\n'
    acs = build_acs(switches={"event_url": ""}, stock=row)
    acs.stock(DRESS=2)
    order = acs.order(("DRESS", 1))
    plain = ordering.get

    def get(site: Site, name: str) -> ordering.Answer:
        status, told = plain(site, name)
        return status, {**told, "Status": "Voided by client"}

    monkeypatch.setattr(ordering, "get", get)
    acs.world.khaos.post("cancel", order=order)
    acs.world.poll()
    assert (acs.world.fulfilment(f"{order}-1")["state"], acs.world.exceptions()) == ("cancelled", [])


def test_a_garment_of_an_order_that_has_left_in_part_is_chosen_for_no_other(build_acs: Callable[..., Garments]) -> None:
    acs = build_acs('sku_mode = "unique"', switches={"event_url": ""})
    acs.stock(DRESS=3)
    acs.count()
    acs.world.stock("DRESS", units=9)
    first = acs.order(("DRESS", 2))
    acs.switch(two_goes=[f"{first}-1"])
    while not acs.site.dispatched:
        acs.pass_time(0.1)
    acs.switch(floor=False)
    acs.poll()
    assert acs.world.fulfilment(f"{first}-1")["state"] == "part_dispatched"
    second, third = acs.order(("DRESS", 1)), acs.order(("DRESS", 1))
    mine = {row["GarmentSKU"] for row in acs.there(f"{first}-1")["body"]["OrderItems"]}
    others = {row["GarmentSKU"] for row in acs.there(f"{second}-1")["body"]["OrderItems"]}
    assert not mine & others
    assert acs.there(f"{third}-1") is None
    assert "1 wanted, 0 ready" in acs.world.exception("garment_not_chosen")["reason"]
