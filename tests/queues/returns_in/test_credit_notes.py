"""Credits by hand, second notes and notes that do not come: no unit is credited twice, finance hears of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fleet_tests.shop import Shop
from workers import recovery
from workers.returns_in import credit_notes, decisions, pulls
from workers.spine import expectations
from workers.spine.people import CannotDo, Person


def test_what_was_credited_by_hand_before_is_a_persons_decision(shop: Shop) -> None:
    order, other = shop.sold(("MUG", 1)), shop.sold(("MUG", 1))
    note = shop.world.khaos.post("credit", urn=shop.urn(order), lines={"MUG": 1})["invoice"]
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    shop.back("RMA-2", shop.good("MUG", 1), external_system_reference2=other)
    assert shop.states() == ["graded", "graded"]
    assert shop.world.exceptions() == ["maybe_credited", "maybe_credited"]
    assert note in shop.world.exception("maybe_credited")["reason"]
    shop.pulled()
    assert shop.credited() == []
    one, two = (line["reference"] for line in shop.lines())
    decisions.stop(shop.store, one, "Anna B", f"credited by hand, {note}")
    decisions.offer(shop.store, two, "Anna B")
    shop.world.go()
    assert shop.states() == ["stopped", "offered"]
    assert shop.world.exceptions() == []
    shop.pulled()
    assert shop.read_credits() == 1
    assert shop.states() == ["stopped", "credited"]
    assert len(shop.credited()) == 1


def test_a_credit_by_hand_before_khaos_pulls_takes_the_offer_back(shop: Shop) -> None:
    order = shop.sold(("MUG", 1))
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    assert shop.states() == ["offered"]
    shop.world.khaos.post("credit", urn=shop.urn(order), lines={"MUG": 1})
    assert shop.read_credits() == 0
    assert shop.states() == ["graded"]
    assert shop.world.exceptions() == ["maybe_credited"]
    shop.pulled()
    assert shop.credited() == []


def test_a_credit_by_hand_while_khaos_has_the_return_is_told_to_finance(shop: Shop) -> None:
    first, order = shop.sold(("BOWL", 1)), shop.sold(("MUG", 1))
    shop.world.clarus.post("setup", reason_codes=[{"code": "RECALL", "reason_type": "hold"}])
    shop.back("RMA-1", shop.good("BOWL", 1), external_system_reference2=first)
    shop.pulled()
    shop.read_credits()  # this Khaos shows references on its notes: one without is by hand
    shop.back("RMA-2", shop.held("MUG", 1, "RECALL"), external_system_reference2=order)
    shop.pulled()
    shop.world.khaos.post("credit", urn=shop.urn(order), lines={"MUG": 1})
    shop.read_credits()
    shop.read_credits()
    assert shop.world.exceptions() == ["credit_unexpected"]
    assert shop.states() == ["credited", "presumed_imported"]


def test_where_notes_show_no_reference_customer_sku_and_quantity_decide_if_they_can(shop: Shop) -> None:
    shop.world.khaos.switch(credit_shows_ref=False)
    order = shop.sold(("MUG", 2), ("BOWL", 1))
    shop.back("RMA-1", shop.good("MUG", 2), shop.good("BOWL", 1), external_system_reference2=order)
    shop.pulled()
    assert shop.read_credits() == 2
    assert shop.states() == ["credited", "credited"]
    assert len({line["credit_note"] for line in shop.lines()}) == 2


def test_a_note_that_fits_two_returns_is_a_persons_decision(shop: Shop) -> None:
    shop.world.khaos.switch(credit_shows_ref=False)
    one, two = shop.sold(("MUG", 1)), shop.sold(("MUG", 1))
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=one)
    shop.back("RMA-2", shop.good("MUG", 1), external_system_reference2=two)
    shop.pulled()
    assert shop.read_credits() == 0
    assert shop.world.exceptions() == ["credit_ambiguous", "credit_ambiguous"]
    notes = [credit["invoice"] for credit in shop.world.khaos.books()["credits"]]
    for line, note in zip(shop.lines(), notes, strict=True):
        decisions.credited(shop.store, line["reference"], note, "Anna B")
    assert shop.states() == ["credited", "credited"]
    assert shop.world.exceptions() == []
    assert shop.read_credits() == 0
    assert len(notes) == 2


def test_ten_days_without_a_credit_are_told_to_finance_and_forgotten_when_it_comes(shop: Shop) -> None:
    order = shop.sold(("MUG", 1))
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    assert expectations.check(shop.world.runtime) == 0
    shop.store.run("update expectation set due_at = now() where kind = 'refund_due'")
    expectations.check(shop.world.runtime)
    assert shop.world.exceptions() == ["refund_due"]
    assert shop.world.exception("refund_due")["owner"] == "finance"
    shop.pulled()
    shop.read_credits()
    assert shop.world.exceptions() == []


def test_what_khaos_took_and_never_credits_is_customer_services_long_before_day_ten(shop: Shop) -> None:
    """It gives no receipt: a refusal looks like this only."""
    order = shop.sold(("MUG", 1))
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    late = "update expectation set due_at = now() where kind = 'return_not_seen'"
    assert shop.store.run(late) == 0  # nobody has pulled it
    first = pulls.pull(shop.store, "khaos", "", 10)
    for _ in range(2):
        pulls.pull(shop.store, "khaos", str(first.continuation), 10)
    assert shop.states() == ["presumed_imported"]
    assert shop.store.run(late) == 1
    expectations.check(shop.world.runtime)
    told = shop.world.exception("return_not_seen")
    assert (told["owner"], told["story"]) == ("customer service", order)
    recovery.dismiss(shop.store, told["id"], Person("Anna B"), "we know")
    assert shop.states() == ["presumed_imported"]
    (line,) = shop.lines()
    shows_note(shop, line, "CN-1", 1)
    credit_notes.take(shop.world.runtime, b"<STATUS_LIST/>", [line["urn"]])
    assert shop.states() == ["credited"]
    assert shop.store.row("select count(*) as n from expectation") == {"n": 0}


def shows_note(shop: Shop, line: dict[str, Any], code: str, units: int) -> None:
    """Khaos Control has a note that names a return, with what the channel adds to references there."""
    shop.store.run(
        "insert into credit_note (erp, code, urn, reference, lines) values ('khaos', %s, %s, %s, %s)",
        code, line["urn"], f"{line['reference']}SPY", json.dumps({line["sku"]: units}),
    )  # fmt: skip


def test_dismissing_the_reminder_of_an_offered_return_does_not_stop_it(shop: Shop) -> None:
    order = shop.sold(("MUG", 1))
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    shop.store.run("update expectation set due_at = now() where kind = 'refund_due'")
    expectations.check(shop.world.runtime)
    recovery.dismiss(shop.store, shop.world.exception("refund_due")["id"], Person("Anna B"), "we know")
    shop.pulled()
    assert shop.read_credits() == 1
    assert shop.states() == ["credited"]


def test_a_second_note_for_a_return_is_told_to_finance(shop: Shop) -> None:
    order = shop.sold(("MUG", 3))
    shop.back("RMA-1", shop.good("MUG", 2), external_system_reference2=order)
    shop.pulled()
    assert shop.read_credits() == 1
    line = shop.lines()[0]
    shows_note(shop, line, "CN-X", 2)
    shop.back("RMA-2", shop.good("MUG", 1), external_system_reference2=order)  # its offer reads the customer's notes
    assert shop.world.exceptions() == ["credit_unexpected"]
    assert "CN-X" in shop.world.exception("credit_unexpected")["reason"]
    assert [(one["state"], one["credit_note"]) for one in shop.lines()] == [
        ("credited", line["credit_note"]),
        ("offered", None),
    ]


def test_a_note_that_credits_another_quantity_is_told_to_finance(shop: Shop) -> None:
    order = shop.sold(("MUG", 2))
    shop.back("RMA-1", shop.good("MUG", 2), external_system_reference2=order)
    shows_note(shop, shop.lines()[0], "CN-X", 1)
    assert shop.read_credits() == 1
    assert shop.world.exceptions() == ["credit_differs"]
    assert [(one["state"], one["credit_note"]) for one in shop.lines()] == [("credited", "CN-X")]


def named(shop: Shop, note: str, receipt: str = "RMA-1") -> dict[str, Any]:
    """A return whose credit note a person named before Khaos Control showed it."""
    order = shop.sold(("MUG", 2))
    shop.back(receipt, shop.good("MUG", 2), external_system_reference2=order)
    (line,) = [one for one in shop.lines() if one["order_code"] == order]
    decisions.credited(shop.store, line["reference"], note, "Anna B")
    return next(one for one in shop.lines() if one["order_code"] == order)


def late(shop: Shop) -> list[str]:
    shop.store.run("update expectation set due_at = now() where kind = 'credit_not_seen'")
    shop.read_credits()
    expectations.check(shop.world.runtime)
    return shop.world.exceptions()


def test_a_named_note_that_khaos_never_shows_is_finances_until_the_right_one_is_named(shop: Shop) -> None:
    line = named(shop, "CN-TYPO")
    assert (line["state"], shop.world.exceptions()) == ("credited", [])
    assert late(shop) == ["credit_not_seen"]
    assert shop.world.exception("credit_not_seen")["owner"] == "finance"
    note = shop.world.khaos.post("credit", urn=line["urn"], lines={"MUG": 2})["invoice"]
    decisions.credited(shop.store, line["reference"], note, "Anna B")
    assert shop.world.exceptions() == []
    shop.read_credits()
    assert (late(shop), shop.lines()[0]["credit_note"]) == ([], note)
    with pytest.raises(CannotDo, match="is credited"):
        decisions.credited(shop.store, line["reference"], "CN-OTHER", "Anna B")


def test_a_named_note_that_shows_later_is_compared_with_its_return(shop: Shop) -> None:
    shop.world.khaos.switch(credit_shows_ref=False)
    order = shop.sold(("MUG", 2))
    note = shop.world.khaos.post("credit", urn=shop.urn(order), lines={"MUG": 1})["invoice"]
    shop.back("RMA-1", shop.good("MUG", 2), kind="return")
    (line,) = shop.lines()
    decisions.credited(shop.store, line["reference"], note, "Anna B")
    shop.store.run("update return_line set order_code = %s", order)  # its customer is found by its order
    assert shop.read_credits() == 0
    assert shop.world.exceptions() == ["credit_differs"]
    assert "credits 1, 2 came back" in shop.world.exception("credit_differs")["reason"]
    assert late(shop) == ["credit_differs"]


def test_a_note_that_khaos_shows_and_that_is_not_the_returns_is_refused(shop: Shop) -> None:
    first, order = shop.sold(("BOWL", 1)), shop.sold(("MUG", 2))
    shop.back("RMA-1", shop.good("BOWL", 1), external_system_reference2=first)
    shop.pulled()
    shop.read_credits()
    shop.back("RMA-2", shop.good("MUG", 2), external_system_reference2=order)
    bowl, mug = shop.lines()
    with pytest.raises(CannotDo, match=r"another customer's|names return"):
        decisions.credited(shop.store, mug["reference"], bowl["credit_note"], "Anna B")
    shop.store.run(
        "insert into credit_note (erp, code, urn, lines) values ('khaos', 'CN-B', %s, '{\"BOWL\": 1}')", mug["urn"]
    )
    with pytest.raises(CannotDo, match="credits no MUG"):
        decisions.credited(shop.store, mug["reference"], "CN-B", "Anna B")
    assert shop.states() == ["credited", "offered"]


def test_a_named_note_whose_order_cannot_be_read_keeps_no_other_waiting(shop: Shop) -> None:
    lost, line = named(shop, "CN-LOST"), named(shop, "CN-TYPO", "RMA-2")
    odd = shop.world.order(("MUG", 1), country="QQ")
    shop.store.run("update return_line set urn = '', order_code = %s where reference = %s", odd, lost["reference"])
    note = shop.world.khaos.post("credit", urn=line["urn"], lines={"MUG": 2})["invoice"]
    decisions.credited(shop.store, line["reference"], note, "Anna B")
    shop.read_credits()
    assert late(shop) == ["credit_not_seen"]
    assert shop.world.exception("credit_not_seen")["subject"] == f"return:{lost['reference']}"
