"""Orders that Khaos Control changes while a warehouse has them, where the warehouse takes a changed one (940 R)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fleet_tests.gxo import ByFile
from workers import recovery
from workers.spine import exceptions
from workers.spine.people import CannotDo, Person


@pytest.fixture
def replacing(build_gxo: Callable[..., ByFile]) -> ByFile:
    gxo = build_gxo('changes = "replace"', switches={"steps": {"N": 100.0}})
    gxo.stock(MUG=20, BOWL=5)
    return gxo


def edit(gxo: ByFile, order: str, **lines: int) -> None:
    gxo.world.khaos.post("edit", invoice=gxo.world.invoice(order), lines=lines)
    gxo.world.poll()


def test_a_change_in_time_replaces_the_order_under_its_number(replacing: ByFile) -> None:
    gxo = replacing
    order = gxo.order(("MUG", 3))
    gxo.round(1)
    edit(gxo, order, MUG=2)
    gxo.round(1)
    there = gxo.there(f"{order}-1")
    assert [(line["sku"], line["ordered"]) for line in there["lines"]] == [("MUG", 2)]
    assert there["received"] == {"N": 1, "R": 1}
    assert gxo.world.fulfilments(order) == [(f"{order}-1", "sent")]
    assert gxo.world.fulfilment(f"{order}-1")["requested"] == {"MUG": 2}
    gxo.round(120)
    gxo.world.read_back()
    assert (gxo.state(order), gxo.world.exceptions(), gxo.expected()) == ("dispatched", [], [])
    assert gxo.position("MUG") == (18, {})


def test_a_change_of_an_order_that_has_another_name_there_goes_under_that_name(replacing: ByFile) -> None:
    """Another integration had sent it; GXO has none of that name here, and says so by that name."""
    gxo = replacing
    order = gxo.order(("MUG", 3))
    gxo.round(1)
    gxo.store.run("insert into reference_alias values ('gxo', %s, %s)", f"OLD/{order}", f"{order}-1")
    edit(gxo, order, MUG=2)
    row = gxo.store.row(
        "select b.wire from message_key k join message_body b on b.message_id = k.message_id where k.kind = 'change'"
    )
    assert row is not None
    assert f"*OLD/{order}".encode() in bytes(row["wire"])
    assert f"*{order}-1".encode() not in bytes(row["wire"])


def test_a_change_that_comes_too_late_is_an_exception_and_the_first_order_ships(replacing: ByFile) -> None:
    gxo = replacing
    order = gxo.order(("MUG", 3))
    gxo.round(1)
    gxo.pass_time(101)  # released: GXO takes no change any more
    edit(gxo, order, MUG=2)
    gxo.round(5)
    # and Khaos Control does not book three of an invoice that has two by now
    assert gxo.world.exceptions() == ["changed_after_release", "refused_by_khaos"]
    assert "TOO_LATE" in gxo.world.exception("changed_after_release")["reason"]
    assert gxo.state(order) == "dispatched"
    assert gxo.there(f"{order}-1")["lines"][0]["shipped"] == 3


def test_a_changed_order_that_left_before_the_answer_was_read_is_as_it_was_changed(replacing: ByFile) -> None:
    gxo = replacing
    order = gxo.order(("MUG", 3))
    gxo.round(1)
    edit(gxo, order, MUG=4)
    gxo.site.switches.turn({"late": {"824": 900.0, "997": 900.0}})
    gxo.round(120)
    assert gxo.world.exceptions() == []
    assert (gxo.state(order), gxo.world.fulfilment(f"{order}-1")["requested"]) == ("dispatched", {"MUG": 4})


def test_a_person_edits_a_change_only_as_one_whose_lines_and_units_agree(replacing: ByFile) -> None:
    gxo = replacing
    order = gxo.order(("MUG", 3))
    gxo.round(1)
    gxo.world.stock("LATE")
    edit(gxo, order, MUG=2, LATE=1)  # GXO has not confirmed that one, so the change waits
    (message,) = gxo.store.rows("select id, subject from message where kind = 'change'")
    exceptions.file(
        gxo.store.run, "uncertain", subject=message["subject"], story=order, flow="orders-out", connection="gxo",
        why="somebody looks at it", message=message["id"],
    )  # fmt: skip
    number = gxo.world.exception("uncertain")["id"]
    (row,) = gxo.store.rows("select body from message_body where message_id = %s", message["id"])
    body = row["body"]
    line = next(one for one in body["fulfilment"]["lines"] if one["sku"] == "MUG")
    one = {**body["fulfilment"], "lines": [{**line, "quantity": 1}]}
    slips = [
        {**body, "fulfilment": one},
        {**body, "requested": {"MUG": 1}},
        {**body, "fulfilment": {**one, "lines": [{**line, "quantity": "one"}]}, "requested": {"MUG": 1}},
        {**body, "fulfilment": {**one, "reference": "SO9-9"}, "requested": {"MUG": 1}},
    ]
    for slip in slips:
        with pytest.raises(CannotDo):
            recovery.retry(gxo.store, number, Person("Sam"), body=slip)
    assert gxo.store.rows("select 1 as one from message_edit") == []
    recovery.retry(gxo.store, number, Person("Sam"), body={**body, "fulfilment": one, "requested": {"MUG": 1}})
    gxo.world.go()
    gxo.round(1)
    assert [(line["sku"], line["ordered"]) for line in gxo.there(f"{order}-1")["lines"]] == [("MUG", 1)]
    assert gxo.world.fulfilment(f"{order}-1")["requested"] == {"MUG": 1}
