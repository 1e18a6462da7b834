"""What a side said is stored once and read into messages; what cannot be read is its own dead letter."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from fleet_tests.ledger import Ledger
from mappings.errors import Unmappable, Unreadable
from workers import config, recovery
from workers.ledger.store import NewMessage
from workers.spine import dead_letters, reading
from workers.spine.people import CannotDo, Person
from workers.spine.runtime import Runtime
from workers.wiring.systems import SYSTEMS

TOML = """
[fleet]
database_url = "{database}"
broker_url = "redis://127.0.0.1:9/0"
[connections.khaos]
system = "khaos"
url = "http://127.0.0.1:9/K.exe"
"""
MO = Person("Mo")


class Reader:
    """Reads a body of words into a message each; some words it cannot read yet."""

    def __init__(self) -> None:
        self.cannot: dict[str, Exception] = {}

    def __call__(self, here: reading.Reading) -> None:
        for word in here.record.body.decode().split():
            error = self.cannot.get(word)
            if isinstance(error, Unmappable):
                here.park("orders-out", Unreadable(word, error))
                continue
            if error is not None:
                raise error
            here.post(
                NewMessage(
                    flow="orders-out", connection="leeds", kind="order", reference=word, subject=f"order:{word}",
                    story=word, body={"say": word}, fingerprint=word,
                )
            )  # fmt: skip


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def runtime(ledger: Ledger, tmp_path: Path) -> Runtime:
    (tmp_path / "fleet.toml").write_text(TOML.format(database=ledger.dsn))
    made = Runtime(config.read(tmp_path / "fleet.toml", SYSTEMS))
    made.__dict__["store"] = ledger.store
    return made


@pytest.fixture
def read(runtime: Runtime, reader: Reader) -> Callable[[], int]:
    return lambda: reading.read_inbox(runtime, lambda _connection, _source: ("orders-out", reader))


def said(ledger: Ledger, body: str, key: str = "") -> int | None:
    found: int | None = ledger.store.receive("leeds", "webhook x.y", key or body, body.encode())
    return found


def references(ledger: Ledger, state: str = "queued") -> list[str]:
    rows = ledger.store.rows("select reference from message where state = %s order by reference", state)
    return [row["reference"] for row in rows]


def file_all(runtime: Runtime) -> None:
    for row in runtime.store.rows("select id, generation from message where state = 'dead'"):
        dead_letters.file_dead(runtime, row["id"], row["generation"])


def test_the_same_receipt_key_is_stored_once_however_many_tell_it_at_once(ledger: Ledger) -> None:
    told: list[int | None] = []
    lock = threading.Lock()

    def tell(_: int) -> None:
        new = said(ledger, "A", "event-1")
        with lock:
            told.append(new)

    ledger.in_threads(6, tell)
    assert len([one for one in told if one is not None]) == 1
    assert ledger.store.row("select count(*) as n from record")["n"] == 1


def test_the_same_key_of_another_source_is_another_record(ledger: Ledger) -> None:
    assert ledger.store.receive("leeds", "sweep", "k", b"A") is not None
    assert ledger.store.receive("leeds", "order", "k", b"A") is not None
    assert ledger.store.receive("york", "order", "k", b"A") is not None


def test_a_record_is_read_once_and_reading_it_again_says_nothing_new(
    ledger: Ledger, runtime: Runtime, read: Callable[[], int]
) -> None:
    record = said(ledger, "A B C")
    assert (read(), read()) == (1, 0)
    assert references(ledger) == ["A", "B", "C"]
    assert record is not None
    assert runtime.store.row("select read_record_again(%s)", record)
    assert read() == 1
    assert references(ledger) == ["A", "B", "C"]


def test_an_unreadable_entry_is_a_dead_message_of_its_own_and_spoils_no_neighbour(
    ledger: Ledger, read: Callable[[], int], reader: Reader
) -> None:
    reader.cannot["B"] = Unmappable("grade", "B", "add a row to the table")
    said(ledger, "A B C")
    said(ledger, "D")
    read()
    assert (references(ledger), references(ledger, "dead")) == (["A", "C", "D"], ["B"])


def test_a_record_that_breaks_the_reader_spoils_no_neighbour_and_is_dead_after_five_tries(
    ledger: Ledger, read: Callable[[], int], reader: Reader
) -> None:
    reader.cannot["B"] = ZeroDivisionError()
    said(ledger, "A B")
    said(ledger, "C")
    for _ in range(5):
        read()
        ledger.store.run("update record_unread set due_at = now()")
    assert references(ledger) == ["C"], "what was half read is rolled back"
    dead = ledger.store.row("select error_kind, error from message where state = 'dead'")
    assert (dead["error_kind"], "ZeroDivisionError" in dead["error"]) == ("unreadable", True)
    assert read() == 0


def test_the_retry_of_an_unreadable_entry_reads_its_record_again(
    ledger: Ledger, runtime: Runtime, read: Callable[[], int], reader: Reader
) -> None:
    reader.cannot["B"] = Unmappable("grade", "B", "add a row to the table")
    said(ledger, "A B")
    read()
    file_all(runtime)
    found = ledger.store.row("select * from exception")
    assert (found["kind"], found["state"]) == ("unmappable", "open")
    recovery.retry(ledger.store, found["id"], MO)
    from workers.wiring.handlers import handler_for  # noqa: PLC0415  the real handler of a retry, nothing else of wiring

    def again() -> None:
        ledger.drain(None, handler=lambda flow, connection, kind: handler_for(runtime, flow, connection, kind))

    ledger.store.run("update message set due_at = now() + interval '1 hour' where kind <> 'read'")
    again()
    read()
    assert references(ledger, "dead") == ["B"], "not mended: the same verdict is heard again"
    file_all(runtime)
    reader.cannot.clear()
    recovery.retry(ledger.store, ledger.store.row("select id from exception where state = 'open'")["id"], MO)
    again()
    read()
    assert references(ledger) == ["A", "B"]
    assert ledger.store.rows("select 1 from exception where state = 'open'") == []


def test_many_readers_at_once_read_each_record_once(ledger: Ledger, read: Callable[[], int]) -> None:
    for n in range(120):
        said(ledger, f"R{n}")
    taken: list[int] = []
    ledger.in_threads(4, lambda _: taken.append(read()))
    read()
    assert sum(taken) >= 100
    assert len(references(ledger)) == 120
    assert ledger.store.row("select count(*) as n from record_unread")["n"] == 0


def test_a_retry_of_poison_reads_it_again_and_an_edit_of_it_is_refused(ledger: Ledger, runtime: Runtime) -> None:
    record = said(ledger, "\x00 rubbish", "poison-1")
    assert record is not None
    dead_letters.file_poison(runtime, "orders-out.dead", record, "poison", "9 bytes")
    found = ledger.store.row("select * from exception")
    assert (found["flow"], found["owner"]) == ("orders-out", "engineering")
    with pytest.raises(CannotDo, match="no message"):
        recovery.retry(ledger.store, found["id"], MO, body={"x": 1})
