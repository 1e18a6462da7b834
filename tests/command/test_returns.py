"""``fleet returns`` and ``fleet received``: what people see, decide and confirm, each with their name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fleet_tests.full_ledger import FullLedger
from fleet_tests.terminal import Command


def returned(world: FullLedger, reference: str = "RT0000001", **more: Any) -> str:
    row = {
        "reference": reference, "connection": "leeds", "receipt": reference, "line_id": "1", "erp": "khaos",
        "order_code": "SO1", "home": "Leeds", "sku": "A", "units": 1, "condition": "good", "state": "graded", **more,
    }  # fmt: skip
    names = ", ".join(row)
    world.store.run(
        f"insert into return_line ({names}) values ({', '.join(['%s'] * len(row))})",  # noqa: S608
        *row.values(),
    )
    world.store.run("select claim_goods('pending_return', 'Leeds', 'A', 1, 'good', %s)", f"return:{reference}")
    world.store.run("select claim_units(%s)", reference)
    return reference


def state(world: FullLedger, reference: str = "RT0000001") -> str:
    found: str = world.one("select state as it from return_line where reference = %s", reference)
    return found


def dead(world: FullLedger, reference: str = "RT0000001") -> None:
    """The return's message stands dead, as one that may be credited already."""
    world.post(
        reference, flow="returns-in", connection="khaos", kind="return", subject=f"return:{reference}", story="SO1"
    )
    world.store.run("update message set state = 'dead', error_kind = 'maybe_credited'")


@pytest.fixture
def one(shipped: FullLedger) -> FullLedger:
    returned(shipped)
    dead(shipped)
    return shipped


def test_returns_are_listed_shown_and_found_by_state_without_names(one: FullLedger, fleet: Command) -> None:
    returned(one, "RT0000002", state="refunded", line_id="2")
    rows = fleet("returns", "list", "--json").json
    assert [(row["reference"], row["state"]) for row in rows] == [("RT0000001", "graded")]
    assert "offer" not in rows[0]
    assert [row["reference"] for row in fleet("returns", "list", "--state", "refunded", "--json").json] == ["RT0000002"]
    assert "RT0000001" in fleet("returns", "list").out
    assert fleet("returns", "show", "RT0000001", "--json").json["facts"]["sku"] == "A"
    assert "graded" in fleet("returns", "show", "RT0000001").out
    assert fleet("returns", "show", "RT9").code == 1
    assert fleet("returns", "list", "--state", "lost").code == 1


def test_an_offer_by_a_person_sends_the_message_on_and_keeps_the_name(one: FullLedger, fleet: Command) -> None:
    said = fleet("returns", "offer", "RT0000001", "--by", "Anna B")
    assert said.code == 0, said.err
    assert one.one("select decided_by as it from return_line") == "Anna B"
    assert one.one("select state as it from message") == "queued"
    assert one.one("select who as it from timeline where step = 'to be offered'") == "Anna B"
    assert fleet("returns", "offer", "RT0000001").code == 2  # nobody said so


def test_a_stopped_return_is_never_offered_again(one: FullLedger, fleet: Command) -> None:
    assert fleet("returns", "stop", "RT0000001", "--by", "Anna B", "--why", " ").code == 1
    assert fleet("returns", "stop", "RT0000001", "--by", "Anna B", "--why", "by hand").code == 0
    assert state(one) == "stopped"
    assert one.one("select count(*) as it from message") == 0
    assert one.one("select count(*) as it from term where cleared_at is null") == 0
    said = fleet("returns", "offer", "RT0000001", "--by", "Anna B")
    assert (said.code, said.err.count("\n")) == (1, 1)
    assert "stopped" in said.err


def test_who_stops_what_khaos_has_pulled_is_told_to_delete_it_there(one: FullLedger, fleet: Command) -> None:
    one.store.run("update return_line set state = 'presumed_imported', served_at = now()")
    assert "delete it there" in fleet("returns", "stop", "RT0000001", "--by", "Anna B", "--why", "x").out


def test_grade_credited_refunded_and_released_are_kept_with_the_name(one: FullLedger, fleet: Command) -> None:
    assert fleet("returns", "grade", "RT0000001", "shiny", "--by", "Anna B").code == 1
    assert fleet("returns", "grade", "RT0000001", "quarantine", "--by", "Anna B").code == 0
    one.store.run("update return_line set processing = 'quarantine'")
    assert fleet("returns", "credited", "RT0000001", "CN7", "--by", "Anna B").code == 0
    assert (state(one), one.one("select credit_note as it from return_line")) == ("credited", "CN7")
    assert [r["reference"] for r in fleet("returns", "list", "--state", "quarantine", "--json").json] == ["RT0000001"]
    assert fleet("returns", "refunded", "RT0000001", "--by", "Bert C").code == 0
    assert fleet("returns", "released", "RT0000001", "--by", "Cleo D").code == 0
    assert fleet("returns", "released", "RT0000001", "--by", "Cleo D").code == 1
    row = one.store.row("select state, refunded_by, released_by from return_line")
    assert row == {"state": "refunded", "refunded_by": "Bert C", "released_by": "Cleo D"}
    assert one.one("select count(*) as it from term where cleared_at is null") == 0


def test_announced_returns_are_taken_from_a_file_and_bad_lines_are_told(
    shipped: FullLedger, fleet: Command, tmp_path: Path
) -> None:
    file = tmp_path / "rmas.csv"
    file.write_text("rma,order,sku,quantity\nRMA-1,SO1,A,1\nRMA-2,SO9,A,1\n")
    said = fleet("returns", "advise", str(file), "--by", "Anna B", "--json")
    assert said.code == 1
    assert json.loads(said.out)["taken"] == ["RMA-1"]
    assert "1 lines were refused" in said.err
    assert shipped.store.row("select reference, made_by from return_advice") == {
        "reference": "RMA-1", "made_by": "Anna B",
    }  # fmt: skip
    assert fleet("returns", "show", "RMA-1", "--json").json["facts"]["state"] == "new"
    assert fleet("returns", "advise", str(tmp_path / "none.csv")).code == 1
    file.write_text("a,b\n")
    assert "rma" in fleet("returns", "advise", str(file)).err


def test_what_was_received_is_listed_by_purchase_order_and_booked_by_a_person(
    world: FullLedger, fleet: Command
) -> None:
    for line, (po, units) in enumerate((("PO-1", 5), ("PO-2", 3))):
        world.store.run(
            "insert into received_line (connection, their_id, line_id, purchase_order, home, sku, received)"
            " values ('leeds', 'r', %s, %s, 'Leeds', 'A', %s)",
            str(line),
            po,
            units,
        )
    rows = fleet("received", "list", "--json").json
    assert [(row["purchase_order"], row["received"], row["booked"]) for row in rows] == [("PO-1", 5, 0), ("PO-2", 3, 0)]
    number = str(rows[0]["id"])
    assert fleet("received", "book", number, "--by", "Anna B", "--units", "2").code == 0
    assert "6 units not booked" in fleet("received", "list").out
    assert fleet("received", "book", number, "--by", "Anna B").code == 0
    assert [row["purchase_order"] for row in fleet("received", "list", "--json").json] == ["PO-2"]
    (row,) = fleet("received", "list", "--po", "PO-1", "--json").json
    assert (row["booked"], row["booked_by"]) == (5, "Anna B")
    assert fleet("received", "book", number, "--by", "Anna B").code == 1
