"""Exceptions, records and connections, as a person at a terminal acts on them."""

from __future__ import annotations

import getpass
import json
import re
from pathlib import Path

import pytest

from fleet_tests.full_ledger import FullLedger
from fleet_tests.terminal import Command


def test_an_exception_is_listed_shown_retried_and_its_retry_is_signed(world: FullLedger, fleet: Command) -> None:
    world.post("SO1-1")
    number = str(world.die("bad_address", "the postcode is missing"))
    assert [row["kind"] for row in fleet("exceptions", "list", "--json").json] == ["bad_address"]
    assert "the postcode is missing" in fleet("exceptions", "list", "--owner", "operations").out
    assert "mend it" in fleet("exceptions", "show", number).out
    said = fleet("exceptions", "retry", number, "--as", "anna", "--json")
    assert said.json == {"exception": int(number), "retried": "SO1-1", "edited": False}
    assert world.one("select state as it from message") == "queued"
    assert world.one("select who as it from timeline where step = 'retried'") == "anna"
    story = fleet("order", "SO1", "--json").json["timeline"]
    said = next(step for step in story if step["step"] == "retried")
    assert (said["who"], said["os_user"]) == ("anna", getpass.getuser())
    assert re.search(rf"retried.*anna.*{getpass.getuser()}", fleet("exceptions", "show", number).out)
    fleet("exceptions", "retry", number)
    assert world.one("select count(*) as it from timeline where who = %s", getpass.getuser()) == 1


def test_bodies_are_shown_only_on_demand_edited_from_a_file_and_sent_again(
    world: FullLedger, fleet: Command, tmp_path: Path
) -> None:
    world.post("SO1-1")
    number = str(world.die("bad_address", "the postcode is missing"))
    for shown in (fleet("exceptions", "show", number), fleet("exceptions", "show", number, "--json")):
        assert "Quillfeather" not in shown.out
    body = fleet("exceptions", "show", number, "--body", "--json").json["body"]
    body["address"]["postcode"] = "YO1 7HH"
    (tmp_path / "body.json").write_text(json.dumps(body))
    assert fleet("exceptions", "edit", number, "--body", "body.json").code == 0
    assert world.one("select body #>> '{address,postcode}' as it from message_body") == "YO1 7HH"
    unchanged = fleet("exceptions", "edit", number, "--body", "-", typed=json.dumps(body))
    assert (unchanged.code, "nothing is changed" in unchanged.err) == (1, True)
    body["address"]["line1"] = "9 Larkspur Row"
    assert fleet("exceptions", "edit", number, "--body", "-", typed=json.dumps(body)).code == 0


@pytest.mark.parametrize(
    ("body", "told"), [("{", "is not JSON"), ("[1]", "holds no JSON object"), (None, "cannot be read")]
)
def test_a_body_that_cannot_be_used_is_refused_before_anything_changes(
    world: FullLedger, fleet: Command, tmp_path: Path, body: str | None, told: str
) -> None:
    world.post("SO1-1")
    number = str(world.die("bad_address", "x"))
    if body is not None:
        (tmp_path / "body.json").write_text(body)
    said = fleet("exceptions", "edit", number, "--body", "body.json")
    assert said.code == 1
    assert told in said.err
    assert world.one("select state as it from message") == "dead"


def test_a_dismissal_needs_a_reason_and_ends_the_message(world: FullLedger, fleet: Command) -> None:
    world.post("SO1-1")
    number = str(world.die("bad_address", "x"))
    assert fleet("exceptions", "dismiss", number, "--why", "  ").code == 1
    assert fleet("exceptions", "dismiss", number, "--why", "shipped by hand", "--as", "anna").code == 0
    assert world.one("select state as it from message_settled") == "dismissed"
    assert world.one("select closed_by || ': ' || closed_why as it from exception") == "anna: shipped by hand"
    again = fleet("exceptions", "dismiss", number, "--why", "twice")
    assert (again.code, again.out) == (1, "")


def test_a_record_is_read_again_once_at_a_time_and_a_purged_one_says_so(world: FullLedger, fleet: Command) -> None:
    record = world.store.receive("leeds", "order", "key", b"{}")
    assert fleet("replay", str(record), "--json").json == {"record": record, "replayed": False}
    world.store.run("delete from record_unread")
    assert fleet("replay", str(record), "--as", "anna", "--json").json == {"record": record, "replayed": True}
    assert world.one("select record_id as it from record_unread") == record
    assert fleet("replay", "4711").code == 1


def test_a_shut_connection_is_opened_by_hand_without_any_partners_secret(world: FullLedger, fleet: Command) -> None:
    world.store.run("update connection set shut_kind = 'suspect_release', shut_since = now() where name = 'leeds'")
    assert fleet("open", "leeds", "--as", "anna", "--json").json == {"connection": "leeds", "opened": True}
    assert world.one("select shut_kind as it from connection where name = 'leeds'") is None
    assert world.one("select who as it from timeline where step = 'opened'") == "anna"
    assert fleet("open", "leeds", "--json").json["opened"] is False
    said = fleet("open", "york")
    assert said.code == 1
    assert "known are: khaos, leeds" in said.err


def test_a_connection_is_paused_with_a_reason_and_resumed_and_both_are_recorded(
    world: FullLedger, fleet: Command
) -> None:
    assert fleet("pause", "leeds").code == 2, "it needs a reason"
    assert fleet("pause", "york", "--why", "x").code == 1
    paused = fleet("pause", "leeds", "--why", "it moves house", "--as", "anna", "--json")
    assert paused.json == {"connection": "leeds", "paused": True}
    assert "leeds is paused: anna: it moves house" in fleet("status").out
    assert "paused already" in fleet("pause", "leeds", "--why", "again").err
    assert fleet("open", "leeds", "--why", "it has moved", "--as", "ben", "--json").json["opened"] is True
    rows = world.store.rows("select action, object, reason, claimed from audit_entry order by id")
    assert [tuple(row.values()) for row in rows] == [
        ("connection paused", "connection leeds", "it moves house", "anna"),
        ("connection resumed", "connection leeds", "it has moved", "ben"),
    ]


def test_a_connection_that_is_not_live_is_not_opened_by_hand_and_the_command_that_does_is_named(
    world: FullLedger, fleet: Command
) -> None:
    world.store.run("update connection set shut_kind = 'not_live', shut_since = now() where name = 'leeds'")
    said = fleet("open", "leeds")
    assert said.code == 1
    assert "fleet go-live leeds" in said.err
    assert world.one("select shut_kind as it from connection where name = 'leeds'") == "not_live"
