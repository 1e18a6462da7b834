"""Announced returns: the warehouse expects each once, and knows it when its goods come."""

from __future__ import annotations

import pytest

from fleet_tests.shop import Shop
from workers import recovery
from workers.returns_in import rma
from workers.spine.people import Person


def told(shop: Shop, text: str, who: str = "Anna B") -> rma.Taken:
    done = rma.take(shop.store, rma.read_csv(text), who)
    shop.world.go()
    return done


def receipts(shop: Shop) -> list[tuple[str, str]]:
    return [(r["reference"], r["status"]) for r in shop.world.clarus.books()["receipts"]]


def test_an_announced_return_stands_at_the_warehouse_once_and_is_known_when_it_comes(shop: Shop) -> None:
    order = shop.sold(("MUG", 2))
    text = f"rma,order,sku,quantity,reason,exchange_for,expected_on\nRMA-7,{order},MUG,2,too small,,2031-05-01\n"
    assert told(shop, text).taken == ("RMA-7",)
    assert told(shop, text).known == ("RMA-7",)
    assert receipts(shop) == [("RMA-7", "PENDING")]
    shop.back("RMA-7", shop.good("MUG", 2))
    assert receipts(shop) == [("RMA-7", "COMPLETED")]
    (line,) = shop.lines()
    assert (line["advice"], line["order_code"], line["state"]) == ("RMA-7", order, "offered")
    row = shop.store.row("select state, made_by from return_advice")
    assert row == {"state": "received", "made_by": "Anna B"}
    assert shop.offer(line).exchanges == ()


def test_an_advice_that_comes_after_its_goods_names_their_order_and_makes_no_second_receipt(shop: Shop) -> None:
    order = shop.sold(("MUG", 1))
    shop.back("RMA-7", shop.good("MUG", 1), kind="return")
    assert shop.world.exceptions() == ["return_unknown_order"]
    assert told(shop, f"rma,order,sku,quantity\nRMA-7,{order},MUG,1\n").taken == ("RMA-7",)
    assert receipts(shop) == [("RMA-7", "COMPLETED")]
    assert [(line["state"], line["order_code"]) for line in shop.lines()] == [("offered", order)]
    assert shop.world.exceptions() == []
    assert shop.store.row("select state from return_advice") == {"state": "received"}


def test_an_exchange_for_no_value_is_no_exchange() -> None:
    (said,) = rma.read_csv("rma,order,sku,quantity,exchange_for,reason\nRMA-1,SO1,MUG,1,#N/A,nan\n")
    assert (said.values["exchange_for"], said.values["reason"], said.values["rma"]) == ("", "", "RMA-1")


def test_an_exchange_goes_out_only_as_it_was_announced_and_once(shop: Shop) -> None:
    order = shop.sold(("MUG", 3))
    told(shop, f"rma,order,sku,quantity,exchange_for\nRMA-7,{order},MUG,2,BOWL\n")
    shop.back("RMA-7", {"product": "MUG", "quantity": 2, "good": 1})
    shop.back("RMA-7", shop.good("MUG", 1))
    shop.back("RMA-8", shop.good("MUG", 1), external_system_reference2=order)
    exchanged = [[(e.sku, e.quantity) for e in shop.offer(line).exchanges] for line in shop.lines()]
    assert exchanged == [[("BOWL", 1)], [("BOWL", 1)], []]
    shop.pulled()
    shipped = [r["exchange_order"] for r in shop.world.khaos.books()["returns"] if r["exchange_order"]]
    assert len(shipped) == 2
    shop.world.poll()
    assert [state for order in shipped for _, state in shop.world.fulfilments(order)] == ["sent", "sent"]


