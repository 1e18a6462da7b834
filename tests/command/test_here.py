"""How the `fleet` command finds what runs on this machine, and what it says when nothing does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fleet_tests.full_ledger import FullLedger
from fleet_tests.terminal import SECRETS, TOML, Command
from workers import config
from workers.embedded import run_file


@pytest.mark.parametrize(
    ("dsn", "told"),
    [
        ("postgresql://fleet:secret-word@127.0.0.1:1/fleet", "cannot be reached"),
        ("nonsense", "DATABASE_URL cannot be read"),
        ("", "no ledger is known"),
    ],
)
@pytest.mark.parametrize("command", [("status",), ("exceptions", "retry", "1"), ("open", "leeds"), ("migrate",)])
def test_a_ledger_that_is_not_there_is_one_line_and_exit_code_2(
    fleet: Command, command: tuple[str, ...], dsn: str, told: str
) -> None:
    said = fleet(*command, "--json", DATABASE_URL=dsn)
    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert said.err.count("\n") == 1
    assert "secret-word" not in said.err


def test_a_ledger_that_was_never_migrated_names_the_command(postgres: str, fleet: Command) -> None:
    said = fleet("status", DATABASE_URL=postgres)
    assert said.code == 2
    assert "run `fleet migrate`" in said.err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")
def test_what_another_user_laid_into_this_folder_is_neither_believed_nor_run(
    fleet: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fleet.toml").write_text(TOML)
    (tmp_path / "Procfile").write_text("say: sh -c 'echo here'\n")
    assert fleet("run", "say", **SECRETS).out == "here\n"
    os.chown(tmp_path / "Procfile", 65534, 65534)
    said = fleet("run", "say", **SECRETS)
    assert (said.code, "belongs to user 65534" in said.err) == (2, True)
    (tmp_path / "var").mkdir()
    note = tmp_path / "var" / "run.json"
    note.write_text(json.dumps({"database_url": "postgresql://elsewhere"}))
    note.chmod(0o600)
    monkeypatch.setenv("FLEET_VAR", str(tmp_path / "var"))
    config.environment.cache_clear()
    try:
        assert run_file.read_running() == {"database_url": "postgresql://elsewhere"}
        note.chmod(0o666)
        assert run_file.read_running() is None
        note.chmod(0o600)
        os.chown(note, 65534, 65534)
        assert run_file.read_running() is None
    finally:
        monkeypatch.undo()
        config.environment.cache_clear()


def test_run_becomes_the_line_with_its_environment(fleet: Command, tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text(TOML)
    (tmp_path / "Procfile").write_text("say: sh -c 'echo $FLEET_PROCESS on $WEB_PORT as $$'\n")
    assert fleet("run", "say", "--json", **SECRETS).json["name"] == "say"
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "fleet"), "run", "say"],
        cwd=tmp_path, stdout=subprocess.PIPE, text=True,
        env={**os.environ, **SECRETS, "WEB_PORT": "8611", "FLEET_CONFIG": "fleet.toml"},
    )  # fmt: skip
    out, _ = process.communicate(timeout=60)
    assert out == f"say on 8611 as {process.pid}\n"
    said = fleet("run", "nobody", **SECRETS)
    assert said.code == 2
    assert "there are say" in said.err


def test_a_fleet_that_runs_here_is_found_and_one_that_died_is_not(
    world: FullLedger, fleet: Command, database: str, tmp_path: Path
) -> None:
    world.post("SO1-1")
    note = tmp_path / "var" / "run.json"
    note.parent.mkdir()
    started = Path(f"/proc/{os.getpid()}/stat").read_text().rpartition(")")[2].split()[19]
    note.write_text(json.dumps({"database_url": database, "pid": os.getpid(), "born": started}))
    assert fleet("order", "SO1", DATABASE_URL="").code == 0
    note.write_text(json.dumps({"database_url": database, "pid": os.getpid(), "born": "another"}))
    assert fleet("order", "SO1", DATABASE_URL="").code == 2


def test_the_sandbox_needs_one_that_runs(fleet: Command, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("")
    said = fleet("sandbox", "load", "orders.csv")
    assert said.code == 2
    assert "fleet sandbox up" in said.err


def test_a_command_that_needs_the_broker_and_knows_none_says_what_to_set(fleet: Command, tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text(TOML)
    khaos = fleet("go-live", "khaos", "--by", "Anna B", FLEET_CONFIG="fleet.toml", **SECRETS)
    assert (khaos.code, khaos.out) == (0, "khaos is live; orders: 0 adopted, 0 held, 0 to send\n")
    said = fleet("go-live", "leeds", "--as", "Anna B", FLEET_CONFIG="fleet.toml", **SECRETS)
    assert (said.code, said.out) == (2, "")
    assert "set BROKER_URL as the fleet has it" in said.err
