"""Garments that come back: a sale is credited once by order line and tag, a hire never; a regrade moves stock alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from fleet_tests.acs import Garments
from fleet_tests.shop import PASSWORD, Shop
from workers.returns_in import charges, rma, ungraded
from workers.spine import reading
from workers.spine.people import CannotDo
from workers.views import worklists
from workers.web.khaos_channel import Door, routes

TABLES = """
[stock.sites."Main Site"]
inspection = "Main Inspection"
[tables.return_dispositions.good]
"*" = { reason = "1" }
[tables.return_dispositions.inspection]
"*" = { reason = "2", process = true }
[tables.return_dispositions.refurbishment]
"*" = { reason = "2", process = true }
[tables.return_dispositions.quarantine]
"*" = { reason = "2", process = true }
[tables.return_dispositions.damaged]
"*" = { reason = "3", process = true }
"""


class Place:
    """ACS and a Khaos Control that pulls returns."""

    def __init__(self, acs: Garments, shop: Shop) -> None:
        self.acs, self.shop, self.store = acs, shop, acs.store

    def out(self, *lines: Any, **more: Any) -> tuple[str, list[str]]:
        """An order that left: its code, and the tags of what left."""
        before = {one["rfid"] for one in self.acs.site.dispatched}
        order = self.acs.order(*lines, **more)
        self.acs.pass_time()
        self.acs.hear()
        return order, [one["rfid"] for one in self.acs.site.dispatched if one["rfid"] not in before]

    def back(self, tag: str, grade: str, **more: Any) -> None:
        """A garment comes back and is graded, and the fleet hears of both."""
        self.acs.act(receive={"rfid": tag, "grade": grade, **more})
        self.acs.pass_time(1.0)
        self.acs.hear()

    def returns(self) -> list[tuple[str, str, bool]]:
        """State, condition and whether Khaos Control is to process it, of each return."""
        rows = self.store.rows(
            "select state, condition, process and not by_person as it from return_line order by 1, 2"
        )
        return [(row["state"], row["condition"], row["it"]) for row in rows]

    def charges(self) -> list[tuple[str, str]]:
        rows = worklists.entries(self.acs.world.engine, worklists.WORKLISTS["charges"])
        return [(row["money"], row["grade"]) for row in rows]

    def state(self, tag: str) -> str:
        row = self.store.row("select state from garment where tag = %s", tag)
        assert row is not None
        return str(row["state"])


@pytest.fixture
def place(
    build_acs: Callable[..., Garments], host: Callable[..., AbstractContextManager[str]], tmp_path: Path
) -> Iterator[Callable[..., Place]]:
    (tmp_path / "channel").write_text(PASSWORD)
    app = FastAPI()
    with host(app) as url:

        def begin(more: str = "") -> Place:
            channel = f'channel = {{ password = "file:{tmp_path}/channel", public_url = "{url}" }}\n'
            acs = build_acs(more, khaos_more="extensions.confirm_shipment = {}\n" + channel, stock=TABLES)
            runtime = acs.runtime
            offered: Any = runtime.erp.channel
            app.include_router(routes(Door(offered, "khaos", runtime.store, acs.world.engine)))
            acs.stock(DRESS=6)
            acs.count()
            return Place(acs, Shop(acs.world, url))

        yield begin


def test_a_sale_that_comes_back_as_new_is_credited_without_a_hand_and_once(place: Callable[..., Place]) -> None:
    here = place()
    _, (tag,) = here.out(("DRESS", 1))
    here.back(tag, "A")
    assert here.returns() == [("offered", "good", True)]
    here.acs.tell_again(*here.acs.told("item.graded"), *here.acs.told("item.received"))
    for row in here.store.rows("select id from record where connection = 'acs' order by id"):
        reading.read_again(here.acs.runtime, row["id"])
    here.acs.world.go()
    assert here.returns() == [("offered", "good", True)]
    here.shop.pulled(1)
    assert [lines for _, lines in here.shop.credited()] == [{"DRESS": 1}]
    assert here.shop.read_credits() == 1
    assert (here.returns(), here.acs.world.exceptions(), here.charges()) == ([("credited", "good", True)], [], [])
    assert here.state(tag) == "sellable"


def test_a_later_regrade_moves_stock_and_never_money(place: Callable[..., Place]) -> None:
    here = place()
    _, (tag,) = here.out(("DRESS", 1))
    here.back(tag, "A")
    here.shop.pulled(1)
    here.shop.read_credits()
    here.acs.act(regrade={"rfid": tag, "grade": "D"})
    here.acs.hear()
    assert [state for state, _, _ in here.returns()] == ["credited"]
    assert len(here.shop.credited()) == 1
    assert here.state(tag) == "quarantine"


def test_a_hire_that_comes_back_moves_stock_alone_and_its_charge_stands_with_its_evidence(
    place: Callable[..., Place],
) -> None:
    here = place()
    order, (first, second) = here.out(("DRESS", 2, "hire"), event=here.acs.soon())
    here.acs.switch(charge_rate=1.0)
    here.back(first, "B")
    here.back(second, "A")
    assert (here.returns(), here.charges()) == ([], [("charge", "B"), ("release", "A")])
    (row, _) = worklists.entries(here.acs.world.engine, worklists.WORKLISTS["charges"])
    assert (row["condition"], row["images"]) == ("STAIN", f"https://images.example.invalid/{first}/1.jpg")
    charges.settle(here.store, order, first, "35.00", "Anna B")
    assert here.charges() == [("release", "A")]
    with pytest.raises(CannotDo, match="nothing of"):
        charges.settle(here.store, order, first, "35.00", "Anna B")
    assert (here.state(first), here.state(second)) == ("sellable", "sellable")


def test_what_a_grade_has_finance_book_stands_on_its_list_until_somebody_did_for_hires_and_sales(
    place: Callable[..., Place],
) -> None:
    here = place()
    order, tags = here.out(("DRESS", 1, "hire"), ("DRESS", 2), event=here.acs.soon())
    hired, sold, worn = [one["tag"] for one in here.store.rows("select tag from departed_item order by item, tag")]
    assert sorted(tags) == sorted([hired, sold, worn])
    here.acs.switch(charge_rate=0.0)
    for tag, grade in ((hired, "C"), (sold, "B"), (worn, "C")):
        here.back(tag, grade)
    rows = worklists.entries(here.acs.world.engine, worklists.WORKLISTS["charges"])
    assert {row["tag"]: (row["kind"], row["money"], row["book"]) for row in rows} == {
        hired: ("hire", "release", "write down"),
        sold: ("sale", "", "refurbishment cost"),
        worn: ("sale", "", "write down"),
    }
    for tag in (sold, worn, hired):
        charges.settle(here.store, order, tag, "", "Anna B")
    assert here.charges() == []


def test_hire_and_sale_of_one_sku_on_one_order_are_told_apart_by_their_tags(place: Callable[..., Place]) -> None:
    here = place()
    _, (hired, sold) = here.out(("DRESS", 1, "hire"), ("DRESS", 1), event=here.acs.soon())
    here.back(hired, "A", kind="SALE_RETURN")  # ACS says sale; the order's line knows better
    assert (here.returns(), here.charges()) == ([], [("release", "A")])
    here.back(sold, "A")
    assert here.returns() == [("offered", "good", True)]


@pytest.mark.parametrize(
    ("grade", "kind"),
    [("WRONG_ITEM", "wrong_item"), ("EMPTY_BOX", "empty_parcel"), ("COUNTERFEIT", "counterfeit_return")],
)
def test_what_is_not_the_garment_credits_nobody_and_is_its_own_exception(
    place: Callable[..., Place], grade: str, kind: str
) -> None:
    here = place()
    _, (tag,) = here.out(("DRESS", 1))
    here.back(tag, grade)
    here.store.run("update garment_return set received_at = received_at - interval '4 days'")
    ungraded.check(here.acs.runtime)
    assert (here.returns(), here.acs.world.exceptions()) == ([], [kind])
    assert here.state(tag) in ("unknown", "unseen", "quarantine")


def test_a_dear_credit_and_a_damaged_garment_are_offered_for_a_person(place: Callable[..., Place]) -> None:
    here = place(more='credit_above = "0.50"\n')
    _, (first, second) = here.out(("DRESS", 2))
    here.back(first, "A")
    here.back(second, "D")
    assert here.returns() == [("offered", "damaged", False), ("offered", "good", False)]
    offers = here.store.rows("select offer from return_line")
    assert all(b'"process":false' in bytes(row["offer"]) for row in offers)


def test_a_garment_of_no_order_credits_nobody_until_the_warehouse_names_one(place: Callable[..., Place]) -> None:
    here = place()
    _, (tag,) = here.out(("DRESS", 1))
    here.store.run("update departed_item set left_at = now() + interval '1 day'")  # it left with none yet
    here.back(tag, "A")
    assert (here.returns(), here.acs.world.exceptions()) == ([], ["garment_unmatched"])
    here.store.run("update departed_item set left_at = now() - interval '1 day'")
    for row in here.store.rows("select id from record where source like 'webhook item.%%' order by id"):
        reading.read_again(here.acs.runtime, row["id"])
    here.acs.world.go()
    assert ([state for state, _, _ in here.returns()], here.acs.world.exceptions()) == (["offered"], [])


def test_a_return_that_is_announced_where_nobody_takes_announcements_is_known_by_its_order(
    place: Callable[..., Place],
) -> None:
    here = place()
    order, (tag,) = here.out(("DRESS", 1))
    taken = rma.take(here.store, rma.read_csv(f"rma,order,sku,quantity\nR1,{order},DRESS,1\n"), "Anna B")
    here.acs.world.go()
    kinds = [row["kind"] for row in here.acs.world.live_messages()]
    assert (taken.taken, "advice" in kinds, here.acs.world.exceptions()) == (("R1",), False, [])
    here.back(tag, "A")
    assert here.returns() == [("offered", "good", True)]


def test_a_garment_that_came_back_before_its_dispatch_was_heard_of_is_judged_once_it_is(
    place: Callable[..., Place],
) -> None:
    here = place()
    here.acs.switch(event_loss_rate=1.0)  # of the dispatch nobody hears
    order = here.acs.order(("DRESS", 1))
    here.acs.pass_time()
    here.acs.switch(event_loss_rate=0.0)
    (tag,) = (one["rfid"] for one in here.acs.site.dispatched)
    here.back(tag, "A")
    assert (here.returns(), here.acs.world.exceptions()) == ([], ["garment_unmatched"])
    here.acs.tell_again(*here.acs.told("order.dispatched"))
    here.acs.world.go()
    assert (here.returns(), here.acs.world.exceptions()) == ([("offered", "good", True)], [])
    assert here.store.rows("select * from garment_waiting") == []
    assert here.acs.world.fulfilment(f"{order}-1")["state"] == "dispatched"


def test_a_first_part_that_came_back_before_the_order_was_read_back_is_judged_though_the_order_names_its_last_dispatch(
    place: Callable[..., Place],
) -> None:
    here = place()
    here.acs.switch(event_loss_rate=1.0, two_goes_rate=1.0, steps={"PartDispatched": 10.0})  # of both nobody hears
    order = here.acs.order(("DRESS", 2))
    here.acs.pass_time()
    (first,) = (one["rfid"] for one in here.acs.site.dispatched)
    here.acs.switch(event_loss_rate=0.0)
    here.acs.later(timedelta(minutes=2))  # its clock began before the order was sent
    here.back(first, "A")
    here.acs.switch(event_loss_rate=1.0)
    here.acs.later(timedelta(seconds=2))
    here.acs.pass_time(12.0)
    here.acs.switch(event_loss_rate=0.0)
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
    here.acs.switch(event_loss_rate=1.0, two_goes_rate=1.0, steps={"PartDispatched": 10.0})
    order = here.acs.order(("DRESS", 2, kind), event=here.acs.soon())
    here.acs.pass_time()
    (first,) = (one["rfid"] for one in here.acs.site.dispatched)
    here.acs.later(timedelta(minutes=2))
    here.back(first, "A")
    here.acs.later(timedelta(seconds=2))
    here.acs.pass_time(12.0)
    here.acs.switch(event_loss_rate=0.0)
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
    here.acs.switch(event_loss_rate=1.0)
    order = here.acs.order(("DRESS", 1))
    here.acs.pass_time()
    here.acs.switch(event_loss_rate=0.0)
    (tag,) = (one["rfid"] for one in here.acs.site.dispatched)
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
    here.acs.switch(event_loss_rate=1.0)
    here.acs.order(("DRESS", 1))
    here.acs.pass_time()
    here.acs.switch(event_loss_rate=0.0)
    (tag,) = (one["rfid"] for one in here.acs.site.dispatched)
    here.back(tag, "WRONG_ITEM")
    here.acs.tell_again(*here.acs.told("order.dispatched"))
    here.acs.world.go()
    assert (here.returns(), here.acs.world.exceptions()) == ([], ["wrong_item"])
    assert here.store.rows("select grade, money from garment_return") == [{"grade": "WRONG_ITEM", "money": "hold"}]


def test_a_garment_that_was_looked_at_in_house_is_no_return(place: Callable[..., Place]) -> None:
    here = place()
    tag = here.acs.books()["garments"][0]["rfid"]
    here.acs.act(regrade={"rfid": tag, "grade": "B"})
    here.acs.pass_time(0.05)
    here.acs.hear()
    assert (here.state(tag), here.returns(), here.acs.world.exceptions()) == ("refurbishment", [], [])


@pytest.mark.parametrize("lost", ["the grade", "both events"])
def test_a_garment_that_is_back_and_not_graded_is_a_persons_until_its_grade_comes(
    place: Callable[..., Place], lost: str
) -> None:
    here = place()
    _, (tag,) = here.out(("DRESS", 1))
    here.acs.switch(event_loss_rate=1.0 if lost == "both events" else 0.0, inspect_seconds=5.0)
    here.acs.act(receive={"rfid": tag, "grade": "A"})
    here.acs.pass_time(1.0)
    here.acs.switch(event_loss_rate=1.0)
    here.acs.pass_time(6.0)
    here.acs.hear()
    here.acs.later(timedelta(minutes=1))  # a file is named by its minute
    here.acs.count()
    ungraded.check(here.acs.runtime)
    assert here.acs.world.exceptions() == []  # it takes its time
    here.store.run("update garment_return set received_at = received_at - interval '4 days'")
    here.store.run("update garment set file_at = file_at - interval '4 days', event_at = event_at - interval '5 days'")
    ungraded.check(here.acs.runtime)
    assert tag in here.acs.world.exception("return_not_graded")["reason"]
    here.acs.switch(event_loss_rate=0.0)
    here.acs.tell_again(*here.acs.told("item.received"), *here.acs.told("item.graded"))
    here.acs.world.go()
    ungraded.check(here.acs.runtime)
    assert (here.returns(), here.acs.world.exceptions()) == ([("offered", "good", True)], [])


def test_a_garment_that_is_ready_again_and_of_whose_return_nobody_heard_is_a_persons(
    place: Callable[..., Place],
) -> None:
    here = place()
    _, (tag,) = here.out(("DRESS", 1))
    here.acs.switch(event_loss_rate=1.0, inspect_seconds=1.0)
    here.acs.act(receive={"rfid": tag, "grade": "A"})
    here.acs.pass_time(10.0)
    here.acs.switch(event_loss_rate=0.0)
    here.acs.tell_again(*here.acs.told("item.disposition_changed"))
    here.acs.world.go()
    assert here.store.rows("select 1 from garment_return") == []
    ungraded.check(here.acs.runtime)
    assert "return_not_graded" not in here.acs.world.exceptions()  # it takes its time
    here.store.run("update departed_item set left_at = left_at - interval '5 days'")
    here.store.run("update garment set event_at = event_at - interval '4 days' where tag = %s", tag)
    ungraded.check(here.acs.runtime)
    assert tag in here.acs.world.exception("return_not_graded")["reason"]
    here.acs.tell_again(*here.acs.told("item.received"), *here.acs.told("item.graded"))
    here.acs.world.go()
    ungraded.check(here.acs.runtime)
    assert (here.returns(), here.acs.world.exceptions()) == ([("offered", "good", True)], [])


def test_a_sale_whose_garment_was_sold_again_and_of_whose_return_nobody_heard_is_a_persons(
    place: Callable[..., Place],
) -> None:
    here = place()
    for other in here.acs.books()["garments"][1:]:  # there is one dress
        here.acs.act(retire={"rfid": other["rfid"]})
    first, (tag,) = here.out(("DRESS", 1))
    here.acs.switch(event_loss_rate=1.0)
    here.acs.act(receive={"rfid": tag, "grade": "A"})
    here.acs.pass_time(2.0)
    here.acs.switch(event_loss_rate=0.0)
    second, _ = here.out(("DRESS", 1))
    assert here.acs.site.dispatched[-1]["rfid"] == tag
    ungraded.check(here.acs.runtime)
    assert "return_not_graded" not in here.acs.world.exceptions()  # its events may be late
    here.store.run("update departed_item set left_at = left_at - interval '4 days'")
    ungraded.check(here.acs.runtime)
    found = here.acs.world.exception("return_not_graded")
    assert (tag in found["reason"], first in found["reason"], second in found["reason"]) == (True, True, True)
    assert f"of order {first}" in found["reason"]
    here.store.run("update departed_item set left_at = left_at + interval '4 days'")
    back = [one for one in here.acs.site.events.sent if one["EventType"] in ("item.received", "item.graded")]
    here.acs.tell_again(*back)
    here.acs.world.go()
    ungraded.check(here.acs.runtime)
    assert (here.returns(), "return_not_graded" in here.acs.world.exceptions()) == ([("offered", "good", True)], False)
    assert here.state(tag) == "sold"


def test_what_the_warehouse_wrote_of_a_return_is_forgotten_with_the_bodies(place: Callable[..., Place]) -> None:
    here = place()
    _, (tag,) = here.out(("DRESS", 1, "hire"), event=here.acs.soon())
    here.back(tag, "A")
    here.store.run("update garment_return set note = 'smells of smoke'")
    assert ungraded.purge(here.acs.runtime) == 0
    here.store.run("update garment_return set received_at = now() - interval '14 months'")
    assert ungraded.purge(here.acs.runtime) == 1
    row = here.store.row("select note, money from garment_return where tag = %s", tag)
    assert row == {"note": "", "money": "release"}
