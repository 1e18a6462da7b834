"""What GXO answers by files, in whatever order and however late: orders are there once, a doubt is no guess."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fleet_tests.gxo import ByFile
from fleet_tests.personal import tables_that_hold
from workers import recovery
from workers.edi.control_numbers import control_number_giver
from workers.spine import ringer
from workers.spine.outcomes import Delivered, Sent
from workers.spine.people import Person
from workers.wiring.handlers import handler_for

Build = Callable[..., ByFile]
SHORT = 0.3  # of the site's seconds: it takes files and answers


@pytest.fixture
def gxo(build_gxo: Build) -> ByFile:
    return idle(build_gxo())


def idle(gxo: ByFile) -> ByFile:
    """Stock is told, and nobody works on orders until somebody says so."""
    gxo.stock(MUG=20, BOWL=10)
    gxo.switch(floor=False)
    return gxo


def advice(gxo: ByFile, word: str, order: str, number: int, *ted: str) -> None:
    """An 824 by hand."""
    day = gxo.site.today("GBNH01")
    told = [
        ("BGN", "11", f"BYHAND{gxo.site.next('by hand')}", day, "1200"),
        ("N1", "WH", "GXO", "ZZ", "GBNH01"),
        ("OTI", word, "OQ", order, "", "", day, "1200", str(number), "0001", "940"),
        *(("TED", "ZZZ", text) for text in ted),
    ]
    gxo.tell("824", *told)


def work(gxo: ByFile) -> None:
    gxo.switch(floor=True)
    gxo.round()
    gxo.switch(floor=False)


def cancel(gxo: ByFile, order: str) -> None:
    gxo.world.khaos.post("cancel", order=order)
    gxo.world.poll()


def test_an_824_that_overtakes_its_997_is_enough(gxo: ByFile) -> None:
    gxo.switch(late={"997": 5.0})
    order = gxo.order(("MUG", 1))
    assert gxo.expected() == ["accepted", "received"]
    gxo.round(SHORT)
    assert (gxo.state(order), gxo.expected()) == ("sent", [])
    gxo.round(6.0)
    assert (gxo.state(order), gxo.expected(), gxo.world.exceptions()) == ("sent", [], [])


@pytest.mark.parametrize("lost", [{}, {"824": 1}, {"997": 1}])
def test_an_answer_to_what_is_in_doubt_proves_that_it_arrived_and_it_is_not_sent_again(
    gxo: ByFile, lost: dict[str, int]
) -> None:
    gxo.switch(drop_after_rename_next=1, lost_next=lost)
    order = gxo.order(("MUG", 1))
    assert [m["state"] for m in gxo.world.live_messages()] == ["waiting"]
    gxo.round(SHORT)
    assert (gxo.state(order), gxo.world.live_messages()) == ("sent", [])
    assert gxo.expected() == (["accepted"] if "824" in lost else [])
    gxo.world.hurry()
    gxo.round(SHORT)
    assert (gxo.books()["received"][f"{order}-1"], gxo.world.exceptions()) == ({"N": 1}, [])


def test_a_late_answer_closes_what_a_person_was_told_of_an_upload_that_failed_for_good(gxo: ByFile) -> None:
    gxo.switch(drop_after_rename_next=1)
    order = gxo.order(("MUG", 1))
    gxo.store.run("update message set state = 'dead', error_kind = 'unavailable', error = 'x' where state = 'waiting'")
    gxo.world.go()
    assert gxo.world.exceptions() == ["unavailable"]
    gxo.round(SHORT)
    assert (gxo.state(order), gxo.world.exceptions(), gxo.world.live_messages()) == ("sent", [], [])


@pytest.mark.parametrize("claimed", [True, False])
def test_answers_that_come_while_the_sending_is_under_way_are_not_awaited_any_more(gxo: ByFile, claimed: bool) -> None:
    """The answer is read before the sending is settled: by the same process, or by another one."""
    gxo.switch(drop_after_rename_next=1)
    order = gxo.order(("MUG", 1))
    if claimed:
        gxo.store.run("update message set due_at = now() where state = 'waiting'")
        message = gxo.store.claim("orders-out", 600.0)
        gxo.round(SHORT)
        outcome = handler_for(gxo.runtime, "orders-out", "gxo", "order").push(message, message.wire)
        assert isinstance(outcome, Sent | Delivered)
        gxo.store.settle_and_claim(message, "delivered", outcome.note, {}, outcome.effects, None, 600.0)
    else:
        gxo.round(SHORT)
    assert (gxo.state(order), gxo.expected(), gxo.world.live_messages()) == ("sent", [], [])
    gxo.round(SHORT)
    gxo.round(SHORT)
    assert (gxo.expected(), gxo.world.exceptions()) == ([], [])
    work(gxo)
    gxo.world.read_back()
    assert (gxo.state(order), gxo.books()["picked_twice"], gxo.world.exceptions()) == ("dispatched", 0, [])


@pytest.mark.parametrize("answers_repeats", [True, False])
def test_a_refusal_that_comes_before_the_sending_is_settled_stands(gxo: ByFile, answers_repeats: bool) -> None:
    gxo.switch(drop_after_rename_next=1, answers_repeats=answers_repeats, undeliverable=["GB"])
    order = gxo.order(("MUG", 1))
    gxo.round(SHORT)
    assert gxo.world.exceptions() == ["refused_by_warehouse"]
    gxo.world.hurry()
    gxo.round(SHORT)
    assert (gxo.state(order), gxo.expected(), gxo.is_late()) == ("new", [], 0)
    assert gxo.world.exceptions() == ["refused_by_warehouse"]
    gxo.switch(undeliverable=[])
    recovery.retry(gxo.store, gxo.world.exception("refused_by_warehouse")["id"], Person("Mo"))
    gxo.world.go()
    gxo.round(SHORT)
    assert (gxo.state(order), gxo.expected(), gxo.world.exceptions()) == ("sent", [], [])


def test_a_refused_order_is_sent_again_under_a_new_control_number_and_name(gxo: ByFile) -> None:
    gxo.switch(undeliverable=["GB"])
    order = gxo.order(("MUG", 1))
    gxo.round(SHORT)
    assert "UNDELIVERABLE" in gxo.world.exception("refused_by_warehouse")["reason"]
    first = gxo.number()
    gxo.switch(undeliverable=[])
    recovery.retry(gxo.store, gxo.world.exception("refused_by_warehouse")["id"], Person("Mo"))
    gxo.world.go()
    gxo.round(SHORT)
    assert gxo.number() == first + 1
    assert len({file.name for file in gxo.folder("archive").glob("940_*.edi")}) == 2
    assert gxo.books()["received"][f"{order}-1"] == {"N": 2}
    assert (gxo.state(order), gxo.expected(), gxo.world.exceptions()) == ("sent", [], [])


def test_an_order_that_could_not_be_read_there_is_refused_and_can_be_retried(gxo: ByFile) -> None:
    gxo.site.client = "SOMEBODY"
    order = gxo.order(("MUG", 1))
    gxo.round(SHORT)
    assert "could not be read" in gxo.world.exception("refused_by_warehouse")["reason"]
    assert (gxo.state(order), gxo.expected()) == ("new", [])
    gxo.site.client = "MODA"
    recovery.retry(gxo.store, gxo.world.exception("refused_by_warehouse")["id"], Person("Mo"))
    gxo.world.go()
    gxo.round(SHORT)
    assert (gxo.state(order), gxo.expected(), gxo.world.exceptions()) == ("sent", [], [])


def test_duplicate_order_after_an_uncertain_upload_is_proof_that_it_is_there(gxo: ByFile) -> None:
    gxo.switch(drop_after_rename_next=1, lost_next={"997": 1, "824": 1})
    order = gxo.order(("MUG", 1))
    gxo.round(SHORT)
    assert gxo.expected() == []
    gxo.world.hurry()
    assert gxo.expected() == ["accepted", "received"]
    gxo.round(SHORT)
    assert gxo.books()["refused"][-1]["code"] == "DUPLICATE_ORDER"
    assert (gxo.state(order), gxo.expected(), gxo.world.exceptions()) == ("sent", [], [])
    assert len({(f.name, f.read_bytes()) for f in gxo.folder("archive").glob("940_*.edi")}) == 1
    work(gxo)
    assert (gxo.there(f"{order}-1")["picked"], gxo.books()["picked_twice"]) == (1, 0)


def test_a_cancellation_of_an_order_that_nobody_there_knows_is_proven_until_somebody_does(gxo: ByFile) -> None:
    """Its file was mislaid there, and is found after the cancellation."""
    order = gxo.order(("MUG", 1))
    (mislaid,) = gxo.folder("in").glob("940_*.edi")
    data = mislaid.read_bytes()
    mislaid.unlink()
    cancel(gxo, order)
    gxo.round(SHORT)
    assert (gxo.state(order), gxo.expected(), gxo.world.exceptions()) == ("cancelled", [], [])
    mislaid.write_bytes(data)
    gxo.round(SHORT)
    assert gxo.state(order) == "cancelling"
    gxo.round(SHORT)
    gxo.round(SHORT)
    assert (gxo.there(f"{order}-1")["state"], gxo.state(order)) == ("V", "cancelled")
    assert (gxo.expected(), gxo.world.live_messages(), gxo.world.exceptions()) == ([], [], [])
    before = gxo.ledger()
    gxo.replay()
    assert gxo.ledger() == before


def test_silence_to_a_cancellation_is_an_exception_that_the_answer_closes(gxo: ByFile) -> None:
    gxo.switch(silent_unknown_cancel=True)
    order = gxo.order(("MUG", 1))
    (mislaid,) = gxo.folder("in").glob("940_*.edi")
    mislaid.unlink()
    cancel(gxo, order)
    gxo.round(SHORT)
    assert (gxo.state(order), gxo.expected()) == ("cancelling", ["cancelled"])
    gxo.is_late()
    assert gxo.world.exceptions() == ["answer_missing"]
    advice(gxo, "TR", f"{order}-1", gxo.number("cancel"), f"UNKNOWN_ORDER: {order}-1")
    assert (gxo.state(order), gxo.expected(), gxo.world.exceptions()) == ("cancelled", [], [])


def test_a_cancellation_that_was_accepted_is_proven_only_by_the_word_that_nothing_left(gxo: ByFile) -> None:
    gxo.switch(late={"945": 5.0})
    order = gxo.order(("MUG", 1))
    gxo.round(SHORT)
    cancel(gxo, order)
    gxo.round(SHORT)
    assert (gxo.state(order), gxo.expected()) == ("cancelling", ["cancelled"])
    gxo.round(6.0)
    assert (gxo.state(order), gxo.expected(), gxo.world.exceptions()) == ("cancelled", [], [])


def test_goods_that_leave_although_the_cancellation_was_accepted_are_customer_services(gxo: ByFile) -> None:
    order = gxo.order(("MUG", 1))
    gxo.switch(ships_after_cancel=[f"{order}-1"])
    gxo.round(SHORT)
    cancel(gxo, order)
    gxo.round(SHORT)
    work(gxo)
    assert (gxo.state(order), gxo.world.exceptions()) == ("dispatched", ["shipped_after_cancel"])
    assert (gxo.world.shipments(order), gxo.position("MUG"), gxo.expected()) == ([], (19, {}), [])


def test_a_cancellation_that_was_refused_and_proven_all_the_same_leaves_nothing_open(gxo: ByFile) -> None:
    order = gxo.order(("MUG", 1))
    gxo.switch(cancelled_at_site=[f"{order}-1"], floor=True)
    gxo.round(1.0)
    gxo.switch(floor=False)
    cancel(gxo, order)
    gxo.round(SHORT)
    assert gxo.world.exceptions() == ["cancel_refused"]
    work(gxo)
    assert (gxo.state(order), gxo.world.exceptions(), gxo.world.live_messages()) == ("cancelled", [], [])


def test_a_part_that_left_and_a_rest_that_nobody_finds_end_a_late_cancellation(gxo: ByFile) -> None:
    order = gxo.order(("MUG", 4))
    gxo.switch(two_goes=[f"{order}-1"], floor=True)
    gxo.pass_time(SHORT)
    while not gxo.there(f"{order}-1")["shipments"]:
        gxo.pass_time(0.1)
    cancel(gxo, order)
    gxo.switch(cancelled_at_site=[f"{order}-1"])
    gxo.round()
    assert gxo.state(order) == "closed_short"
    assert set(gxo.world.exceptions()) == {"cancel_refused", "shipped_after_cancel"}


def test_silence_past_its_limit_is_an_exception_that_any_later_word_closes(gxo: ByFile) -> None:
    gxo.switch(lost_next={"997": 1, "824": 1})
    order = gxo.order(("MUG", 1))
    gxo.round(SHORT)
    assert gxo.expected() == ["accepted", "received"]
    gxo.is_late()
    found = gxo.world.exception("answer_missing")
    assert (found["owner"], found["story"]) == ("operations", order)
    work(gxo)
    gxo.world.read_back()
    assert (gxo.state(order), gxo.expected(), gxo.world.exceptions()) == ("dispatched", [], [])


def test_a_997_alone_leaves_the_acceptance_awaited(gxo: ByFile) -> None:
    gxo.switch(lost_next={"824": 1})
    gxo.order(("MUG", 1))
    gxo.round(SHORT)
    assert gxo.expected() == ["accepted"]
    gxo.is_late()
    assert gxo.world.exceptions() == ["answer_missing"]


@pytest.mark.parametrize(("ack", "awaited"), [("997", ["received"]), ("none", [])])
def test_what_proves_acceptance_is_a_setting_and_a_refusal_counts_under_each(
    build_gxo: Build, ack: str, awaited: list[str]
) -> None:
    gxo = idle(build_gxo(more=f'ack = "{ack}"'))
    gxo.switch(lost_next={"824": 1})
    good = gxo.order(("MUG", 1))
    assert gxo.expected() == awaited
    gxo.round(SHORT)
    assert (gxo.state(good), gxo.expected()) == ("sent", [])
    gxo.switch(undeliverable=["GB"])
    bad = gxo.order(("MUG", 2))
    gxo.round(SHORT)
    assert (gxo.state(bad), gxo.world.exceptions()) == ("new", ["refused_by_warehouse"])
    work(gxo)
    assert gxo.state(good) == "dispatched"


def test_what_an_824_says_of_a_customer_stands_beside_the_body_alone(gxo: ByFile) -> None:
    gxo.switch(lost_next={"824": 1})
    order = gxo.order(("MUG", 1))
    gxo.round(SHORT)
    words = "CLEMENTINE POSTLETHWAITE REFUSES, TEL 0113 496 0000"
    advice(gxo, "TR", f"{order}-1", gxo.number(), words, f"BAD: {words}")
    reason = gxo.world.exception("refused_by_warehouse")["reason"]
    assert reason == "their own words stand beside the body"
    assert tables_that_hold(gxo.store, "POSTLETHWAITE") == ["partner_words", "record"]


def test_accepted_with_an_error_is_accepted_and_a_persons(gxo: ByFile) -> None:
    gxo.switch(lost_next={"824": 1})
    order = gxo.order(("MUG", 1))
    gxo.round(SHORT)
    advice(gxo, "TE", f"{order}-1", gxo.number(), "ON_HOLD: HELD FOR REVIEW")
    assert (gxo.state(order), gxo.expected()) == ("sent", [])
    assert "ON_HOLD" in gxo.world.exception("accepted_with_error")["reason"]


def test_an_answer_to_what_was_never_sent_is_an_exception_and_touches_no_order(gxo: ByFile) -> None:
    order = gxo.order(("MUG", 1))
    gxo.round(SHORT)
    before = gxo.state(order)
    advice(gxo, "TR", "STRANGER-9", 999_999, "UNDELIVERABLE: NO")
    assert "STRANGER-9" in gxo.world.exception("answer_unmatched")["reason"]
    advice(gxo, "TR", "STRANGER-8", gxo.number(), "UNDELIVERABLE: NO")
    assert "STRANGER-8" in gxo.world.exception("answer_unmatched")["reason"]
    assert (gxo.state(order), before) == ("sent", "sent")
    assert set(gxo.world.exceptions()) == {"answer_unmatched"}


def test_a_refusal_after_the_acceptance_contradicts_it_and_changes_nothing(gxo: ByFile) -> None:
    order = gxo.order(("MUG", 1))
    gxo.round(SHORT)
    advice(gxo, "TR", f"{order}-1", gxo.number(), "OTHER: CHANGED OUR MIND")
    assert (gxo.state(order), gxo.world.exceptions()) == ("sent", ["told_otherwise"])


@pytest.mark.parametrize("frozen", [False, True])
def test_a_process_that_dies_with_a_control_number_in_hand_wastes_none(gxo: ByFile, frozen: bool) -> None:
    before = gxo.number()  # of nothing: there is no order yet
    world = gxo.world
    order = str(world.order(("MUG", 1)))
    gxo.store.run(
        "update connection set shut_kind = 'unavailable', shut_since = now(), alerted = true,"
        " probe_at = now() + interval '1 hour' where name = 'gxo'"
    )
    world.poll()
    gxo.store.run("update connection set shut_kind = null where name = 'gxo'")
    claimed = gxo.store.claim("orders-out", 600.0)
    if frozen:
        wire = handler_for(gxo.runtime, "orders-out", "gxo", "order").write(claimed)
        assert isinstance(wire, bytes)
        gxo.store.freeze(claimed, wire)
    else:
        control_number_giver(gxo.runtime, claimed)
    gxo.store.run("update message set process_id = gen_random_uuid() where state = 'working'")
    assert len(ringer.release_lost(gxo.runtime)) == 1
    world.hurry()
    assert gxo.number() == before + 1
    gxo.round(SHORT)
    assert (gxo.state(order), gxo.books()["received"][f"{order}-1"]) == ("sent", {"N": 1})
    assert (gxo.expected(), world.exceptions()) == ([], [])


@pytest.mark.parametrize("fault", ["drop_writes_next", "drop_before_rename_next", "drop_after_rename_next"])
@pytest.mark.parametrize("after", [0, 200])
def test_a_connection_that_breaks_in_an_upload_loses_and_doubles_nothing(gxo: ByFile, fault: str, after: int) -> None:
    gxo.switch(**{fault: 1}, drop_after_bytes=after)
    order = gxo.order(("MUG", 1))
    gxo.round(SHORT)
    gxo.world.hurry()
    gxo.round(SHORT)
    work(gxo)
    gxo.world.read_back()
    assert (gxo.there(f"{order}-1")["picked"], gxo.books()["picked_twice"]) == (1, 0)
    assert (gxo.state(order), gxo.world.exceptions(), gxo.world.live_messages()) == ("dispatched", [], [])
    assert len(gxo.world.shipments(order)) == 1


def test_two_facilities_work_at_once_each_on_its_own_orders(gxo: ByFile) -> None:
    gxo.act(adjust={"facility": "GBNH02", "sku": "MUG", "quantity": 7})
    gxo.hear()
    gxo.world.flush()
    here, there = gxo.order(("MUG", 2)), gxo.order(("MUG", 3), site="Annex")
    gxo.round(SHORT)
    work(gxo)
    gxo.world.read_back()
    assert [gxo.there(f"{one}-1")["facility"] for one in (here, there)] == ["GBNH01", "GBNH02"]
    assert [gxo.state(one) for one in (here, there)] == ["dispatched"] * 2
    assert (gxo.position("MUG"), gxo.position("MUG", "Annex")) == ((18, {}), (4, {}))
    gxo.act(adjust={"facility": "GBNH01", "sku": "MUG", "quantity": -1})
    gxo.act(adjust={"facility": "GBNH02", "sku": "MUG", "quantity": 1})
    gxo.hear()
    assert (gxo.position("MUG"), gxo.position("MUG", "Annex")) == ((17, {}), (5, {}))


def test_a_late_word_that_a_cancellation_could_not_be_read_is_no_trouble_once_it_is_proven(gxo: ByFile) -> None:
    order = gxo.order(("MUG", 1))
    gxo.round(SHORT)
    cancel(gxo, order)
    gxo.round(SHORT)
    assert gxo.state(order) == "cancelled"
    number = str(gxo.number("cancel"))
    gxo.tell("997", ("AK1", "OW", number), ("AK2", "940", "0001"), ("AK5", "R", "5"), ("AK9", "R", "1", "1", "0"))
    assert (gxo.state(order), gxo.world.exceptions(), gxo.world.live_messages()) == ("cancelled", [], [])
