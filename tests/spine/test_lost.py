"""Dead processes and overrun leases: their slots come back, their messages go on, the guilty one is found alone."""

from __future__ import annotations

from typing import Any

from fleet_tests.ledger import Ledger, Partner


def kill_over(ledger: Ledger, lane: str, *, lone: bool = False) -> list[Any]:
    """A process claims from the lane and dies."""
    victim = ledger.another(lone=lone)
    while victim.claim(lane, 60):
        pass
    ledger.dies(victim)
    released: list[Any] = ledger.release_lost()
    return released


def test_a_dead_process_gives_back_its_slots_and_its_messages(ledger: Ledger, partner: Partner) -> None:
    for n in range(3):
        ledger.post(f"SO{n}-1")
    released = kill_over(ledger, "orders-out")
    assert (len(released), ledger.slots_held()) == (3, 0)
    assert {row["crashed"] for row in released} == {True}
    ledger.drain(partner)
    assert len(partner.books) == 3


def test_a_living_process_keeps_what_it_holds(ledger: Ledger) -> None:
    ledger.post("SO1-1")
    alive = ledger.another()
    assert alive.claim("orders-out", 60)
    assert ledger.release_lost() == []
    assert (ledger.state("SO1-1"), ledger.slots_held()) == ("working", 1)


def test_an_overrun_lease_is_released_and_is_nobodys_death(ledger: Ledger) -> None:
    ledger.post("SO1-1")
    assert ledger.store.claim("orders-out", 60)
    ledger.store.run("update message set lease_until = now() - interval '1 second'")
    released = ledger.release_lost()
    assert [(row["deaths"], row["crashed"], row["convicted"]) for row in released] == [(0, False, False)]
    assert ledger.message("SO1-1")["lane"] == "orders-out"
    assert "lease ran out" in ledger.steps("SO1-1")


def test_a_poll_whose_process_died_gives_its_slot_back(ledger: Ledger) -> None:
    victim = ledger.another()
    taken = victim.row("select take_slots('leeds', '', 'sweep:1', %s, interval '60 seconds') as ok", victim.process_id)
    assert (taken["ok"], ledger.slots_held()) == (True, 1)
    ledger.release_lost()
    assert ledger.slots_held() == 1
    ledger.dies(victim)
    ledger.release_lost()
    assert ledger.slots_held() == 0


def test_two_deaths_make_a_suspect_that_runs_alone_and_only_dying_alone_convicts(ledger: Ledger) -> None:
    ledger.post("SO1-1")
    assert [row["convicted"] for row in kill_over(ledger, "orders-out")] == [False]
    assert ledger.message("SO1-1")["lane"] == "orders-out"
    ledger.time_passes()
    assert [row["convicted"] for row in kill_over(ledger, "orders-out")] == [False]
    assert ledger.message("SO1-1")["lane"] == "isolate"
    ledger.time_passes()
    assert [row["convicted"] for row in kill_over(ledger, "isolate", lone=True)] == [True]


def test_a_suspect_that_dies_in_company_is_not_convicted(ledger: Ledger) -> None:
    ledger.post("SO1-1")
    ledger.store.run("update message set lane = 'isolate', deaths = 2")
    assert [row["convicted"] for row in kill_over(ledger, "isolate", lone=False)] == [False]


def test_an_innocent_suspect_goes_through_alone(ledger: Ledger, partner: Partner) -> None:
    for n in range(3):
        ledger.post(f"SO{n}-1")
    for _ in range(2):
        kill_over(ledger, "orders-out")
        ledger.time_passes()
    assert ledger.drain(partner) == 0
    assert ledger.drain(partner, lane="isolate") == 3
    assert len(partner.books) == 3


def test_many_deaths_under_load_lose_nothing_and_double_nothing(ledger: Ledger, partner: Partner) -> None:
    """Workers die at every step, over and over; in the end each message had its effect once."""
    for n in range(40):
        ledger.post(f"SO{n}-1")
    for round_ in range(6):
        victim = ledger.another()
        for step in range(4):
            claimed = victim.claim("orders-out", 60) or victim.claim("isolate", 60)
            if claimed is None:
                break
            wire = claimed.wire or partner.write(claimed)
            assert isinstance(wire, bytes)
            if claimed.wire is None and step > 0:
                victim.freeze(claimed, wire)
            if step > 1 and claimed.doubt_since is None:
                partner.push(claimed, wire)
            if step > 2:
                victim.settle_and_claim(claimed, "delivered", "", {}, (), None, 60)
        ledger.dies(victim)
        ledger.release_lost()
        ledger.time_passes()
        if round_ % 2:
            ledger.drain(partner, stopping=iter([False] * 5 + [True] * 1000).__next__)
    ledger.drain(partner)
    ledger.drain(partner, lane="isolate")
    assert {reference: len(wires) for reference, wires in partner.books.items()} == {f"SO{n}-1": 1 for n in range(40)}
    assert ledger.store.row("select count(*) as n from message")["n"] == 0
    assert ledger.slots_held() == 0
