"""What GXO answers to a cancellation, or does not: it is proven, refused, or a person's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fleet_tests.gxo import ByFile, advise, idle, work

Build = Callable[..., ByFile]
SHORT = 0.3  # of the site's seconds: it takes files and answers


@pytest.fixture
def gxo(build_gxo: Build) -> ByFile:
    return idle(build_gxo())


def cancel(gxo: ByFile, order: str) -> None:
    gxo.world.khaos.post("cancel", order=order)
    gxo.world.poll()


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
    advise(gxo, "TR", f"{order}-1", gxo.number("cancel"), f"UNKNOWN_ORDER: {order}-1")
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


def test_a_late_word_that_a_cancellation_could_not_be_read_is_no_trouble_once_it_is_proven(gxo: ByFile) -> None:
    order = gxo.order(("MUG", 1))
    gxo.round(SHORT)
    cancel(gxo, order)
    gxo.round(SHORT)
    assert gxo.state(order) == "cancelled"
    number = str(gxo.number("cancel"))
    gxo.tell("997", ("AK1", "OW", number), ("AK2", "940", "0001"), ("AK5", "R", "5"), ("AK9", "R", "1", "1", "0"))
    assert (gxo.state(order), gxo.world.exceptions(), gxo.world.live_messages()) == ("cancelled", [], [])
