"""Who counts as dead: whose heart stopped while the judge's own heart beat, and whose pid on this machine is gone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fleet_tests.ledger import Ledger, Partner
from workers.ledger.store import Store
from workers.spine import ringer
from workers.spine.delivery import drain
from workers.spine.machine import machine as this_machine
from workers.spine.runtime import Runtime


def a_dead_pid() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def held_by(ledger: Ledger, *, host: str = "h", pid: int = 1, machine: str = "") -> Store:
    """A process that holds a message and beats."""
    ledger.post("SO1-1")
    other: Store = ledger.another()
    assert other.claim("orders-out", 60)
    ledger.store.run(
        "update process set host = %s, pid = %s, machine = %s where id = %s", host, pid, machine, other.process_id
    )
    return other


def test_a_process_of_another_machine_with_our_name_is_not_buried(ledger: Ledger, runtime: Runtime) -> None:
    held_by(ledger, host=socket.gethostname(), pid=a_dead_pid(), machine="another boot and namespace")
    assert ringer.mark_dead_processes(runtime) == 0
    assert ledger.release_lost() == []


def test_a_process_of_an_older_release_is_left_to_its_silence(ledger: Ledger, runtime: Runtime) -> None:
    held_by(ledger, host=socket.gethostname(), pid=a_dead_pid())
    assert ringer.mark_dead_processes(runtime) == 0


def test_a_process_of_this_machine_whose_pid_is_gone_is_buried_at_once(ledger: Ledger, runtime: Runtime) -> None:
    held_by(ledger, machine=this_machine(), pid=a_dead_pid())
    assert ringer.mark_dead_processes(runtime) == 1
    assert [row["crashed"] for row in ledger.release_lost()] == [True]


def test_the_time_in_which_nobody_judged_counts_for_nobody(ledger: Ledger) -> None:
    other = held_by(ledger)
    ledger.release_lost()
    # the ledger stood still for 25 s, or nobody asked it: both rows are as old as that
    ledger.store.run("update judgement set at = at - interval '25 seconds'")
    ledger.store.run("update process set beat_at = beat_at - interval '25 seconds' where id = %s", other.process_id)
    assert ledger.release_lost() == [], "its heart could not beat"
    ledger.store.run("update judgement set gap_ended_at = gap_ended_at - interval '21 seconds'")
    ledger.store.run("update process set beat_at = beat_at - interval '21 seconds' where id = %s", other.process_id)
    assert [row["crashed"] for row in ledger.release_lost()] == [True], "it did not beat in the 21 s since"


def test_who_had_been_silent_for_long_before_the_gap_is_dead_after_it(ledger: Ledger) -> None:
    other = held_by(ledger)
    ledger.release_lost()
    ledger.store.run("update judgement set at = at - interval '25 seconds'")
    ledger.store.run("update process set beat_at = beat_at - interval '50 seconds' where id = %s", other.process_id)
    assert [row["crashed"] for row in ledger.release_lost()] == [True]


def test_who_judges_for_the_first_time_counts_from_then(ledger: Ledger) -> None:
    other = held_by(ledger)
    ledger.store.run("delete from judgement")
    ledger.store.run("update process set beat_at = beat_at - interval '25 seconds' where id = %s", other.process_id)
    assert ledger.release_lost() == [], "the ledger may have stood still until now"
    ledger.store.run("update judgement set at = at - interval '4 seconds'")
    assert ledger.release_lost() == []
    ledger.store.run("update judgement set gap_ended_at = gap_ended_at - interval '21 seconds'")
    ledger.store.run("update process set beat_at = beat_at - interval '21 seconds' where id = %s", other.process_id)
    assert [row["crashed"] for row in ledger.release_lost()] == [True], "its heart stood still while it was judged"


@pytest.fixture
def standing_still(ledger: Ledger) -> Iterator[Any]:
    """Stops every process of the Postgres server, and lets them go on."""
    stopped: list[int] = []

    def stop() -> None:
        with psycopg.connect(ledger.dsn) as one:
            row = one.execute("select pg_backend_pid()").fetchone()
            assert row is not None
            master = _parent(row[0])
        stopped.append(master)
        os.kill(master, signal.SIGSTOP)  # first: it begets no more
        stopped.extend(pid for pid in _pids() if _parent(pid) == master)
        for pid in stopped[1:]:
            os.kill(pid, signal.SIGSTOP)

    def go_on() -> None:
        while stopped:
            os.kill(stopped.pop(), signal.SIGCONT)

    yield stop, go_on
    go_on()


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*")]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except (OSError, IndexError):
        return 0


def test_a_ledger_that_stood_still_declares_nobody_dead(ledger: Ledger, partner: Partner, standing_still: Any) -> None:
    """One call at a time, a call of 14 s, and a ledger that stands still for 8 s of it; silence counts after 5 s."""
    stop, go_on = standing_still
    ledger.store.run("delete from slot where number > 1")
    ledger.post("SO1-1")
    ledger.post("SO2-1")
    partner.seconds = 14.0
    ended = threading.Event()
    worker, control = ledger.another(), ledger.another()
    released: list[Any] = []

    def heart(store: Store) -> None:
        own = Store(ledger.dsn, size=1)
        while not ended.wait(0.5):
            own.run("update process set beat_at = now() where id = %s", store.process_id)
        own.close()

    def ring() -> None:
        while not ended.wait(0.3):
            released.extend(control.rows("select * from release_lost(interval '5 seconds', '{\"leeds\": 0}')"))

    works = [
        lambda: heart(worker),
        lambda: heart(control),
        ring,
        lambda: drain(ledger.slot(partner, store=worker), "orders-out"),
    ]
    threads = [threading.Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    ends = time.monotonic() + 30
    while not partner.pushes and time.monotonic() < ends:
        time.sleep(0.05)
    stop()
    time.sleep(8)
    go_on()
    while not ledger.settled("SO1-1") and time.monotonic() < ends + 60:
        time.sleep(0.2)
    ended.set()
    for thread in threads:
        thread.join(40)
    assert [row for row in released if row["crashed"]] == []
    assert (partner.most_at_once, partner.pushes["SO1-1"]) == (1, 1)
