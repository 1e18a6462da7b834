"""What GXO answers by files, in whatever order and however late: orders are there once, a doubt is no guess."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fleet_tests.gxo import ByFile, advise, idle, work
from fleet_tests.personal import tables_that_hold
from workers import recovery
from workers.spine.outcomes import Delivered, Sent
from workers.spine.people import Person
from workers.wiring.handlers import handler_for

Build = Callable[..., ByFile]
SHORT = 0.3  # of the site's seconds: it takes files and answers


@pytest.fixture
def gxo(build_gxo: Build) -> ByFile:
    return idle(build_gxo())


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
    advise(gxo, "TR", f"{order}-1", gxo.number(), words, f"BAD: {words}")
    reason = gxo.world.exception("refused_by_warehouse")["reason"]
    assert reason == "their own words stand beside the body"
    assert tables_that_hold(gxo.store, "POSTLETHWAITE") == ["partner_words", "record"]


def test_accepted_with_an_error_is_accepted_and_a_persons(gxo: ByFile) -> None:
    gxo.switch(lost_next={"824": 1})
    order = gxo.order(("MUG", 1))
    gxo.round(SHORT)
    advise(gxo, "TE", f"{order}-1", gxo.number(), "ON_HOLD: HELD FOR REVIEW")
    assert (gxo.state(order), gxo.expected()) == ("sent", [])
    assert "ON_HOLD" in gxo.world.exception("accepted_with_error")["reason"]


def test_an_answer_to_what_was_never_sent_is_an_exception_and_touches_no_order(gxo: ByFile) -> None:
    order = gxo.order(("MUG", 1))
    gxo.round(SHORT)
    before = gxo.state(order)
    advise(gxo, "TR", "STRANGER-9", 999_999, "UNDELIVERABLE: NO")
    assert "STRANGER-9" in gxo.world.exception("answer_unmatched")["reason"]
    advise(gxo, "TR", "STRANGER-8", gxo.number(), "UNDELIVERABLE: NO")
    assert "STRANGER-8" in gxo.world.exception("answer_unmatched")["reason"]
    assert (gxo.state(order), before) == ("sent", "sent")
    assert set(gxo.world.exceptions()) == {"answer_unmatched"}


def test_a_refusal_after_the_acceptance_contradicts_it_and_changes_nothing(gxo: ByFile) -> None:
    order = gxo.order(("MUG", 1))
    gxo.round(SHORT)
    advise(gxo, "TR", f"{order}-1", gxo.number(), "OTHER: CHANGED OUR MIND")
    assert (gxo.state(order), gxo.world.exceptions()) == ("sent", ["told_otherwise"])
