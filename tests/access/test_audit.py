"""The record of what people did only grows, and whoever changes it is found."""

from __future__ import annotations

import json
import threading

import psycopg
import pytest

from workers.access import audit
from workers.access.audit import Actor
from workers.ledger.store import Store

ANNA = Actor("local:anna", "Anna", address="192.0.2.7")


def three(store: Store) -> None:
    audit.record(store, ANNA, "exception retried", "exception 19", reason="the table was mended")
    audit.record(
        store,
        ANNA,
        "message edited",
        "exception 20",
        before={"town": "Leeds"},
        after={"town": 'Łódź\u0001\x7f"\\ \U0001f4e6'},
    )
    audit.record(store, Actor("os:root", "Bob", "Bob", "root", "vm1"), "gate opened", "connection leeds")


def all_of(store: Store) -> list[dict[str, object]]:
    return list(audit.every(store))


def tampered(store: Store, sql: str) -> None:
    """As somebody does who owns the database and switches its triggers off."""
    with store.connection() as db, db.transaction():
        db.execute("set local session_replication_role = replica")
        db.execute(sql.encode())


def test_an_entry_says_who_what_why_and_what_changed(store: Store) -> None:
    three(store)
    newest, edited, first = audit.entries(store)
    assert (first["subject"], first["address"], first["reason"]) == ("local:anna", "192.0.2.7", "the table was mended")
    assert first["detail"] is None
    assert json.loads(edited["detail"])["before"] == {"town": "Leeds"}
    assert (newest["subject"], newest["claimed"], newest["os_user"], newest["host"]) == (
        "os:root",
        "Bob",
        "root",
        "vm1",
    )
    assert [row["id"] for row in audit.entries(store, subject="local:anna", before=2)] == [1]


def test_an_export_is_proven_without_the_ledger(store: Store) -> None:
    three(store)
    lines = [audit.as_line(entry) for entry in audit.every(store)]
    verdict = audit.verify(json.loads(line) for line in lines)
    assert (verdict.entries, verdict.faults, verdict.last_hash) == (3, (), json.loads(lines[2])["hash"])


def test_an_entry_of_a_transaction_that_fails_leaves_no_gap(store: Store) -> None:
    audit.record(store, ANNA, "exception retried", "exception 1")
    with pytest.raises(psycopg.errors.DivisionByZero), store.transaction() as db:  # noqa: PT012  both are its point
        audit.record(db, ANNA, "exception retried", "exception 2")
        db.execute("select 1 / 0")
    audit.record(store, ANNA, "exception retried", "exception 3")
    assert [(row["id"], row["object"]) for row in all_of(store)] == [(1, "exception 1"), (2, "exception 3")]


def test_many_who_record_at_once_make_one_chain(store: Store) -> None:
    def work(n: int) -> None:
        for m in range(20):
            audit.record(store, ANNA, "exception retried", f"exception {n}-{m}", after={"n": m})

    threads = [threading.Thread(target=work, args=(n,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = audit.verify(audit.every(store))
    assert (verdict.entries, verdict.faults) == (100, ())


@pytest.mark.parametrize(
    "sql",
    [
        "update audit_entry set subject = 'local:bob'",
        "delete from audit_entry",
        "truncate audit_entry cascade",
        "update audit_detail set detail = '{}'",
        "delete from audit_detail",
        "truncate audit_detail",
    ],
)
def test_nothing_of_it_is_changed_or_deleted(store: Store, sql: str) -> None:
    three(store)
    with pytest.raises(psycopg.errors.RaiseException, match="only added to"):
        store.run(sql)
    assert audit.verify(audit.every(store)).faults == ()


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("update audit_entry set subject = 'local:bob' where id = 2", "entry 2: it was changed"),
        ("update audit_entry set at = at - interval '1 day' where id = 1", "entry 1: it was changed"),
        ("delete from audit_entry where id = 2", "entry 3: it follows entry 1"),
        ("update audit_detail set detail = '{}' where entry = 2", "entry 2: what it says of before and after"),
        ("update audit_entry set hash = sha256('x') where id = 3", "entry 3: it was changed"),
    ],
)
def test_whoever_changes_it_all_the_same_is_found(store: Store, sql: str, fault: str) -> None:
    three(store)
    tampered(store, sql)
    assert any(found.startswith(fault) for found in audit.verify(audit.every(store)).faults)


def test_a_record_that_was_cut_short_has_another_last_hash(store: Store) -> None:
    three(store)
    kept = audit.verify(audit.every(store)).last_hash
    tampered(store, "delete from audit_entry where id = 3")
    assert audit.verify(audit.every(store)).last_hash != kept


def test_what_an_act_changed_can_be_forgotten_and_the_entry_stays_proven(store: Store) -> None:
    three(store)
    assert store.row("select forget_act_details(%s) as n", [1, 2]) == {"n": 1}
    verdict = audit.verify(audit.every(store))
    assert (verdict.entries, verdict.forgotten, verdict.faults) == (3, 1, ())


def test_what_acts_changed_goes_by_age(store: Store) -> None:
    three(store)
    assert store.row("select purge_act_details(13, 100) as n") == {"n": 0}
    tampered(store, "update audit_entry set at = now() - interval '14 months'")
    assert store.row("select purge_act_details(13, 100) as n") == {"n": 1}
