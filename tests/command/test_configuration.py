"""What `fleet check` and a wrong configuration say."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from fleet_tests.places import ROOT
from fleet_tests.terminal import SECRETS, TOML, Command
from workers.cli import risks


@pytest.mark.parametrize("command", [("up",), ("run", "web"), ("check",)])
def test_a_wrong_configuration_is_one_line_that_says_what_to_write(
    fleet: Command, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "fleet.toml").write_text(TOML.replace("subdomain", "subdomian"))
    said = fleet(*command, **SECRETS)
    assert said.code == (1 if command == ("check",) else 2)
    told = said.out if command == ("check",) else said.err
    assert "connections.leeds.subdomain: is missing" in told or "subdomian: unknown key" in told


def test_check_adds_up_the_connections_and_finds_nothing_wrong(fleet: Command, tmp_path: Path, redis_url: str) -> None:
    (tmp_path / "fleet.toml").write_text(TOML)
    (nobody,) = fleet("check", "--json", BROKER_URL=redis_url, **SECRETS).json["problems"]
    assert "nobody can log in at the desk: run `fleet accounts add" in nobody
    fleet("accounts", "add", "anna", "--role", "admin")
    said = fleet("check", "--json", BROKER_URL=redis_url, **SECRETS)
    assert (said.code, said.json["problems"]) == (0, [])
    lines = (ROOT / "Procfile").read_text().splitlines()
    workers = sum(" worker " in line for line in lines)
    own_heartbeat, ticker_of_control, web = 1, 1, 12  # web: 3 to read, 3 to act, 2 for logins, 4 of doors
    assert said.json["database_connections"] == (5 + own_heartbeat) * workers + ticker_of_control + web
    assert said.json["max_connections"] > 100
    old = [line for line in said.json["risks"] if "known security holes" in line]
    assert len(old) == len(list(risks.of_redis(redis.Redis.from_url(redis_url).info("server"))))


@pytest.mark.parametrize(
    ("info", "wanted"),
    [
        ({"redis_version": "6.2.14"}, "6.2.20"),
        ({"redis_version": "7.0.15"}, "7.2.11"),
        ({"redis_version": "7.4.5"}, "7.4.6"),
        ({"redis_version": "8.2.1"}, "8.2.2"),
        ({"redis_version": "7.2.4", "valkey_version": "8.1.3"}, "8.1.4"),
        ({"redis_version": "6.2.20"}, ""),
        ({"redis_version": "8.4.0"}, ""),
        ({"redis_version": "7.2.4", "valkey_version": "9.0.1"}, ""),
    ],
)
def test_a_redis_with_known_holes_is_a_risk_that_names_the_release_without(info: dict[str, str], wanted: str) -> None:
    told = list(risks.of_redis(info))
    assert (wanted in told[0]) if wanted else not told


def test_clear_text_to_other_machines_is_a_risk_and_to_this_one_is_none(fleet: Command, tmp_path: Path) -> None:
    far_away = TOML.replace('base_url = "http://127.0.0.1:9"', 'base_url = "http://clarus.example"')
    (tmp_path / "fleet.toml").write_text(far_away)
    far = {"DATABASE_URL": "postgresql://a@db.invalid/x?connect_timeout=1", "BROKER_URL": "redis://redis.invalid/0"}
    told = " ".join(fleet("check", "--json", **SECRETS | far).json["risks"])
    assert "connections.leeds.base_url: clarus.example" in told
    assert "?sslmode=verify-full" in told
    assert "write rediss://" in told
    (tmp_path / "fleet.toml").write_text('[fleet]\nbroker_url = "redis://:secret@127.0.0.1:9/0"\n' + TOML)
    told = " ".join(fleet("check", "--json", **SECRETS).json["risks"])
    assert ('write "env:BROKER_URL"' in told, "secret" in told) == (True, False)
    (tmp_path / "fleet.toml").write_text(TOML)
    near = {"BROKER_URL": "redis://localhost:9/0"}
    assert "clear text" not in fleet("check", "--json", **SECRETS | near).out


def test_check_says_when_the_procfile_would_open_more_than_postgres_takes(fleet: Command, tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text(TOML)
    said = fleet("check", "--scale", "orders-out=60", BROKER_URL="redis://127.0.0.1:1/0", **SECRETS)
    assert said.code == 1
    assert "raise max_connections" in said.out
    assert "the broker cannot be reached" in said.out
