"""Whose a return is, and how much of it: by its order, its units, or a person."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from fleet_tests.shop import Shop
from workers import recovery
from workers.returns_in import decisions
from workers.spine.people import CannotDo, Person


def test_a_second_return_of_the_same_unit_is_not_credited(shop: Shop) -> None:
    order = shop.sold(("MUG", 1))
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    shop.back("RMA-2", shop.good("MUG", 1), external_system_reference2=order)
    assert shop.states() == ["offered", "received"]
    assert shop.world.exceptions() == ["returned_more_than_shipped"]
    shop.pulled()
    shop.read_credits()
    assert len(shop.credited()) == 1
    second = shop.lines()[1]["reference"]
    with pytest.raises(CannotDo, match="credited once"):
        decisions.offer(shop.store, second, "Anna B")
    decisions.stop(shop.store, second, "Anna B", "the customer keeps sending it")
    assert shop.states() == ["credited", "stopped"]
    assert shop.world.exceptions() == []
    assert shop.terms() == []


def test_a_return_that_names_its_order_as_another_integration_did_is_credited(shop: Shop) -> None:
    order = shop.sold(("MUG", 1))
    shop.store.run("insert into reference_alias values ('leeds', 'OLD-77', %s)", f"{order}-1")
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2="OLD-77")
    assert [(line["order_code"], line["state"]) for line in shop.lines()] == [(order, "offered")]


def test_of_more_than_was_shipped_the_rest_is_a_persons(shop: Shop) -> None:
    order = shop.sold(("MUG", 2))
    shop.back("RMA-1", shop.good("MUG", 3), external_system_reference2=order)
    assert [(line["units"], line["state"]) for line in shop.lines()] == [(2, "offered"), (1, "received")]
    assert shop.world.exceptions() == ["returned_more_than_shipped"]
    shop.pulled()
    assert [lines for _, lines in shop.credited()] == [{"MUG": 2}]


def test_a_return_that_was_faster_than_the_word_of_its_dispatch_goes_on_when_it_is_retried(shop: Shop) -> None:
    order = shop.sold(("MUG", 1))
    shop.store.run("update fulfilment set shipped = '{}'")
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    assert shop.world.exceptions() == ["returned_more_than_shipped"]
    shop.store.run("update fulfilment set shipped = '{\"MUG\": 1}'")
    recovery.retry(shop.store, shop.world.exception("returned_more_than_shipped")["id"], Person("Anna B"))
    shop.world.go()
    assert shop.states() == ["offered"]
    assert shop.world.exceptions() == []


def test_who_names_the_order_is_still_asked_about_a_credit_by_hand(shop: Shop) -> None:
    order = shop.sold(("MUG", 1))
    shop.world.khaos.post("credit", urn=shop.urn(order), lines={"MUG": 1})
    shop.back("a parcel without a slip", shop.good("MUG", 1), kind="return")
    decisions.offer(shop.store, shop.lines()[0]["reference"], "Anna B", order)
    shop.world.go()
    assert shop.world.exceptions() == ["maybe_credited"]
    assert shop.states() == ["graded"]


def test_a_sku_that_was_never_on_the_order_is_not_credited(shop: Shop) -> None:
    order = shop.sold(("MUG", 1))
    shop.sold(("BOWL", 1))
    shop.back("RMA-1", shop.good("BOWL", 1), external_system_reference2=order)
    assert shop.world.exceptions() == ["returned_more_than_shipped"]


def test_a_blind_return_is_known_by_any_code_of_its_order(shop: Shop) -> None:
    one, two, three = shop.sold(("MUG", 1)), shop.sold(("MUG", 1)), shop.sold(("MUG", 1))
    shop.back(one.lower(), shop.good("MUG", 1))
    shop.back(f"{two}-1", shop.good("MUG", 1))
    shop.back(shop.world.invoice(three), shop.good("MUG", 1))
    assert [(line["order_code"], line["state"]) for line in shop.lines()] == [
        (one, "offered"),
        (two, "offered"),
        (three, "offered"),
    ]


def test_a_return_of_an_unknown_order_waits_for_a_person_who_finds_it(shop: Shop) -> None:
    order = shop.sold(("MUG", 1))
    shop.back("a parcel without a slip", shop.good("MUG", 1), kind="return")
    assert shop.world.exceptions() == ["return_unknown_order"]
    (line,) = shop.lines()
    assert (line["state"], line["order_code"]) == ("received", "")
    with pytest.raises(CannotDo, match="name the order as well"):
        decisions.offer(shop.store, line["reference"], "Anna B")
    with pytest.raises(CannotDo, match="not known"):
        decisions.offer(shop.store, line["reference"], "Anna B", "SO-NOBODY")
    decisions.offer(shop.store, line["reference"], "Anna B", order)
    shop.world.go()
    assert shop.states() == ["offered"]
    assert shop.world.exceptions() == []


def test_a_person_offers_a_return_for_less_than_was_paid(shop: Shop) -> None:
    order = shop.sold(("MUG", 1))
    shop.back("a parcel without a slip", shop.good("MUG", 1), kind="return")
    (line,) = shop.lines()
    for price in ("-1", "1.005", "NaN"):
        with pytest.raises(CannotDo, match="such as"):
            decisions.offer(shop.store, line["reference"], "Anna B", order, Decimal(price))
    decisions.offer(shop.store, line["reference"], "Anna B", order, Decimal("9.50"))
    shop.world.go()
    (line,) = shop.lines()
    assert shop.offer(line).items[0].unit_price == Decimal("9.50")
    shop.pulled()
    (told,) = shop.world.khaos.books()["returns"]
    assert '"unit_price": "9.5' in json.dumps(told)
