"""``fleet exceptions groups`` and what is done about a group, as a user types it."""

from __future__ import annotations

import pytest

from fleet_tests.full_ledger import FullLedger
from fleet_tests.terminal import Command


def test_groups_are_listed_retried_and_stopped(world: FullLedger, fleet: Command) -> None:
    for n in range(3):
        world.post(f"SO{n}-1")
        world.die("refused_by_warehouse", f"order SO{n}-1: the postcode is not known")
    (group,) = fleet("exceptions", "groups", "--json").json
    assert (group["n"], group["kind"], group["words"]) == (
        3, "refused_by_warehouse", "order …: the postcode is not known",
    )  # fmt: skip
    assert "3 exceptions in 1 groups" in fleet("exceptions", "groups").out
    first = fleet("exceptions", "retry-group", group["key"], "--first", "--as", "Mo", "--json").json
    assert first["retried"] == "SO0-1"
    begun = fleet("exceptions", "retry-group", group["key"], "--why", "mended", "--json").json
    assert begun == {"group": group["key"], "retry": 1}
    (told,) = fleet("exceptions", "retries", "--json").json
    assert (told["total"], told["left"], told["per_minute"]) == (3, 3, 120)
    assert "running" in fleet("exceptions", "retries").out
    assert fleet("exceptions", "stop-retry", "1", "--json").json == {"retry": 1, "stopped": True}
    again = fleet("exceptions", "stop-retry", "1")
    assert (again.code, "no retry 1 is running" in again.err) == (1, True)
    assert fleet("exceptions", "retry-group", "nothing").code == 1


def test_exceptions_are_assigned_noted_tagged_put_to_sleep_and_dismissed_as_a_group(
    world: FullLedger, fleet: Command
) -> None:
    world.post("SO1-1")
    number = str(world.die("refused_by_warehouse", "the postcode is not known"))
    assert fleet("exceptions", "assign", number, "anna", "--json").json == {
        "which": number, "assigned": "anna", "exceptions": 1,
    }  # fmt: skip
    (group,) = fleet("exceptions", "groups", "--assignee", "anna", "--json").json
    assert fleet("exceptions", "note", group["key"], "asked GXO", "--json").json["exceptions"] == 1
    assert fleet("exceptions", "tag", number, "peak", "--json").json["tag"] == "peak"
    assert "sleep until" in fleet("exceptions", "snooze", number, "2d", "--why", "stock comes").out
    assert fleet("exceptions", "groups", "--json").json == []
    assert fleet("exceptions", "wake", number, "--json").json["exceptions"] == 1
    wrong = fleet("exceptions", "snooze", number, "tomorrow", "--why", "x")
    assert (wrong.code, "write 30m, 4h or 2d" in wrong.err) == (1, True)
    assert "is being dismissed" in fleet("exceptions", "dismiss-group", group["key"], "--why", "by hand").out


@pytest.mark.usefixtures("world")
def test_an_order_is_held_released_and_shown(fleet: Command) -> None:
    assert fleet("order", "hold", "SO9", "--why", "the customer asks", "--json").json == {"order": "SO9", "held": 0}
    again = fleet("order", "release", "SO9", "--why", "she agrees", "--as", "Mo")
    assert (again.code, "SO9 is released" in again.out) == (0, True)
    assert fleet("order", "release", "SO9", "--why", "x").code == 1
    shown = fleet("order", "SO9").out
    assert "she agrees" in shown
    assert shown == fleet("order", "show", "SO9").out
    assert fleet("order", "--json", "SO9").json["stories"] == ["SO9"]


@pytest.mark.usefixtures("world")
def test_tables_are_listed_without_rows(fleet: Command) -> None:
    assert fleet("tables", "list", "--json").json == []
    assert fleet("tables", "history", "--json").json == []
    assert "0 rows" in fleet("tables", "list").out
