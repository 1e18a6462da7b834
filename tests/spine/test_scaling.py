"""What an autoscaler is told of a queue: the calls that its workers make or could begin now, and no more."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

import psycopg
import pytest
import yaml

from fleet_tests.ledger import Ledger, Partner
from fleet_tests.places import ROOT
from workers.broker.queues import FLOWS
from workers.ledger.store import Claimed
from workers.spine.outcomes import Outcome

OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
SCALERS = ROOT / "deploy" / "kubernetes" / "peak" / "scaling.yaml"


def asked(path: Path = SCALERS) -> dict[str, str]:
    """The query of each ScaledObject, by its name."""
    found = [one for one in yaml.safe_load_all(path.read_text()) if one["kind"] == "ScaledObject"]
    return {
        one["metadata"]["name"]: trigger["metadata"]["query"] for one in found for trigger in one["spec"]["triggers"]
    }


def ready(ledger: Ledger, queue: str = "orders-out") -> int:
    """What the autoscaler's own query answers."""
    with psycopg.connect(ledger.dsn) as connection:
        row = connection.execute(asked()[queue]).fetchone()
    return int(row[0])


def test_each_queue_that_is_scaled_is_asked_for_by_its_own_name(ledger: Ledger) -> None:
    assert asked()
    assert set(asked()) <= set(FLOWS)
    for queue, query in asked().items():
        assert re.findall(r"ready_by_queue\('([a-z-]+)'\)", query) == [queue]
        assert ready(ledger, queue) == 0


def test_messages_that_may_go_count_up_to_the_call_slots_of_their_connection(ledger: Ledger) -> None:
    ledger.connection("york", slots=2)
    ledger.post("SO1-1")
    ledger.post("SO2-1", connection="york")
    assert ready(ledger) == 2
    for n in range(3, 20):
        ledger.post(f"SO{n}-1", connection="york")
    assert ready(ledger) == 1 + 2
    assert ready(ledger, "sku-sync") == 0


def test_a_queue_s_share_of_a_connection_is_its_limit(ledger: Ledger) -> None:
    ledger.connection("york", slots=8, orders_out=3)
    for n in range(20):
        ledger.post(f"SO{n}-1", connection="york")
    assert ready(ledger) == 3


def test_what_a_gate_holds_what_is_not_due_and_what_follows_another_does_not_count(ledger: Ledger) -> None:
    ledger.post("SO1-1", gates=("sku:leeds:A",))
    assert ready(ledger) == 0
    ledger.post("SO2-1")
    ledger.store.run("update message set due_at = now() + interval '1 hour' where reference = 'SO2-1'")
    assert ready(ledger) == 0
    ledger.post("SO3-1", subject="order:SO3")
    ledger.post("SO3-2", subject="order:SO3")
    assert ready(ledger) == 1
    ledger.store.row("select open_gates(array['sku:leeds:A'], 'confirmed')")
    assert ready(ledger) == 2


@pytest.mark.parametrize(
    "change", ["shut_kind = 'down', shut_since = now()", "rests_until = now() + interval '1 minute'"]
)
def test_a_connection_that_is_shut_or_rests_counts_nothing(ledger: Ledger, change: str) -> None:
    ledger.post("SO1-1")
    assert ready(ledger) == 1
    ledger.store.run(f"update connection set {change}")  # noqa: S608  one of the two above
    assert ready(ledger) == 0


def test_what_is_worked_on_counts_with_what_waits_so_busy_workers_are_not_taken_away(ledger: Ledger) -> None:
    for n in range(3):
        ledger.post(f"SO{n}-1")

    class Looks(Partner):
        seen: ClassVar[list[int]] = []

        def push(self, message: Claimed, wire: bytes) -> Outcome:
            self.seen.append(ready(ledger))
            return super().push(message, wire)

    partner = Looks()
    ledger.drain(partner, most=1)
    assert partner.seen == [3, 2, 1], "one is under way each time, the others wait"
    assert ready(ledger) == 0


def test_a_long_backlog_costs_no_more_than_its_head(ledger: Ledger) -> None:
    ledger.store.run(
        "insert into message (flow, connection, kind, reference, version, subject, story, lane)"
        " select 'orders-out', 'leeds', 'order', 'B' || n, 1, 'order:' || n, 'B' || n, 'orders-out'"
        " from generate_series(1, 20000) n"
    )
    with psycopg.connect(ledger.dsn, autocommit=True) as connection:
        plan = connection.execute(f"explain (analyze, buffers, format json) {asked()['orders-out']}").fetchone()
    assert ready(ledger) == 4
    assert plan[0][0]["Plan"]["Shared Hit Blocks"] + plan[0][0]["Plan"]["Shared Read Blocks"] < 8000


def test_a_role_of_its_own_needs_to_read_three_tables_and_no_body(ledger: Ledger) -> None:
    statements = re.findall(
        r'^psql "\$DATABASE_URL" --command="(create role [^"]+|grant [^"]+)"$', OPERATIONS, re.MULTILINE
    )
    assert len(statements) == 2
    ledger.post("SO1-1")
    with psycopg.connect(ledger.dsn) as connection:  # rolled back: roles are the whole server's
        for statement in statements:
            connection.execute(statement)
        connection.execute("set local role fleet_scaling")
        assert connection.execute(asked()["orders-out"]).fetchone() == (1,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select body from message_body")
        connection.rollback()
