"""Exceptions of one cause are one group: counted from an index, retried first alone, then all, and never sent twice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import Engine

from adapters.errors import Rejected
from fleet_tests.ledger import Ledger, Partner
from workers import recovery
from workers.cases import group_retries
from workers.spine import dead_letters
from workers.spine.people import CannotDo, Person
from workers.spine.runtime import Runtime
from workers.views.exception_groups import group_retries as progress
from workers.views.exception_groups import groups


def file(ledger: Ledger, kind: str, subject: str, reason: str, **more: Any) -> bool:
    row = ledger.store.row(
        "select file_exception(%s, %s, %s, %s, %s, 'operations', %s, %s, 'mend it', null, null) as new",
        kind, subject, more.get("story", subject.rpartition(":")[2]), more.get("flow", "orders-out"),
        more.get("connection", "leeds"), more.get("severity", "error"), reason,
    )  # fmt: skip
    assert row is not None
    return bool(row["new"])


def died(ledger: Ledger, runtime: Runtime, partner: Partner, how_many: int, *, after: bool = False) -> str:
    """So many orders that the warehouse refused for one reason; their group's key."""
    for n in range(how_many):
        ledger.post(f"SO{n}-1")
    fault = Rejected("postcode LS1 4AB is not known", maybe_done=after)
    partner.faults = [("after" if after else "before", fault) for _ in range(how_many)]
    ledger.drain(partner)
    for message in ledger.store.rows("select id, generation from message where state = 'dead' order by id"):
        assert dead_letters.file_dead(runtime, message["id"], message["generation"])
    row = ledger.store.row("select min(group_key) as key, count(distinct group_key) as n from exception")
    assert row
    assert row["n"] == 1
    return str(row["key"])


def hurry(ledger: Ledger) -> None:
    ledger.store.run("update group_retry set moved_at = moved_at - interval '1 minute'")


def test_one_refused_sku_at_four_buildings_is_one_group(ledger: Ledger, engine: Engine) -> None:
    for place in ("leeds", "york", "hull", "acs"):
        file(ledger, "sku_refused", f"sku:{place}:MUG", f"{place} refuses MUG: commodity code '69120023' is not known",
             flow="sku-sync", connection=place)  # fmt: skip
    (group,) = groups(engine)
    assert (group["n"], group["stories"], group["connections"]) == (4, 1, ["acs", "hull", "leeds", "york"])
    assert group["words"] == "… refuses …: commodity code … is not known"
    assert group["reason"].startswith("leeds refuses MUG")


@pytest.mark.parametrize(
    ("kind", "one", "other", "together"),
    [
        ("refused_by_warehouse", "order SO1-1 has no line 3", "order SO2-1 has no line 17", True),
        ("refused_by_warehouse", "HTTP 400: 'MUG' unknown", "HTTP 400: 'BOWL', 'TRAY' unknown", True),
        ("refused_by_warehouse", "the postcode is unknown", "the town is unknown", False),
        ("unknown_carrier", "carrier.code 'DPD': add a row", "carrier.code 'DPD': add a row", True),
        ("unknown_carrier", "carrier.code 'DPD': add a row", "carrier.code 'EVRI': add a row", False),
        ("unknown_carrier", "carrier='DPD': add a row", "carrier='EVRI': add a row", False),
        ("route_unmapped", "routing='country=GB': add a rule", "routing='country=FR': add a rule", False),
    ],
)  # fmt: skip
def test_what_differs_from_case_to_case_is_left_out_and_what_a_table_lacks_is_not(
    ledger: Ledger, engine: Engine, kind: str, one: str, other: str, *, together: bool
) -> None:
    file(ledger, kind, "order:SO1-1", one, story="SO1")
    file(ledger, kind, "order:SO2-1", other, story="SO2")
    assert len(groups(engine)) == (1 if together else 2)


def test_other_connections_kinds_and_flows_are_other_groups_and_filters_find_them(
    ledger: Ledger, engine: Engine
) -> None:
    file(ledger, "bad_address", "order:SO1-1", "no postcode", severity="warning")
    file(ledger, "bad_address", "order:SO2-1", "no postcode", connection="york")
    file(ledger, "refused_by_warehouse", "order:SO1-1", "no postcode", severity="critical")
    file(ledger, "bad_address", "order:SO1-1/S1", "no postcode", flow="dispatch-in")
    assert [g["severity"] for g in groups(engine)] == ["critical", "error", "error", "warning"]
    assert [g["flow"] for g in groups(engine, flow="dispatch-in")] == ["dispatch-in"]
    assert [g["connections"] for g in groups(engine, connection="york")] == [["york"]]
    assert [g["severity"] for g in groups(engine, kind="bad_address", connection="leeds", flow="orders-out")] == [
        "warning"
    ]
    assert groups(engine, owner="finance") == []


