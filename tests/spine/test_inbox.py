"""The inbox: one record that ends its reader, or is huge, stands alone; its neighbours are read."""

from __future__ import annotations

import json
import resource
import subprocess
import sys

import pytest

from adapters.errors import ReachError
from fleet_tests.ledger import Ledger
from mappings.errors import Unmappable
from workers.spine import reading
from workers.spine.runtime import Runtime

CHILD = """
import os, sys
from types import SimpleNamespace
from workers.ledger.store import Store
from workers.spine import reading

def reader(r):
    if r.record.source == "bad":
        os._exit(9)
    r.run("insert into order_wanted (erp, code) values ('read', %s)", str(r.record.id))

reading.read_inbox(SimpleNamespace(store=Store(sys.argv[1])), lambda c, s: ("orders-out", reader))
"""


def read_in_a_process(ledger: Ledger) -> int:
    return subprocess.run([sys.executable, "-c", CHILD, ledger.dsn], timeout=120, check=False).returncode


def was_read(ledger: Ledger) -> int:
    return len(ledger.store.rows("select 1 from order_wanted where erp = 'read'"))


def test_a_record_that_ends_its_reader_twice_is_convicted_and_its_neighbours_are_read(ledger: Ledger) -> None:
    ledger.store.receive("khaos", "orders", "before", b"y")
    ledger.store.receive("leeds", "bad", "k1", b"x")
    for n in range(5):
        ledger.store.receive("khaos", "orders", f"g{n}", b"y")
    assert [read_in_a_process(ledger) for _ in range(4)] == [9, 9, 0, 0]
    assert was_read(ledger) == 6
    row = ledger.store.row("select state, error_kind, connection from message")
    assert tuple(row.values()) == ("dead", "kills_worker", "leeds")
    assert ledger.store.rows("select 1 from record_unread") == []


def test_a_record_in_a_living_readers_hand_is_left_to_it(ledger: Ledger, runtime: Runtime) -> None:
    ledger.store.receive("khaos", "orders", "k", b"y")
    other = ledger.another()
    ledger.store.run("update record_unread set taken_by = %s, alone = true", other.process_id)
    assert reading.read_inbox(runtime, lambda _c, _s: ("orders-out", lambda _r: None)) == 0
    ledger.dies(other)
    ledger.store.run("update record_unread set alone = false")
    assert reading.read_inbox(runtime, lambda _c, _s: ("orders-out", lambda _r: None)) == 1


def test_a_batch_that_the_ledger_rolled_back_is_read_again_and_nobody_is_suspected(
    ledger: Ledger, runtime: Runtime
) -> None:
    for n in range(3):
        ledger.store.receive("khaos", "orders", f"k{n}", b"y")
    cut = [True]

    def reader(one: reading.Reading) -> None:
        if cut.pop() if cut else False:
            one.run("select pg_terminate_backend(pg_backend_pid())")

    readers = lambda _c, _s: ("orders-out", reader)  # noqa: E731
    reading.read_inbox(runtime, readers)
    assert {row["deaths"] for row in ledger.store.rows("select deaths from record_unread")} == {0}
    assert reading.read_inbox(runtime, readers) == 3
    assert ledger.store.rows("select 1 from record_unread") == []


def test_a_reader_holds_one_body_at_a_time(ledger: Ledger, runtime: Runtime) -> None:
    body = b"x" * (16 * 1024 * 1024)
    for n in range(12):
        ledger.store.receive("gxo", "file", f"k{n}", body)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert reading.read_inbox(runtime, lambda _c, _s: ("dispatch-in", lambda _r: None)) == 12
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 120


def test_a_reason_that_cannot_be_stored_keeps_no_neighbour_waiting(
    ledger: Ledger, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.store.receive("leeds", "odd", "k1", b"x")
    ledger.store.receive("leeds", "good", "k2", b"y")
    monkeypatch.setattr(reading, "dead_read", lambda *_: (_ for _ in ()).throw(ReachError("no message either")))

    def reader(one: reading.Reading) -> None:
        if one.record.source == "odd":
            raise Unmappable("field", "value", "why")

    assert reading.read_inbox(runtime, lambda _c, _s: ("dispatch-in", reader)) == 2
    assert [row["kind"] for row in ledger.store.rows("select kind from exception")] == ["unreadable"]
    assert ledger.store.rows("select 1 from record_unread") == []


def test_a_value_that_no_table_can_hold_is_parked_with_its_reason(ledger: Ledger, runtime: Runtime) -> None:
    ledger.store.receive("leeds", "odd", "k1", b"x")

    def reader(_: reading.Reading) -> None:
        raise Unmappable("tracking", "TRK\x00\ud83d", "no such number", kind="unmappable")

    reading.read_inbox(runtime, lambda _c, _s: ("dispatch-in", reader))
    row = ledger.store.row("select error_kind, error from message")
    assert row["error_kind"] == "unmappable"
    assert json.dumps("TRK")[1:-1] in row["error"]
