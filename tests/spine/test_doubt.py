"""A doubt is reckoned from the last moment at which something may have been sent, and stays one, whoever presses."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from adapters.errors import Rejected, Unavailable
from fleet_tests.ledger import Ledger, Partner
from workers import recovery
from workers.spine import dead_letters, exceptions
from workers.spine.delivery import after_sending
from workers.spine.people import Person
from workers.spine.runtime import Runtime

LOST = Unavailable("no answer", maybe_done=True)
SAM = Person("Sam")


def wait_of(ledger: Ledger) -> float:
    row = ledger.store.row("select extract(epoch from due_at - now())::float as wait from message")
    return float(row["wait"])


def doubt_after_resend(ledger: Ledger, partner: Partner) -> None:
    """Sent, looked up, sent again, and not answered again."""
    ledger.post("SO1-1")
    partner.faults = [("before", LOST), ("before", LOST)]
    ledger.drain(partner)
    ledger.time_passes()
    ledger.drain(partner)
    assert (ledger.state("SO1-1"), ledger.message("SO1-1")["resends"]) == ("waiting", 1)


def test_the_doubt_of_a_dead_process_begins_when_it_was_last_alive(ledger: Ledger) -> None:
    ledger.post("SO1-1")
    victim = ledger.another()
    claimed = victim.claim("orders-out", 210.0)
    victim.freeze(claimed, b"bytes")
    # a slow look-up, a wait for a token: then the bytes leave, and the process is killed
    ledger.store.run("update message set maybe_sent_at = now() - interval '85 seconds'")
    ledger.dies(victim)
    ledger.release_lost(doubt=90.0)
    assert 85 < wait_of(ledger) <= 90


def test_an_old_doubt_of_a_dead_process_begins_anew_even_if_it_froze_nothing(ledger: Ledger) -> None:
    ledger.post("SO1-1")
    victim = ledger.another()
    assert victim.claim("orders-out", 210.0)
    ledger.store.run("update message set maybe_sent_at = now() - interval '85 seconds'")
    ledger.dies(victim)
    ledger.release_lost(doubt=90.0)
    assert 85 < wait_of(ledger) <= 90


def test_bytes_that_an_earlier_release_froze_without_saying_so_are_a_doubt(ledger: Ledger, partner: Partner) -> None:
    ledger.post("SO1-1", wire=b"frozen when it was posted")
    victim = ledger.another()
    assert victim.claim("orders-out", 210.0)
    ledger.dies(victim)
    ledger.release_lost()
    assert ledger.message("SO1-1")["maybe_sent_at"] is not None
    ledger.drain(partner)
    assert partner.looks["SO1-1"] == 1


def test_a_process_that_dies_while_it_writes_leaves_no_doubt_and_no_wait(ledger: Ledger, partner: Partner) -> None:
    ledger.post("SO1-1")
    victim = ledger.another()
    assert victim.claim("orders-out", 210.0)
    ledger.dies(victim)
    ledger.release_lost(doubt=90.0)
    assert ledger.message("SO1-1")["maybe_sent_at"] is None
    assert ledger.drain(partner) == 1
    assert (partner.looks["SO1-1"], partner.pushes["SO1-1"]) == (0, 1)


@pytest.mark.parametrize("error", [ZeroDivisionError(), LOST], ids=["a fault of ours", "a fact that could not be read"])
def test_a_crash_while_writing_is_no_doubt(
    ledger: Ledger, partner: Partner, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def write(_message: Any) -> bytes:
        raise error

    monkeypatch.setattr(partner, "write", write)
    ledger.post("SO1-1")
    ledger.drain(partner)
    assert (ledger.state("SO1-1"), ledger.message("SO1-1")["maybe_sent_at"]) == ("waiting", None)
    assert wait_of(ledger) < 5, "nobody waits for a call that was not made"


def test_a_persons_retry_waits_the_doubt_out(ledger: Ledger, runtime: Runtime, partner: Partner) -> None:
    ledger.post("SO1-1")
    ledger.store.run("update message set tries = 100")
    partner.faults = [("after", LOST)]
    ledger.drain(partner)
    dead_letters.file_dead(runtime, ledger.message("SO1-1")["id"], 1)
    recovery.retry(ledger.store, ledger.store.row("select id from exception")["id"], SAM)
    assert wait_of(ledger) > 80
    assert ledger.drain(partner) == 0
    ledger.store.run("update message set due_at = now()")
    ledger.drain(partner)
    assert (ledger.settled("SO1-1")["proven_before"], partner.pushes["SO1-1"]) == (True, 1)


def test_a_persons_retry_of_an_alarm_does_not_cut_the_doubt_of_a_waiting_message_short(
    ledger: Ledger, partner: Partner
) -> None:
    ledger.post("SO1-1")
    partner.faults = [("after", LOST)]
    ledger.drain(partner)
    exceptions.file(
        ledger.store.run, "sku_unconfirmed", subject="order:SO1-1", story="SO1", flow="orders-out",
        connection="leeds", why="late", message=ledger.message("SO1-1")["id"],
    )  # fmt: skip
    recovery.retry(ledger.store, ledger.store.row("select id from exception")["id"], SAM)
    assert wait_of(ledger) > 80


def test_a_persons_retry_keeps_the_count_of_resends(ledger: Ledger, runtime: Runtime, partner: Partner) -> None:
    doubt_after_resend(ledger, partner)
    ledger.time_passes()
    ledger.drain(partner)
    dead_letters.file_dead(runtime, ledger.message("SO1-1")["id"], 1)
    recovery.retry(ledger.store, ledger.store.row("select id from exception")["id"], SAM)
    assert ledger.message("SO1-1")["resends"] == 1
    ledger.store.run("update message set due_at = now()")
    ledger.drain(partner)
    assert (ledger.message("SO1-1")["error_kind"], partner.pushes["SO1-1"]) == ("uncertain", 2)


def test_a_retry_of_what_was_surely_not_sent_goes_at_once(ledger: Ledger, runtime: Runtime, partner: Partner) -> None:
    ledger.post("SO1-1")
    partner.faults = [("before", Rejected("no"))]
    ledger.drain(partner)
    dead_letters.file_dead(runtime, ledger.message("SO1-1")["id"], 1)
    recovery.retry(ledger.store, ledger.store.row("select id from exception")["id"], SAM)
    assert ledger.drain(partner) == 1


def test_a_process_that_dies_in_its_resend_has_used_the_one_resend(ledger: Ledger, partner: Partner) -> None:
    ledger.post("SO1-1")
    partner.faults = [("before", LOST)]
    ledger.drain(partner)
    ledger.time_passes()
    victim = ledger.another()
    claimed = victim.claim("orders-out", 210.0)
    victim.count_resend(claimed, 1)
    ledger.dies(victim)
    ledger.release_lost()
    ledger.drain(partner)
    assert (ledger.message("SO1-1")["error_kind"], partner.pushes["SO1-1"]) == ("uncertain", 1)


def test_a_resend_that_never_left_is_not_counted(ledger: Ledger, partner: Partner) -> None:
    ledger.post("SO1-1")
    partner.faults = [("before", LOST), ("before", Unavailable("refused"))]
    ledger.drain(partner)
    ledger.time_passes()
    ledger.drain(partner)
    assert ledger.message("SO1-1")["resends"] == 0
    ledger.time_passes()
    ledger.drain(partner)
    assert (ledger.state("SO1-1"), len(partner.books["SO1-1"])) == ("delivered", 1)


@pytest.mark.parametrize("later", [Unavailable("refused"), Rejected("not released"), LOST])
def test_no_error_of_a_later_call_proves_that_the_first_did_nothing(
    ledger: Ledger, partner: Partner, monkeypatch: pytest.MonkeyPatch, later: Exception
) -> None:
    real = partner.push

    def push(message: Any, wire: bytes) -> Any:
        real(message, wire)
        with after_sending("created, not released"):
            raise later

    monkeypatch.setattr(partner, "push", push)
    ledger.post("SO1-1")
    ledger.drain(partner)
    assert (ledger.state("SO1-1"), ledger.message("SO1-1")["maybe_sent_at"] is not None) == ("waiting", True)
    ledger.time_passes()
    ledger.drain(partner)
    assert (partner.pushes["SO1-1"], ledger.settled("SO1-1")["proven_before"]) == (1, True)


def test_nothing_is_sent_when_writing_took_longer_than_the_lease(
    ledger: Ledger, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    real = partner.write

    def write(message: Any) -> Any:
        clock[0] += 100.0
        return real(message)

    monkeypatch.setattr(partner, "write", write)
    ledger.post("SO1-1")
    assert ledger.drain(partner, clock=lambda: clock[0], stopping=iter([False, True]).__next__) == 0
    assert (partner.pushes["SO1-1"], ledger.state("SO1-1"), ledger.slots_held()) == (0, "queued", 0)
    assert ledger.message("SO1-1")["maybe_sent_at"] is None
    assert ledger.drain(partner, clock=time.monotonic) == 1


def test_a_process_that_may_count_as_dead_sends_nothing_and_claims_nothing(ledger: Ledger, partner: Partner) -> None:
    ledger.post("SO1-1")
    ledger.post("SO2-1")
    alive = iter([True, False, False, False, False])
    assert ledger.drain(partner, alive=alive.__next__) == 0
    assert (partner.pushes.total(), ledger.state("SO1-1"), ledger.state("SO2-1")) == (0, "queued", "queued")


def test_a_message_that_was_taken_away_while_it_was_written_is_not_sent_by_its_first_worker(
    ledger: Ledger, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = partner.write

    def write(message: Any) -> Any:
        ledger.store.run("update message set lease_until = now() - interval '1 second' where state = 'working'")
        ledger.release_lost()
        monkeypatch.setattr(partner, "write", real)
        return real(message)

    monkeypatch.setattr(partner, "write", write)
    ledger.post("SO1-1")
    ledger.drain(partner)
    assert (ledger.state("SO1-1"), len(partner.books["SO1-1"])) == ("delivered", 1)
    assert json.loads(partner.books["SO1-1"][0])["draft"] == 2, "written anew by whoever claimed it next"
