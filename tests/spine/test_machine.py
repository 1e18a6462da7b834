"""Whatever happens in whatever order: nothing is lost, nothing is sent twice, nobody shares a subject."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from adapters.errors import Rejected, Throttled, Unavailable
from fleet_tests.ledger import Ledger
from workers.ledger.store import LateSettle
from workers.spine.delivery import NotAtPartner
from workers.spine.outcomes import Delivered, Duplicate, Held

SUBJECTS = st.integers(0, 3)
GATES = ("sku:leeds:A", "sku:leeds:B")
FAULTS = {
    "none": None,
    "refused connection": ("before", Unavailable("refused")),
    "lost before": ("before", Unavailable("no answer", maybe_done=True)),
    "lost after": ("after", Unavailable("no answer", maybe_done=True)),
    "throttled": ("before", Throttled("slow down", retry_after=1)),
    "said no": ("before", Rejected("no")),
    "held": ("gate", None),
}


class Books:
    """A partner whose books count the effects of each message."""

    repeatable = False
    refused = "refused_by_warehouse"

    def __init__(self) -> None:
        self.effects: Counter[int] = Counter()
        self.fault: Any = None

    def write(self, message: Any) -> Any:
        if self.fault and self.fault[0] == "gate":
            return Held(GATES)
        return f"{message.id}".encode()

    def push(self, message: Any, wire: bytes) -> Any:
        assert wire == f"{message.id}".encode()
        if self.fault and self.fault[0] == "before":
            raise self.fault[1]
        self.effects[message.id] += 1
        if self.fault and self.fault[0] == "after":
            raise self.fault[1]
        return Delivered("taken")

    def look_up(self, message: Any, wire: bytes) -> Any:
        return Duplicate("it had arrived") if self.effects[message.id] else NotAtPartner()


class Machine(RuleBasedStateMachine):
    """The ledger under everything that can befall it."""

    ledger: Ledger = None

    def __init__(self) -> None:
        super().__init__()
        run = self.ledger.store.run
        for table in ("exception", "message_gate", "message", "message_settled", "message_key", "message_body", "gate"):
            run(f"delete from {table}")  # noqa: S608  the names just above
        run("update slot set holder = null, process_id = null, lease_until = null")
        run("update connection set shut_kind = null, shut_until = null, opened_at = null")
        self.books = Books()
        self.posted: set[int] = set()
        self.victim = self.ledger.another()
        self.lost: list[Any] = []
        self.held: list[Any] = []
        self.words = 0

    @rule(subject=SUBJECTS, kind=st.sampled_from(["order", "cancel"]), gated=st.booleans(), same=st.booleans())
    def post(self, subject: int, kind: str, gated: bool, same: bool) -> None:
        self.words += 0 if same else 1
        found = self.ledger.post(
            f"R{subject}", f"word {self.words}", subject=f"S{subject}", kind=kind, gates=GATES if gated else ()
        )
        self.posted |= {found} - {None}

    @rule(fault=st.sampled_from(sorted(FAULTS)), lane=st.sampled_from(["orders-out", "isolate"]))
    def work(self, fault: str, lane: str) -> None:
        self.books.fault = FAULTS[fault]
        self.ledger.drain(self.books, lane=lane, stopping=iter([False, True]).__next__)

    @rule(step=st.integers(0, 2))
    def claim_and_get_stuck(self, step: int) -> None:
        claimed = self.victim.claim("orders-out", 60)
        if claimed is None:
            return
        self.books.fault = None
        if step and claimed.wire is None:
            self.victim.freeze(claimed, self.books.write(claimed))
        if step == 2 and claimed.doubt_since is None:
            self.books.push(claimed, self.books.write(claimed))
        self.held.append(claimed)

    @rule()
    def the_stuck_process_dies(self) -> None:
        self.ledger.dies(self.victim)
        self.ledger.release_lost()
        self.lost += self.held
        self.held = []
        self.victim = self.ledger.another()

    @rule()
    def leases_run_out(self) -> None:
        self.ledger.store.run("update message set lease_until = now() - interval '1 second' where state = 'working'")
        self.ledger.release_lost()
        self.lost += self.held
        self.held = []

    @rule()
    def a_lost_one_settles_late(self) -> None:
        for claimed in self.lost:
            with pytest.raises(LateSettle):
                self.victim.settle_and_claim(claimed, "delivered", "", {}, (), "orders-out", 60)

    @rule()
    def time_passes(self) -> None:
        self.ledger.time_passes()
        self.ledger.store.run("update connection set shut_kind = null, shut_until = null")

    @rule(gate=st.sampled_from(GATES), shut=st.booleans())
    def a_gate_moves(self, gate: str, shut: bool) -> None:
        if shut:
            self.ledger.store.run("update gate set open = false where name = %s", gate)
        else:
            self.ledger.store.row("select open_gates(array[%s], 'confirmed')", gate)

    @rule(subject=SUBJECTS)
    def khaos_cancels(self, subject: int) -> None:
        self.ledger.store.run(
            "select finish(id, 'withdrawn', '', 'fleet') from message where subject = %s and maybe_sent_at is null",
            f"S{subject}",
        )

    @rule()
    def a_person_retries_the_dead(self) -> None:
        self.ledger.store.run(
            "update message set state = 'queued', generation = generation + 1, tries = 0, deaths = 0, lane = flow,"
            " due_at = now() where state = 'dead'"
        )

    @invariant()
    def nobody_shares_a_subject(self) -> None:
        rows = self.ledger.store.rows(
            "select subject from message where state = 'working' group by 1 having count(*) > 1"
        )
        assert rows == []

    @invariant()
    def slots_held_are_messages_worked_on(self) -> None:
        working = self.ledger.store.row("select count(*) as n from message where state = 'working'")["n"]
        assert self.ledger.slots_held() == working

    @invariant()
    def every_message_is_live_or_settled_once(self) -> None:
        rows = self.ledger.store.rows("select id from message union all select id from message_settled")
        assert sorted(row["id"] for row in rows) == sorted(self.posted)

    @invariant()
    def nothing_had_its_effect_twice(self) -> None:
        assert [n for n in self.books.effects.values() if n > 1] == []

    @invariant()
    def what_is_withdrawn_or_superseded_had_no_effect_and_what_is_delivered_had_one(self) -> None:
        for row in self.ledger.store.rows("select id, state from message_settled"):
            assert self.books.effects[row["id"]] == (row["state"] == "delivered"), row

    @invariant()
    def open_gates_hold_nobody_for_long(self) -> None:
        rows = self.ledger.store.rows(
            "select m.id from message m where state = 'held' and not exists"
            " (select 1 from message_gate h where h.message_id = m.id)"
        )
        assert rows == []

    def teardown(self) -> None:
        """The world becomes well, and everything that was said has had its effect or stands for a person."""
        self.the_stuck_process_dies()
        for _ in range(8):
            self.time_passes()
            for gate in GATES:
                self.a_gate_moves(gate, shut=False)
            for lane in ("orders-out", "isolate"):
                self.books.fault = None
                self.ledger.drain(self.books, lane=lane)
        left = self.ledger.store.rows("select id, subject, state, error_kind from message order by id")
        blocked = {row["subject"] for row in left if row["state"] == "dead"}
        assert all(row["state"] == "dead" or row["subject"] in blocked for row in left), left
        self.nothing_had_its_effect_twice()
        self.every_message_is_live_or_settled_once()


def test_the_ledger_survives_everything_in_any_order(ledger: Ledger) -> None:
    Machine.ledger = ledger
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )
