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


def bodies(ledger: Ledger) -> list[str]:
    rows = ledger.store.rows(
        "select s.reference from message_settled s join message_body b on b.message_id = s.id order by 1"
    )
    return [row["reference"] for row in rows]