def test_bad_lines_are_refused_with_a_sentence_each_and_good_ones_are_taken(shop: Shop) -> None:
    order = shop.sold(("MUG", 2))
    done = told(
        shop,
        "rma,order,sku,quantity,expected_on\n"
        f"RMA-1,{order},MUG,1,\n"
        f"RMA-2,{order},MUG,0,\n"
        "RMA-3,SO-NOBODY,MUG,1,\n"
        f"RMA-4,{order},BOWL,1,\n"
        f"RMA-5,{order},MUG,3,\n"
        f"RMA-6,{order},MUG,1,tomorrow\n"
        f",{order},MUG,1,\n"
        f"RMA-7,{order},MUG,1,\nRMA-7,{order},MUG,x,\n"
        f"nan,{order},MUG,1,\n"
        f"77.0,{order},MUG,1,\n",
    )
    assert done.taken == ("RMA-1",)
    assert [number for number, _ in done.refused] == [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    reasons = [why for _, why in done.refused]
    for part, why in zip(
        ("whole number", "not known", "0 were dispatched", "2 were dispatched", "YYYY-MM-DD", "characters"),
        reasons, strict=False,
    ):  # fmt: skip
        assert part in why
    assert "characters" in reasons[8]
    assert "write 77," in reasons[9]
    assert receipts(shop) == [("RMA-1", "PENDING")]
    with pytest.raises(rma.NotAdvice, match="lacks order"):
        rma.read_csv("rma,sku,quantity\n")


def test_an_advice_waits_for_its_skus_to_be_confirmed_and_then_goes_by_itself(shop: Shop) -> None:
    order = shop.sold(("MUG", 1))
    shop.store.run("""select sku_refused('{"connection": "leeds", "code": "MUG"}')""")
    told(shop, f"rma,order,sku,quantity\nRMA-7,{order},MUG,1\n")
    assert receipts(shop) == []
    assert [m["state"] for m in shop.world.live_messages()] == ["held"]
    shop.store.run(
        "select sku_confirmed(jsonb_build_object('connection', connection, 'code', code, 'their_id', their_id))"
        " from sku where code = 'MUG'"
    )
    shop.world.go()
    assert receipts(shop) == [("RMA-7", "PENDING")]


def test_dismissing_the_alarm_of_an_advice_ends_nothing_but_the_alarm(shop: Shop) -> None:
    order = shop.sold(("MUG", 1))
    shop.store.run("""select sku_refused('{"connection": "leeds", "code": "MUG"}')""")
    told(shop, f"rma,order,sku,quantity\nRMA-7,{order},MUG,1\n")
    shop.store.run(
        "select file_exception('sku_unconfirmed', subject, story, flow, connection, 'merchandising', 'error', 'MUG',"
        " 'Mend it.', id, null) from message where kind = 'advice'"
    )
    recovery.dismiss(shop.store, shop.world.exception("sku_unconfirmed")["id"], Person("Anna B"), "the parcel is lost")
    assert shop.store.row("select state from return_advice") == {"state": "new"}
    assert shop.store.row("select state from message where kind = 'advice'") == {"state": "held"}
    assert (shop.world.exceptions(), receipts(shop)) == ([], [])


def test_an_advice_whose_answer_was_lost_is_looked_up_and_not_doubled(shop: Shop) -> None:
    order = shop.sold(("MUG", 1))
    shop.world.clarus.switch(effect_then_500_next={"create_goods_in_receipt": 1})
    told(shop, f"rma,order,sku,quantity\nRMA-7,{order},MUG,1\n")
    shop.world.hurry()
    assert receipts(shop) == [("RMA-7", "PENDING")]
    assert shop.world.live_messages() == []
    assert shop.store.row("select state from return_advice") == {"state": "sent"}


def test_other_lines_under_an_rma_that_the_warehouse_has_are_refused(shop: Shop) -> None:
    order = shop.sold(("MUG", 2))
    told(shop, f"rma,order,sku,quantity\nRMA-7,{order},MUG,1\n")
    done = told(shop, f"rma,order,sku,quantity\nRMA-7,{order},MUG,2\n")
    assert "new RMA" in done.refused[0][1]
    assert receipts(shop) == [("RMA-7", "PENDING")]
