"""The queue ``returns-in``: what customers send back is credited once for each unit, or stands with a person."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fleet_tests.shop import Shop
from workers.returns_in import decisions, goods_in
from workers.spine.people import CannotDo


def test_a_good_return_is_offered_pulled_credited_and_refunded_once(shop: Shop) -> None:
    order = shop.sold(("MUG", 2))
    shop.back("RMA-1", shop.good("MUG", 2), external_system_reference2=order)
    (line,) = shop.lines()
    assert (line["state"], line["order_code"], line["units"], line["condition"]) == ("offered", order, 2, "good")
    assert len(line["reference"]) <= 15
    assert shop.terms() == [("pending_return", "good", 2)]
    shop.pulled(3)
    assert shop.credited() == [(line["reference"], {"MUG": 2})]
    assert shop.states() == ["presumed_imported"]
    assert shop.read_credits() == 1
    (line,) = shop.lines()
    assert line["state"] == "credited"
    assert line["credit_note"].startswith("CN")
    assert shop.terms() == []
    assert shop.world.live_messages() == []
    assert shop.world.exceptions() == []
    shop.pulled(2)
    assert len(shop.credited()) == 1
    decisions.refunded(shop.store, line["reference"], "Anna B")
    assert [(row["state"], row["refunded_by"]) for row in shop.lines()] == [("refunded", "Anna B")]
    with pytest.raises(CannotDo, match="refunded"):
        decisions.refunded(shop.store, line["reference"], "Anna B")


def test_each_condition_goes_to_khaos_as_the_table_says_and_moves_its_stock_there(shop: Shop) -> None:
    order = shop.sold(("MUG", 1), ("BOWL", 1), ("TRAY", 1))
    before = {sku: shop.world.levels(sku).get("Main Site", (0, 0))[0] for sku in ("MUG", "BOWL", "TRAY")}
    shop.back(
        "RMA-1",
        shop.good("MUG", 1),
        shop.held("BOWL", 1, "QC"),
        shop.held("TRAY", 1, "DMGHOLD"),
        external_system_reference2=order,
    )
    told = {line["sku"]: (line["condition"], line["reason_id"], line["processing"]) for line in shop.lines()}
    assert told == {
        "MUG": ("good", "1", "return_to_stock"),
        "BOWL": ("inspection", "2", "quarantine"),
        "TRAY": ("damaged", "3", "stock_missing"),
    }
    shop.pulled()
    assert shop.read_credits() == 3
    assert sorted(lines.popitem()[0] for _, lines in shop.credited()) == ["BOWL", "MUG", "TRAY"]
    after = {sku: shop.world.levels(sku).get("Main Site", (0, 0))[0] for sku in before}
    assert {sku: after[sku] - before[sku] for sku in before} == {"MUG": 1, "BOWL": 0, "TRAY": 0}
    # what stands in Khaos's own quarantine stays a term until a person says otherwise
    assert shop.terms() == [("khaos_quarantine", "inspection", 1)]
    assert [row["sku"] for row in shop.listed("quarantine")] == ["BOWL"]
    assert len(shop.listed("refunds")) == 3
    (bowl,) = [line["reference"] for line in shop.lines() if line["sku"] == "BOWL"]
    assert decisions.released(shop.store, bowl, "Anna B") == 1
    assert shop.terms() == []
    assert shop.listed("quarantine") == []
    with pytest.raises(CannotDo, match="quarantine"):
        decisions.released(shop.store, bowl, "Anna B")


def test_where_a_person_decides_the_return_waits_unprocessed_in_khaos(shop: Shop) -> None:
    order = shop.sold(("MUG", 1))
    shop.back("RMA-1", shop.held("MUG", 1, "QC"), external_system_reference2=order)
    (line,) = shop.lines()
    assert shop.offer(line).process
    other = shop.sold(("BOWL", 1))
    shop.world.clarus.post("setup", reason_codes=[{"code": "RECALL", "reason_type": "hold"}])
    shop.back("RMA-2", shop.held("BOWL", 1, "RECALL"), external_system_reference2=other)
    bowl = shop.lines()[1]
    assert (bowl["condition"], shop.offer(bowl).process) == ("quarantine", False)
    shop.pulled()
    assert [reference for reference, _ in shop.credited()] == [line["reference"]]
    assert shop.read_credits() == 1
    assert [row["reference"] for row in shop.listed("returns")] == [bowl["reference"]]
    shop.world.khaos.post("process_return", reference=bowl["reference"])
    assert shop.read_credits() == 1
    assert shop.states() == ["credited", "credited"]
    assert shop.listed("returns") == []


def test_a_condition_without_a_row_is_nobodys_credit_until_a_person_grades_it(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(tables='[tables.return_dispositions.good]\n"*" = { reason = "1" }\n')
    order = shop.sold(("MUG", 1))
    shop.back("RMA-1", shop.held("MUG", 1, "DMGHOLD"), external_system_reference2=order)
    assert shop.world.exceptions() == ["unknown_grade"]
    assert "[tables.return_dispositions.damaged]" in shop.world.exception("unknown_grade")["reason"]
    assert shop.states() == ["received"]
    shop.pulled()
    assert shop.credited() == []
    decisions.grade(shop.store, shop.lines()[0]["reference"], "good", "", "Anna B")
    shop.world.go()
    assert shop.states() == ["offered"]
    assert shop.world.exceptions() == []


def test_a_shop_without_reason_ids_credits_nobody(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(tables="")
    order = shop.sold(("MUG", 1))
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    assert shop.world.exceptions() == ["unknown_grade"]
    assert "id of Khaos Control's return reason" in shop.world.exception("unknown_grade")["reason"]


def test_without_a_channel_every_return_says_so_and_a_person_tells_of_the_credit(
    open_shop: Callable[..., Shop],
) -> None:
    shop = open_shop(channel=False)
    order = shop.sold(("MUG", 1))
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    assert shop.world.exceptions() == ["returns_channel_missing"]
    note = shop.world.khaos.post("credit", urn=shop.urn(order), lines={"MUG": 1})["invoice"]
    decisions.credited(shop.store, shop.lines()[0]["reference"], note, "Anna B")
    assert shop.states() == ["credited"]
    assert shop.world.exceptions() == []
    assert shop.world.live_messages() == []


def test_the_same_webhooks_twice_and_late_make_one_return(shop: Shop) -> None:
    order = shop.sold(("MUG", 2))
    shop.world.clarus.switch(webhook_repeat_rate=1.0, webhook_delay=(0.0, 0.2), webhook_shuffle=True)
    shop.back("RMA-1", shop.good("MUG", 2), external_system_reference2=order)
    goods_in.sweep(shop.world.runtime, "Main Site")
    shop.world.go()
    assert [(line["units"], line["state"]) for line in shop.lines()] == [(2, "offered")]
    shop.pulled()
    assert [lines for _, lines in shop.credited()] == [{"MUG": 2}]


def test_a_return_whose_webhooks_were_lost_is_found_by_the_sweep(shop: Shop) -> None:
    order = shop.sold(("MUG", 1))
    shop.world.clarus.switch(webhook_loss_rate=1.0)
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    assert shop.lines() == []
    assert goods_in.sweep(shop.world.runtime, "Main Site") == 1
    shop.world.go()
    assert shop.states() == ["offered"]
    goods_in.sweep(shop.world.runtime, "Main Site")
    shop.world.go()
    assert len(shop.lines()) == 1


def test_units_that_come_one_after_the_other_are_one_return_each(shop: Shop) -> None:
    order = shop.sold(("MUG", 3))
    shop.back("RMA-1", {"product": "MUG", "quantity": 3, "good": 1}, external_system_reference2=order)
    assert [(line["part"], line["units"]) for line in shop.lines()] == [(1, 1)]
    shop.back("RMA-1", shop.held("MUG", 2, "QC"))
    assert [(line["part"], line["units"], line["condition"]) for line in shop.lines()] == [
        (1, 1, "good"),
        (2, 2, "inspection"),
    ]
    shop.pulled()
    assert sorted(lines["MUG"] for _, lines in shop.credited()) == [1, 2]


def test_the_ten_millionth_return_has_a_number_of_its_own(shop: Shop) -> None:
    shop.store.run("select setval('return_number', 9999998)")
    shop.world.stock("MUG")
    for _ in range(4):
        order = shop.sold(("MUG", 1))
        shop.back(order, shop.good("MUG", 1))
    assert {line["reference"] for line in shop.lines()} == {f"RT{n}" for n in range(9_999_999, 10_000_003)}
