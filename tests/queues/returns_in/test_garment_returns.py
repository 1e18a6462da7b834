"""Garments that come back: a sale is credited once by order line and tag, a hire never; a regrade moves stock alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from fleet_tests.garment_shop import Place
from workers.returns_in import charges, rma, ungraded
from workers.spine.people import CannotDo
from workers.views import worklists


def test_a_sale_that_comes_back_as_new_is_credited_without_a_hand_and_once(place: Callable[..., Place]) -> None:
    here = place()
    _, (tag,) = here.out(("DRESS", 1))
    here.back(tag, "A")
    assert here.returns() == [("offered", "good", True)]
    here.acs.tell_again(*here.acs.told("item.graded"), *here.acs.told("item.received"))
    for row in here.store.rows("select id from record where connection = 'acs' order by id"):
        here.acs.runtime.store.row("select read_record_again(%s)", row["id"])
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
        here.acs.runtime.store.row("select read_record_again(%s)", row["id"])
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
