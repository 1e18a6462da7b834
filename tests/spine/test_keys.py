"""What was said is one message, whoever says it how often; another content is another version."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet_tests.ledger import Ledger
from workers.spine import history
from workers.spine.runtime import Runtime

NUMBERS = itertools.count(1)


def versions(ledger: Ledger, reference: str) -> list[tuple[int, str]]:
    rows = ledger.store.rows(
        "select version, fingerprint from message_key where reference = %s order by version", reference
    )
    return [(row["version"], row["fingerprint"]) for row in rows]


def test_the_same_again_is_no_message_and_there_and_back_is_three_versions(ledger: Ledger) -> None:
    assert ledger.post("SO1-1", "A") is not None
    assert ledger.post("SO1-1", "A") is None
    assert ledger.post("SO1-1", "B") is not None
    assert ledger.post("SO1-1", "A") is not None
    assert ledger.post("SO1-1", "A") is None
    assert versions(ledger, "SO1-1") == [(1, "A"), (2, "B"), (3, "A")]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(st.sampled_from("ABC"), min_size=1, max_size=12))
def test_versions_are_the_runs_of_equal_contents(ledger: Ledger, said: list[str]) -> None:
    reference = f"SO{next(NUMBERS)}"
    for word in said:
        ledger.post(reference, word)
    runs = [word for n, word in enumerate(said) if n == 0 or said[n - 1] != word]
    assert versions(ledger, reference) == list(enumerate(runs, 1))
    live = ledger.store.rows("select version from message where reference = %s", reference)
    assert [row["version"] for row in live] == [len(runs)], "what was not pushed is superseded by the newest"


@pytest.mark.parametrize("differs", ["flow", "connection", "kind", "reference"])
def test_the_key_is_flow_connection_kind_and_reference(ledger: Ledger, differs: str) -> None:
    said = {"flow": "orders-out", "connection": "leeds", "kind": "order", "reference": "SO1-1"}
    first = ledger.post(**said, subject="s")
    second = ledger.post(**{**said, differs: "sku-sync" if differs == "flow" else "other"}, subject="s")
    assert None not in (first, second)
    assert ledger.post(**said, subject="s") is None


@pytest.mark.parametrize("state", ["queued", "waiting", "held", "dead"])
def test_a_newer_version_supersedes_what_was_not_pushed_yet(ledger: Ledger, state: str) -> None:
    old = ledger.post("SO1-1", "A")
    ledger.store.run("update message set state = %s where id = %s", state, old)
    ledger.post("SO1-1", "B")
    assert ledger.store.row("select state from message_settled where id = %s", old)["state"] == "superseded"
    assert [row["version"] for row in ledger.store.rows("select version from message")] == [2]


def test_superseding_a_dead_message_closes_its_exception(ledger: Ledger) -> None:
    old = ledger.post("SO1-1", "A")
    ledger.store.run("update message set state = 'dead', error_kind = 'bad_address' where id = %s", old)
    ledger.store.row(
        "select file_exception('bad_address', 'order:SO1-1', 'SO1', 'orders-out', 'leeds', 'support', 'error', 'r',"
        " 'n', %s, null)",
        old,
    )
    ledger.post("SO1-1", "B")
    assert ledger.store.row("select state from exception")["state"] == "resolved"


@pytest.mark.parametrize("state", ["waiting", "dead"])
def test_what_may_have_been_sent_stays_and_goes_first(ledger: Ledger, state: str) -> None:
    old = ledger.post("SO1-1", "A")
    ledger.store.run("update message set state = %s, maybe_sent_at = now() where id = %s", state, old)
    new = ledger.post("SO1-1", "B")
    assert [row["id"] for row in ledger.store.rows("select id from message order by id")] == [old, new]
    claimed = ledger.store.claim("orders-out", 60)
    assert (claimed.id if claimed else None) == (old if state == "waiting" else None)


def test_what_is_being_pushed_is_not_superseded(ledger: Ledger) -> None:
    old = ledger.post("SO1-1", "A")
    assert ledger.store.claim("orders-out", 60).id == old
    ledger.post("SO1-1", "B")
    assert ledger.store.row("select state from message where id = %s", old)["state"] == "working"
    assert ledger.store.claim("orders-out", 60) is None


def test_said_by_many_at_once_it_is_one_message(ledger: Ledger) -> None:
    for turn in range(10):
        said: list[int | None] = []

        def post(_: int, reference: str = f"SO{turn}-1", into: list[int | None] = said) -> None:
            into.append(ledger.post(reference, "A"))

        ledger.in_threads(5, post)
        assert len([one for one in said if one is not None]) == 1
    assert ledger.store.row("select count(*) as n from message")["n"] == 10


def test_two_contents_said_at_once_leave_one_message_live(ledger: Ledger) -> None:
    for turn in range(10):
        ledger.post(f"SO{turn}-1", "first")

        def post(n: int, reference: str = f"SO{turn}-1") -> None:
            ledger.post(reference, f"word {n % 2}")

        ledger.in_threads(4, post)
        kept = [version for version, _ in versions(ledger, f"SO{turn}-1")]
        assert kept == list(range(1, len(kept) + 1))
        live = ledger.store.rows("select version from message where reference = %s", f"SO{turn}-1")
        assert [row["version"] for row in live] == [max(kept)]


def age(ledger: Ledger, months: float) -> None:
    ledger.store.run("update message_key set said_at = said_at - make_interval(days => %s)", int(31 * months))


def test_a_key_goes_when_nothing_was_said_under_it_for_long(ledger: Ledger, runtime: Runtime) -> None:
    keep = runtime.configuration.fleet.keep_keys_months
    for reference in ("SO1-1", "SO2-1"):
        old = ledger.post(reference, "A")
        ledger.store.run("select finish(%s, 'withdrawn', 'test', 'fleet')", old)
    age(ledger, keep - 1)
    assert ledger.post("SO2-1", "A") is None  # it is said still: that renews it
    age(ledger, 2)
    live = ledger.post("SO3-1", "A")  # to go still, however old
    ledger.store.run("update message_key set said_at = '2001-01-01' where message_id = %s", live)
    history.purge(runtime)
    assert versions(ledger, "SO1-1") == []
    assert versions(ledger, "SO2-1") == versions(ledger, "SO3-1") == [(1, "A")]
    assert ledger.post("SO1-1", "A") is not None


def test_a_number_that_comes_again_after_its_records_month_was_dropped_is_read(
    ledger: Ledger, runtime: Runtime
) -> None:
    assert ledger.store.receive("gxo", "945", "LDS1 4711", b"first") is not None
    ledger.store.run("update record_key set received_at = received_at - interval '12 months'")
    history.purge(runtime)
    assert ledger.store.receive("gxo", "945", "LDS1 4711", b"other") is None
    ledger.store.run("update record_key set received_at = received_at - interval '3 months'")
    history.purge(runtime)
    assert ledger.store.receive("gxo", "945", "LDS1 4711", b"other") is not None
