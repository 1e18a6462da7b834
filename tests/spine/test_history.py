"""What becomes history is counted once, and what is purged by age is looked at once."""

from __future__ import annotations

from collections import Counter

from fleet_tests.ledger import Ledger
from workers.spine import history
from workers.spine.runtime import Runtime


def settle(ledger: Ledger, references: list[str], hours_ago: float) -> None:
    for reference in references:
        ledger.post(reference)
        ledger.store.run("select finish(id, 'withdrawn', 'test', 'fleet') from message where reference = %s", reference)
        ledger.store.run(
            "update message_settled set settled_at = now() - make_interval(secs => %s) where reference = %s",
            3600 * hours_ago,
            reference,
        )


def counted(ledger: Ledger) -> Counter[tuple[str, str]]:
    rows = ledger.store.rows("select flow, state, n from settled_so_far()")
    return Counter({(row["flow"], row["state"]): row["n"] for row in rows})


def test_what_was_settled_is_counted_once_however_often_the_count_goes_on(ledger: Ledger, runtime: Runtime) -> None:
    settle(ledger, ["SO1-1", "SO2-1"], 5)
    settle(ledger, ["SO3-1"], 0)
    for _ in range(3):
        history.count_settled(runtime)
        assert counted(ledger) == {("orders-out", "withdrawn"): 3}
    row = ledger.store.row("select n from settled_count")
    assert row["n"] == 2  # the newest is left for later: somebody may still be settling
    ledger.store.run("update history_mark set counted_to = counted_to - interval '1 minute'")
    settle(ledger, ["SO4-1"], 0)
    history.count_settled(runtime)
    assert counted(ledger) == {("orders-out", "withdrawn"): 4}


def test_bodies_are_purged_by_age_and_the_purge_goes_on_where_it_ended(ledger: Ledger, runtime: Runtime) -> None:
    month = 24 * 31
    keep = runtime.configuration.fleet.keep_bodies_months
    settle(ledger, ["SO1-1"], (keep + 2) * month)
    settle(ledger, ["SO2-1"], (keep - 2) * month)
    history.purge(runtime)
    assert bodies(ledger) == ["SO2-1"]
    before = ledger.store.row("select bodies_purged_to from history_mark")
    ledger.store.run(
        "update message_settled set settled_at = now() - make_interval(months => %s, days => 0) - interval '1 minute'"
        " where reference = 'SO2-1'",
        keep,
    )
    ledger.store.run("update history_mark set bodies_purged_to = bodies_purged_to - interval '1 hour'")
    history.purge(runtime)
    assert bodies(ledger) == []
    assert (
        ledger.store.row("select bodies_purged_to from history_mark")["bodies_purged_to"] > before["bodies_purged_to"]
    )


def test_bodies_leave_by_age_whatever_the_state_and_their_owner_is_told_a_month_before(
    ledger: Ledger, runtime: Runtime
) -> None:
    keep = runtime.configuration.fleet.keep_bodies_months
    for reference, state in (("SO1-1", "dead"), ("SO2-1", "held"), ("SO3-1", "waiting"), ("SO4-1", "dead")):
        ledger.post(reference)
        ledger.store.run("update message set state = %s where reference = %s", state, reference)
    made = "update message set created_at = now() - make_interval(months => %s) + make_interval(days => %s)"
    ledger.store.run(made, keep, 20)
    ledger.store.run(f"{made} where reference = 'SO4-1'", 0, 0)
    history.purge(runtime)
    told = ledger.store.row("select reason, owner from exception where kind = 'bodies_leave' and state = 'open'")
    assert (told["reason"].startswith("3 messages wait or are dead"), told["owner"]) == (True, "support")
    assert len(ledger.store.rows("select 1 from message_body")) == 4
    ledger.store.run(f"{made} where reference <> 'SO4-1'", keep, -1)
    history.purge(runtime)
    left = ledger.store.rows("select m.reference from message_body b join message m on m.id = b.message_id")
    assert [row["reference"] for row in left] == ["SO4-1"]
    assert {ledger.state(one) for one in ("SO1-1", "SO2-1", "SO3-1")} == {"dismissed"}
    history.purge(runtime)
    assert ledger.store.rows("select 1 from exception where kind = 'bodies_leave' and state = 'open'") == []


def test_a_record_that_lies_in_no_month_is_purged_by_its_age_or_comes_into_its_month(
    ledger: Ledger, runtime: Runtime
) -> None:
    record = (
        "insert into record (received_at, connection, source, body)"
        " values (date_trunc('month', now()) + %s::interval, 'x', 'y', 'z')"
    )
    ledger.store.run(record, "-5 years")
    ledger.store.run("select drop_month(name) from months_of('record') order by ends desc limit 1")
    ledger.store.run(record, "2 months 3 days")
    assert ledger.store.row("select count(*) as n from record_other")["n"] == 2
    history.purge(runtime)
    assert ledger.store.row("select count(*) as n from record_other")["n"] == 0
    assert ledger.store.row("select count(*) as n from record where received_at > now()")["n"] == 1


def bodies(ledger: Ledger) -> list[str]:
    rows = ledger.store.rows(
        "select s.reference from message_settled s join message_body b on b.message_id = s.id order by 1"
    )
    return [row["reference"] for row in rows]
