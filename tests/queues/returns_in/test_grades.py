"""Grades that come later, earlier or again, and returns that a person ends."""

from __future__ import annotations

import json
from collections.abc import Callable

from fleet_tests.shop import Shop
from workers import recovery
from workers.returns_in import goods_in
from workers.spine.people import Person


def test_a_later_grade_moves_stock_and_never_money(shop: Shop) -> None:
    order = shop.sold(("MUG", 1))
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    offered = shop.lines()[0]
    receipt = shop.store.row("select body from record where source = 'receipt' order by id desc limit 1")
    assert receipt is not None
    seen = json.loads(bytes(receipt["body"]))
    for record in seen["stocks"]:
        record["status"], record["reason_code"] = "held", {"code": "DMGHOLD"}
    shop.world.runtime.store.receive("leeds", "receipt", "regraded", json.dumps(seen).encode())
    shop.world.go()
    (line,) = shop.lines()
    assert (line["condition"], line["hold_reason"]) == ("damaged", "DMGHOLD")
    assert bytes(line["offer"]) == bytes(offered["offer"])
    assert (line["state"], line["processing"]) == ("offered", "return_to_stock")
    assert shop.terms() == [("pending_return", "damaged", 1)]
    shop.pulled()
    assert len(shop.credited()) == 1


def test_a_grade_that_comes_before_the_offer_counts(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(tables='[tables.return_dispositions.good]\n"*" = { reason = "1" }\n')
    order = shop.sold(("MUG", 1))
    shop.back("RMA-1", shop.held("MUG", 1, "DMGHOLD"), external_system_reference2=order)
    assert shop.world.exceptions() == ["unknown_grade"]
    shop.world.clarus.post("floor", release={"product": "MUG", "quantity": 1, "held_for": "DMGHOLD"})
    goods_in.sweep(shop.world.runtime, "Main Site")
    shop.world.go()
    assert [(line["condition"], line["state"]) for line in shop.lines()] == [("good", "offered")]


def test_an_old_reading_of_a_receipt_changes_nothing(shop: Shop) -> None:
    order = shop.sold(("MUG", 2))
    shop.back("RMA-1", {"product": "MUG", "quantity": 2, "good": 1}, external_system_reference2=order)
    old = shop.store.row("select id from record where source = 'receipt' order by id desc limit 1")
    shop.back("RMA-1", shop.good("MUG", 1))
    before = shop.lines()
    assert old is not None
    shop.store.run(
        "insert into record_unread (record_id, received_at, connection, source)"
        " select id, received_at, connection, source from record where source = 'receipt'"
    )
    shop.world.go()
    assert shop.lines() == before
    assert sum(line["units"] for line in before) == 2


def test_dismissing_the_exception_of_a_return_stops_it(shop: Shop) -> None:
    order = shop.sold(("MUG", 1))
    shop.world.khaos.post("credit", urn=shop.urn(order), lines={"MUG": 1})
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    number = shop.world.exception("maybe_credited")["id"]
    recovery.dismiss(shop.store, number, Person("Anna B"), "credited by hand")
    assert shop.states() == ["stopped"]
    assert [(line["stopped_by"], "credited by hand" in line["stopped_why"]) for line in shop.lines()] == [
        ("Anna B", True)
    ]
    assert shop.terms() == []
    shop.pulled()
    assert shop.credited() == []