def test_the_value_of_an_orders_goods_is_at_risk_by_its_own_prices_or_the_catalogues(
    ledger: Ledger, engine: Engine
) -> None:
    ledger.store.run(
        "insert into fulfilment"
        " (reference, erp, order_code, number, invoice_code, state, fingerprint, requested, stage)"
        " values ('SO1-1', 'khaos', 'SO1', 1, 'SI1', 'new', '', '{\"MUG\": 3, \"BOWL\": 2}', 9)"
    )
    for code, price in (("MUG", "5.00"), ("BOWL", "8.50")):
        ledger.store.run(
            "insert into product (erp, code, for_warehouse, body, record_id) values ('khaos', %s, true, %s, 1)",
            code, json.dumps({"sell_price": price}),
        )  # fmt: skip
    file(ledger, "bad_address", "order:SO1-1", "no postcode")
    file(ledger, "bad_address", "order:SO9-1", "no postcode")
    (group,) = groups(engine)
    assert (str(group["value"]), group["valued"], group["n"]) == ("32.00", 1, 2)
    ledger.post("SO1-1")
    ledger.store.run('update message_body set body = \'{"lines": [{"sku": "MUG", "unit_price": "4.00"}]}\'')
    ledger.store.run(
        "select file_exception('crashed', 'order:SO1-1', 'SO1', 'orders-out', 'leeds', 'engineering', 'critical', 'x',"
        " 'y', (select id from message), null)"
    )
    assert str(groups(engine, kind="crashed")[0]["value"]) == "29.00"


def test_exceptions_from_before_there_were_groups_are_named(ledger: Ledger, engine: Engine) -> None:
    for n in range(3):
        file(ledger, "bad_address", f"order:SO{n}-1", "no postcode")
    ledger.store.run("update exception set group_key = null, group_words = null")
    assert groups(engine) == []
    assert ledger.store.row("select name_groups(2) as n") == {"n": 2}
    assert ledger.store.row("select name_groups(2) as n") == {"n": 1}
    assert [g["n"] for g in groups(engine)] == [3]


def test_the_first_is_retried_alone_then_all_at_their_rate_and_each_is_sent_once(
    ledger: Ledger, runtime: Runtime, partner: Partner, engine: Engine, mo: Person
) -> None:
    key = died(ledger, runtime, partner, 7)
    assert group_retries.retry_first(ledger.store, key, mo)["retried"] == "SO0-1"
    ledger.drain(partner)
    assert [g["n"] for g in groups(engine)] == [6]
    number = group_retries.retry_group(ledger.store, key, mo, "the postcode file was loaded", per_minute=3)
    with pytest.raises(CannotDo, match="is being worked off"):
        group_retries.retry_group(ledger.store, key, mo)
    assert group_retries.work_off(ledger.store) == 1  # one at once, the others by their rate
    assert group_retries.work_off(ledger.store) == 0
    hurry(ledger)
    assert group_retries.work_off(ledger.store) == 3
    partner.faults = [("before", Rejected("postcode LS1 4AB is not known"))]
    ledger.drain(partner)
    for message in ledger.store.rows("select id, generation from message where state = 'dead' order by id"):
        dead_letters.file_dead(runtime, message["id"], message["generation"])
    (told,) = progress(engine, key)
    assert [told[name] for name in ("state", "total", "closed", "failed_again", "left")] == ["running", 6, 3, 1, 2]
    hurry(ledger)
    assert group_retries.work_off(ledger.store) == 2
    group_retries.work_off(ledger.store)
    hurry(ledger)
    group_retries.work_off(ledger.store)
    ledger.drain(partner)
    (told,) = progress(engine, key)
    assert [told[name] for name in ("state", "closed", "failed_again", "left")] == ["done", 5, 1, 0]
    assert [g["n"] for g in groups(engine)] == [1]
    assert set(map(len, partner.books.values())) == {1}
    assert ledger.store.row("select who, note from timeline where step = 'group retried'") == {
        "who": "Mo", "note": "6 exceptions; the postcode file was loaded",
    }  # fmt: skip
    assert number == told["id"]


def test_what_may_have_been_sent_is_looked_up_and_not_sent_again(
    ledger: Ledger, runtime: Runtime, partner: Partner, mo: Person
) -> None:
    key = died(ledger, runtime, partner, 4, after=True)
    group_retries.retry_group(ledger.store, key, mo, per_minute=600)
    group_retries.work_off(ledger.store)
    hurry(ledger)
    assert group_retries.work_off(ledger.store) == 3
    ledger.time_passes()
    ledger.drain(partner)
    assert sorted(partner.pushes.values()) == [1, 1, 1, 1]
    assert sorted(partner.looks.values()) == [1, 1, 1, 1]


def test_a_retry_goes_on_in_another_process_and_can_be_stopped(
    ledger: Ledger, runtime: Runtime, partner: Partner, engine: Engine, mo: Person
) -> None:
    key = died(ledger, runtime, partner, 5)
    number = group_retries.retry_group(ledger.store, key, mo, per_minute=2)
    group_retries.work_off(ledger.store)
    other = ledger.another()  # the first process is gone; nothing of the retry was in its memory
    hurry(ledger)
    assert group_retries.work_off(other) == 2
    group_retries.stop(other, number, mo)
    hurry(ledger)
    assert group_retries.work_off(other) == 0
    (told,) = progress(engine)
    assert (told["state"], told["retried"], told["ended_by"]) == ("stopped", 3, "Mo")
    with pytest.raises(CannotDo, match="no retry"):
        group_retries.stop(other, number, mo)


def test_two_processes_at_once_retry_each_exception_once(
    ledger: Ledger, runtime: Runtime, partner: Partner, mo: Person
) -> None:
    key = died(ledger, runtime, partner, 12)
    group_retries.retry_group(ledger.store, key, mo, per_minute=600)
    group_retries.work_off(ledger.store)
    hurry(ledger)
    stores = [ledger.another(), ledger.another()]
    ledger.in_threads(2, lambda n: group_retries.work_off(stores[n]))
    assert ledger.store.row("select retried from group_retry") == {"retried": 12}
    assert ledger.store.row("select count(*) as n from timeline where step = 'retried'") == {"n": 12}


def test_what_cannot_be_retried_is_counted_and_says_why(ledger: Ledger, engine: Engine, mo: Person) -> None:
    file(ledger, "dispatch_overdue", "order:SO1-1", "it is late")
    (group,) = groups(engine)
    with pytest.raises(CannotDo, match="no message"):
        group_retries.retry_first(ledger.store, group["key"], mo)
    group_retries.retry_group(ledger.store, group["key"], mo)
    group_retries.work_off(ledger.store)
    (told,) = progress(engine)
    assert (told["refused"], told["retried"]) == (1, 0)
    row = ledger.store.row("select note from timeline where step = 'not retried'")
    assert row
    assert "has no message to send again" in row["note"]
    with pytest.raises(CannotDo, match="no exception stands open"):
        group_retries.retry_group(ledger.store, "nothing", mo)


def test_one_that_breaks_holds_up_neither_its_group_nor_the_next(
    ledger: Ledger, runtime: Runtime, partner: Partner, mo: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = died(ledger, runtime, partner, 3)
    file(ledger, "unknown_carrier", "order:SO9-1", "carrier='DPD': add a row")
    other = ledger.store.row("select group_key as key from exception where kind = 'unknown_carrier'")
    assert other
    second = ledger.store.row("select id from exception where subject = 'order:SO1-1'")
    assert second
    whole = recovery.retry_within

    def breaks(db: Any, number: int, person: Person, **more: Any) -> str:
        if number == second["id"]:
            raise KeyError("a row that nobody thought of")
        return whole(db, number, person, **more)

    monkeypatch.setattr(recovery, "retry_within", breaks)
    group_retries.retry_group(ledger.store, key, mo)
    group_retries.dismiss_group(ledger.store, other["key"], mo, "not sold any more")
    for _ in range(6):
        hurry(ledger)
        group_retries.work_off(ledger.store)
    rows = ledger.store.rows("select state, retried, refused from group_retry order by id")
    assert [(row["state"], row["retried"], row["refused"]) for row in rows] == [("done", 2, 1), ("done", 1, 0)]
    named = ledger.store.row("select note from timeline where step = 'not retried'")
    assert named
    assert "KeyError" in named["note"]
