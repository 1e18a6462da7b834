"""Accounts, sessions, tokens and the record of what people did, as an operator handles them in a terminal."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import pytest

from fleet_tests.terminal import Command
from workers.access import accounts, sessions, tokens
from workers.access.roles import Role
from workers.access.tokens import Scope
from workers.ledger.store import Store


def test_an_account_is_made_changed_and_shut(fleet: Command, store: Store) -> None:
    new = fleet("accounts", "add", "Anna", "--role", "support", "--role", "customer service", "--json").json
    assert new["otpauth"].startswith("otpauth://totp/Khaos%20fleet:anna?secret=")
    assert accounts.check_password(store, "anna", new["password"]).roles == {Role.SUPPORT, Role.CUSTOMER_SERVICE}
    again = fleet("accounts", "add", "anna", "--role", "support")
    assert again.code == 1
    assert "fleet accounts reset anna" in again.err
    assert fleet("accounts", "roles", "anna", "--role", "finance", "--json").json["roles"] == ["finance"]
    fresh = fleet("accounts", "reset", "anna", "--json").json
    assert accounts.check_password(store, "anna", new["password"]) is None
    assert accounts.check_password(store, "anna", fresh["password"]).roles == {Role.FINANCE}
    assert fleet("accounts", "disable", "anna").code == 0
    assert accounts.check_password(store, "anna", fresh["password"]) is None
    (listed,) = fleet("accounts", "list", "--json").json
    assert (listed["name"], listed["disabled"], listed["second_factor"]) == ("anna", True, True)
    assert "anna" in fleet("accounts", "list").out
    fleet("accounts", "enable", "anna")
    assert accounts.check_password(store, "anna", fresh["password"])
    assert fleet("accounts", "add", "bob", "--role", "emperor").code == 2


def test_what_was_done_to_accounts_is_recorded_with_the_system_user_and_the_claimed_name_apart(
    fleet: Command,
) -> None:
    fleet("accounts", "add", "anna", "--role", "support", "--as", "somebody else")
    fleet("accounts", "roles", "anna", "--role", "viewer")
    changed, added = fleet("audit-trail", "list", "--json").json
    user = getpass.getuser()
    assert (added["subject"], added["claimed"], added["action"], added["object"]) == (
        f"os:{user}", "somebody else", "account added", "account anna",
    )  # fmt: skip
    assert (changed["claimed"], changed["before"], changed["after"]) == (
        "", {"roles": ["support"]}, {"roles": ["viewer"]},
    )  # fmt: skip
    assert added["host"]
    assert "password" not in json.dumps([added, changed])
    assert "somebody else" in fleet("audit-trail", "list", "--object", "account anna").out
    assert fleet("audit-trail", "list", "--subject", "local:anna", "--json").json == []


def test_a_session_is_listed_and_revoked(fleet: Command, store: Store) -> None:
    cookies = [sessions.begin(store, "local:anna", "anna", {Role.VIEWER}, "192.0.2.7") for _ in range(3)]
    rows = fleet("sessions", "list", "--json").json
    assert {row["address"] for row in rows} == {"192.0.2.7"}
    number = str(sessions.find(store, cookies[0]).number)
    assert fleet("sessions", "revoke", number).code == 0
    assert sessions.find(store, cookies[0]) is None
    assert fleet("sessions", "revoke", number).code == 1
    assert fleet("sessions", "revoke").code == 1
    assert fleet("sessions", "revoke", "--subject", "local:anna", "--json").json == {"ended": 2}
    assert "0 people" in fleet("sessions", "list").out


def test_a_token_is_made_listed_and_revoked(fleet: Command, store: Store) -> None:
    made = fleet("tokens", "add", "prometheus", "metrics", "--json").json
    assert tokens.check(store, made["token"], Scope.METRICS)
    assert "prometheus" in fleet("tokens", "list").out
    assert made["token"] not in fleet("tokens", "list", "--json").out
    fleet("tokens", "add", "prometheus", "metrics")
    third = fleet("tokens", "add", "prometheus", "metrics")
    assert (third.code, "revoke the old one first" in third.err) == (1, True)
    assert fleet("tokens", "revoke", str(made["number"])).code == 0
    assert tokens.check(store, made["token"], Scope.METRICS) is None
    assert made["token"] not in fleet("audit-trail", "list", "--json").out


@pytest.fixture
def recorded(fleet: Command) -> Command:
    fleet("accounts", "add", "anna", "--role", "support")
    fleet("accounts", "roles", "anna", "--role", "viewer")
    return fleet


def test_the_record_is_proven_here_and_as_an_export(recorded: Command, store: Store, tmp_path: Path) -> None:
    found = recorded("audit-trail", "verify", "--json").json
    assert (found["entries"], found["faults"]) == (2, [])
    assert recorded("audit-trail", "export", "out.jsonl", "--json").json["entries"] == 3  # the export itself is one
    assert (tmp_path / "out.jsonl").stat().st_mode & 0o077 == 0
    assert recorded("audit-trail", "verify", "out.jsonl", "--hash", found["last_hash"]).code == 0
    text = (tmp_path / "out.jsonl").read_text()
    (tmp_path / "changed.jsonl").write_text(text.replace("account added", "account found"))
    changed = recorded("audit-trail", "verify", "changed.jsonl")
    assert (changed.code, "entry 1: it was changed" in changed.out) == (1, True)
    (tmp_path / "short.jsonl").write_text("".join(text.splitlines(keepends=True)[:1]))
    assert recorded("audit-trail", "verify", "short.jsonl").code == 0
    assert recorded("audit-trail", "verify", "short.jsonl", "--hash", found["last_hash"]).code == 1
    assert recorded("audit-trail", "export", "-").out.count("\n") == 4
    with store.transaction() as db:
        db.execute("set local session_replication_role = replica")
        db.execute("update audit_entry set subject = 'os:nobody' where id = 2")
    assert "entry 2: it was changed" in recorded("audit-trail", "verify").out


def test_a_command_that_acts_is_recorded_with_its_arguments_and_one_that_reads_is_not(
    fleet: Command, store: Store, tmp_path: Path
) -> None:
    store.run("insert into home (site, connection, facility) values ('Leeds', 'leeds', 'LDS1')")
    store.run("insert into stock_site (site, home, purpose) values ('Leeds', 'Leeds', 'sell')")
    table = tmp_path / "costs.csv"
    table.write_text("sku,site,quantity,unit_cost,as_at\nMUG,Leeds,10,2.50,2026-03-01\n")
    assert fleet("status").code == 0
    assert fleet("audit-trail", "list", "--json").json == []
    assert fleet("valuation", "load", str(table), "--by", "anna").code == 0
    (loaded,) = fleet("audit-trail", "list", "--json").json
    assert (loaded["action"], loaded["object"], loaded["claimed"]) == ("command run", "fleet valuation load", "anna")
    assert loaded["subject"] == f"os:{getpass.getuser()}"
    assert str(table) in str(loaded["after"])
    table.write_text("sku,site\n")
    assert fleet("valuation", "load", str(table), "--by", "anna").code == 1  # what was not done is not recorded
    assert len(fleet("audit-trail", "list", "--json").json) == 1
