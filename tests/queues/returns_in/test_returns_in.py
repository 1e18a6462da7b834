"""The queue ``returns-in``: what customers send back is credited once for each unit, or stands with a person."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from workers import recovery
from workers.returns_in import credit_notes, decisions, goods_in, pulls
from workers.spine import expectations
from workers.spine.people import CannotDo, Person


def test_a_good_return_is_offered_pulled_credited_and_refunded_once(shop: Any) -> None:
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


def test_each_condition_goes_to_khaos_as_the_table_says_and_moves_its_stock_there(shop: Any) -> None:
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


def test_where_a_person_decides_the_return_waits_unprocessed_in_khaos(shop: Any) -> None:
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


def test_a_condition_without_a_row_is_nobodys_credit_until_a_person_grades_it(open_shop: Callable[..., Any]) -> None:
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


def test_a_shop_without_reason_ids_credits_nobody(open_shop: Callable[..., Any]) -> None:
    shop = open_shop(tables="")
    order = shop.sold(("MUG", 1))
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    assert shop.world.exceptions() == ["unknown_grade"]
    assert "id of Khaos Control's return reason" in shop.world.exception("unknown_grade")["reason"]


def test_without_a_channel_every_return_says_so_and_a_person_tells_of_the_credit(
    open_shop: Callable[..., Any],
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


def test_the_same_webhooks_twice_and_late_make_one_return(shop: Any) -> None:
    order = shop.sold(("MUG", 2))
    shop.world.clarus.switch(webhook_repeat_rate=1.0, webhook_delay=(0.0, 0.2), webhook_shuffle=True)
    shop.back("RMA-1", shop.good("MUG", 2), external_system_reference2=order)
    goods_in.sweep(shop.world.runtime, "Main Site")
    shop.world.go()
    assert [(line["units"], line["state"]) for line in shop.lines()] == [(2, "offered")]
    shop.pulled()
    assert [lines for _, lines in shop.credited()] == [{"MUG": 2}]


def test_a_return_whose_webhooks_were_lost_is_found_by_the_sweep(shop: Any) -> None:
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


def test_units_that_come_one_after_the_other_are_one_return_each(shop: Any) -> None:
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


def test_a_second_return_of_the_same_unit_is_not_credited(shop: Any) -> None:
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


def test_of_more_than_was_shipped_the_rest_is_a_persons(shop: Any) -> None:
    order = shop.sold(("MUG", 2))
    shop.back("RMA-1", shop.good("MUG", 3), external_system_reference2=order)
    assert [(line["units"], line["state"]) for line in shop.lines()] == [(2, "offered"), (1, "received")]
    assert shop.world.exceptions() == ["returned_more_than_shipped"]
    shop.pulled()
    assert [lines for _, lines in shop.credited()] == [{"MUG": 2}]


def test_a_return_that_was_faster_than_the_word_of_its_dispatch_goes_on_when_it_is_retried(shop: Any) -> None:
    order = shop.sold(("MUG", 1))
    shop.store.run("update fulfilment set shipped = '{}'")
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    assert shop.world.exceptions() == ["returned_more_than_shipped"]
    shop.store.run("update fulfilment set shipped = '{\"MUG\": 1}'")
    recovery.retry(shop.store, shop.world.exception("returned_more_than_shipped")["id"], Person("Anna B"))
    shop.world.go()
    assert shop.states() == ["offered"]
    assert shop.world.exceptions() == []


def test_who_names_the_order_is_still_asked_about_a_credit_by_hand(shop: Any) -> None:
    order = shop.sold(("MUG", 1))
    shop.world.khaos.post("credit", urn=shop.urn(order), lines={"MUG": 1})
    shop.back("a parcel without a slip", shop.good("MUG", 1), kind="return")
    decisions.offer(shop.store, shop.lines()[0]["reference"], "Anna B", order)
    shop.world.go()
    assert shop.world.exceptions() == ["maybe_credited"]
    assert shop.states() == ["graded"]


def test_a_sku_that_was_never_on_the_order_is_not_credited(shop: Any) -> None:
    order = shop.sold(("MUG", 1))
    shop.sold(("BOWL", 1))
    shop.back("RMA-1", shop.good("BOWL", 1), external_system_reference2=order)
    assert shop.world.exceptions() == ["returned_more_than_shipped"]


def test_a_blind_return_is_known_by_any_code_of_its_order(shop: Any) -> None:
    one, two, three = shop.sold(("MUG", 1)), shop.sold(("MUG", 1)), shop.sold(("MUG", 1))
    shop.back(one.lower(), shop.good("MUG", 1))
    shop.back(f"{two}-1", shop.good("MUG", 1))
    shop.back(shop.world.invoice(three), shop.good("MUG", 1))
    assert [(line["order_code"], line["state"]) for line in shop.lines()] == [
        (one, "offered"),
        (two, "offered"),
        (three, "offered"),
    ]


def test_a_return_of_an_unknown_order_waits_for_a_person_who_finds_it(shop: Any) -> None:
    order = shop.sold(("MUG", 1))
    shop.back("a parcel without a slip", shop.good("MUG", 1), kind="return")
    assert shop.world.exceptions() == ["return_unknown_order"]
    (line,) = shop.lines()
    assert (line["state"], line["order_code"]) == ("received", "")
    with pytest.raises(CannotDo, match="--order"):
        decisions.offer(shop.store, line["reference"], "Anna B")
    with pytest.raises(CannotDo, match="not known"):
        decisions.offer(shop.store, line["reference"], "Anna B", "SO-NOBODY")
    decisions.offer(shop.store, line["reference"], "Anna B", order)
    shop.world.go()
    assert shop.states() == ["offered"]
    assert shop.world.exceptions() == []


def test_a_person_offers_a_return_for_less_than_was_paid(shop: Any) -> None:
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


def test_what_was_credited_by_hand_before_is_a_persons_decision(shop: Any) -> None:
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


def test_a_credit_by_hand_before_khaos_pulls_takes_the_offer_back(shop: Any) -> None:
    order = shop.sold(("MUG", 1))
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    assert shop.states() == ["offered"]
    shop.world.khaos.post("credit", urn=shop.urn(order), lines={"MUG": 1})
    assert shop.read_credits() == 0
    assert shop.states() == ["graded"]
    assert shop.world.exceptions() == ["maybe_credited"]
    shop.pulled()
    assert shop.credited() == []


def test_a_credit_by_hand_while_khaos_has_the_return_is_told_to_finance(shop: Any) -> None:
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


def test_where_notes_show_no_reference_customer_sku_and_quantity_decide_if_they_can(shop: Any) -> None:
    shop.world.khaos.switch(credit_shows_ref=False)
    order = shop.sold(("MUG", 2), ("BOWL", 1))
    shop.back("RMA-1", shop.good("MUG", 2), shop.good("BOWL", 1), external_system_reference2=order)
    shop.pulled()
    assert shop.read_credits() == 2
    assert shop.states() == ["credited", "credited"]
    assert len({line["credit_note"] for line in shop.lines()}) == 2


def test_a_note_that_fits_two_returns_is_a_persons_decision(shop: Any) -> None:
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


def test_a_lost_answer_and_repeated_pulls_import_each_return_once(open_shop: Callable[..., Any]) -> None:
    shop = open_shop(page=2)
    order = shop.sold(("MUG", 5))
    for n in range(5):
        shop.back(f"RMA-{n}", shop.good("MUG", 1), external_system_reference2=order)
    shop.world.khaos.switch(channel_lost_answer_next={"CReturnDownload": 2})
    shop.pulled(8)
    channel = shop.channel()
    assert channel["lost"]["CReturnDownload"] == 2
    assert len(shop.credited()) == 5
    assert sorted(reference for reference, _ in shop.credited()) == [line["reference"] for line in shop.lines()]
    assert shop.read_credits() == 5


def test_a_continuation_that_khaos_forgot_begins_anew_with_what_is_not_credited(shop: Any) -> None:
    order = shop.sold(("MUG", 3))
    for n in range(3):
        shop.back(f"RMA-{n}", shop.good("MUG", 1), external_system_reference2=order)
    references = [line["reference"] for line in shop.lines()]

    def pull(continuation: str, *named: str) -> tuple[list[str], str | None]:
        batch = pulls.pull(shop.store, "khaos", continuation, 2, named)
        return [made.reference for made in batch.returns], batch.continuation

    first, second = "2019-12-31 12:00:00Z", shop.lines()[1]["sequence"]
    assert pull(first) == (references[:2], str(second))
    assert pull(first) == (references[:2], str(second))  # the answer was lost
    assert shop.states() == ["offered", "offered", "offered"]
    assert pull(str(second)) == (references[2:], str(second + 1))
    assert shop.states() == ["presumed_imported", "presumed_imported", "offered"]
    assert pull(str(second + 1)) == ([], str(second + 1))
    assert shop.states() == ["presumed_imported"] * 3
    decisions.credited(shop.store, references[0], "CN-1", "Anna B")
    assert pull(first) == (references[1:], str(second + 1))
    assert pull(str(second)) == (references[2:], str(second + 1))
    assert pull(str(second + 1), references[1], references[0], "RT9999999") == ([references[1]], str(second + 1))
    assert pull(first, *references[1:]) == (references[1:], None)
    decisions.stop(shop.store, references[2], "Anna B", "never mind")
    assert pull(first) == ([references[1]], str(second))


def test_nothing_that_was_not_told_is_presumed_to_be_imported(shop: Any) -> None:
    order = shop.sold(("MUG", 1))
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    far = str(shop.lines()[0]["sequence"] + 1000)
    batch = pulls.pull(shop.store, "khaos", far, 10)
    assert (len(batch.returns), batch.continuation) == (1, str(shop.lines()[0]["sequence"]))
    assert shop.states() == ["offered"]


def test_an_operators_retry_asks_for_certain_returns_and_gets_exactly_those(shop: Any) -> None:
    order = shop.sold(("MUG", 2))
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    shop.back("RMA-2", shop.good("MUG", 1), external_system_reference2=order)
    shop.world.khaos.post("reasons", reasons=[])  # both are refused there
    shop.pulled()
    assert shop.states() == ["presumed_imported", "presumed_imported"]
    assert shop.credited() == []
    shop.world.khaos.post("reasons", reasons=[{"id": "1", "processing": "return_to_stock"}])
    second = shop.lines()[1]["reference"]
    shop.link()
    shop.world.khaos.post("channel/retry", refs=[second], endpoint="CReturnDownload")
    shop.world.until(shop.credited)
    shop.unlink()
    assert shop.credited() == [(second, {"MUG": 1})]


def test_the_channel_in_xml_credits_the_same(open_shop: Callable[..., Any]) -> None:
    shop = open_shop(form="XML")
    order = shop.sold(("MUG", 2))
    shop.back("RMA-1", shop.good("MUG", 2), external_system_reference2=order)
    shop.pulled(3)
    assert shop.credited() == [(shop.lines()[0]["reference"], {"MUG": 2})]
    assert shop.read_credits() == 1


def test_a_later_grade_moves_stock_and_never_money(shop: Any) -> None:
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


def test_a_grade_that_comes_before_the_offer_counts(open_shop: Callable[..., Any]) -> None:
    shop = open_shop(tables='[tables.return_dispositions.good]\n"*" = { reason = "1" }\n')
    order = shop.sold(("MUG", 1))
    shop.back("RMA-1", shop.held("MUG", 1, "DMGHOLD"), external_system_reference2=order)
    assert shop.world.exceptions() == ["unknown_grade"]
    shop.world.clarus.post("floor", release={"product": "MUG", "quantity": 1, "held_for": "DMGHOLD"})
    goods_in.sweep(shop.world.runtime, "Main Site")
    shop.world.go()
    assert [(line["condition"], line["state"]) for line in shop.lines()] == [("good", "offered")]


def test_an_old_reading_of_a_receipt_changes_nothing(shop: Any) -> None:
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


def test_dismissing_the_exception_of_a_return_stops_it(shop: Any) -> None:
    order = shop.sold(("MUG", 1))
    shop.world.khaos.post("credit", urn=shop.urn(order), lines={"MUG": 1})
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    number = shop.world.exception("maybe_credited")["id"]
    recovery.dismiss(shop.store, number, Person("Anna B"), "credited by hand")
    assert shop.states() == ["stopped"]
    assert shop.terms() == []
    shop.pulled()
    assert shop.credited() == []


def test_ten_days_without_a_credit_are_told_to_finance_and_forgotten_when_it_comes(shop: Any) -> None:
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


def test_what_khaos_took_and_never_credits_is_customer_services_long_before_day_ten(shop: Any) -> None:
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


def shows_note(shop: Any, line: dict[str, Any], code: str, units: int) -> None:
    """Khaos Control has a note that names a return, with what the channel adds to references there."""
    shop.store.run(
        "insert into credit_note (erp, code, urn, reference, lines) values ('khaos', %s, %s, %s, %s)",
        code, line["urn"], f"{line['reference']}SPY", json.dumps({line["sku"]: units}),
    )  # fmt: skip


def test_dismissing_the_reminder_of_an_offered_return_does_not_stop_it(shop: Any) -> None:
    order = shop.sold(("MUG", 1))
    shop.back("RMA-1", shop.good("MUG", 1), external_system_reference2=order)
    shop.store.run("update expectation set due_at = now() where kind = 'refund_due'")
    expectations.check(shop.world.runtime)
    recovery.dismiss(shop.store, shop.world.exception("refund_due")["id"], Person("Anna B"), "we know")
    shop.pulled()
    assert shop.read_credits() == 1
    assert shop.states() == ["credited"]


def test_a_second_note_for_a_return_is_told_to_finance(shop: Any) -> None:
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


def test_a_note_that_credits_another_quantity_is_told_to_finance(shop: Any) -> None:
    order = shop.sold(("MUG", 2))
    shop.back("RMA-1", shop.good("MUG", 2), external_system_reference2=order)
    shows_note(shop, shop.lines()[0], "CN-X", 1)
    assert shop.read_credits() == 1
    assert shop.world.exceptions() == ["credit_differs"]
    assert [(one["state"], one["credit_note"]) for one in shop.lines()] == [("credited", "CN-X")]


def test_the_ten_millionth_return_has_a_number_of_its_own(shop: Any) -> None:
    shop.store.run("select setval('return_number', 9999998)")
    shop.world.stock("MUG")
    for _ in range(4):
        order = shop.sold(("MUG", 1))
        shop.back(order, shop.good("MUG", 1))
    assert {line["reference"] for line in shop.lines()} == {f"RT{n}" for n in range(9_999_999, 10_000_003)}
