"""The `fleet` command, run as a person runs it."""

from __future__ import annotations

import getpass
import json
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import redis
import typer
from rich.text import Text

from fleet_tests.full_ledger import FullLedger
from fleet_tests.places import ROOT
from fleet_tests.terminal import Command
from workers import config
from workers.cli import output, risks
from workers.cli.commands import COMMANDS as COMMANDS_LISTED
from workers.cli.commands import load
from workers.embedded import run_file

COMMANDS = (
    *(
        (),
        ("up",),
        ("run",),
        ("migrate",),
        ("check",),
        ("status",),
        ("order",),
        ("replay",),
        ("open",),
        ("go-live",),
        ("demo",),
    ),
    *(("files",), ("stock",), ("stock-differences",), ("sandbox",), ("sandbox", "load"), ("exceptions",)),
    *(("stock-differences", name) for name in ("list", "adopt")),
    *(("exceptions", name) for name in ("list", "show", "retry", "edit", "dismiss")),
)
TOML = """
[connections.khaos]
system = "khaos"
url = "http://127.0.0.1:9/KhaosSandbox.exe"
extensions.confirm_shipment = {}

[connections.leeds]
system = "clarus"
base_url = "http://127.0.0.1:9"
subdomain = "acme"
account = "ACME"
client_id = "us"
client_secret = "env:CLARUS_CLIENT_SECRET"
webhook_token = "env:CLARUS_WEBHOOK_TOKEN"
sites = { LDS1 = "Leeds" }

[[routing]]
name = "everything"
to = "leeds"
facility = "LDS1"
"""
SECRETS = {"CLARUS_CLIENT_SECRET": "s", "CLARUS_WEBHOOK_TOKEN": "a-token-of-sixteen-or-more"}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_help_reads_and_every_command_shows_an_example(fleet: Command, command: tuple[str, ...]) -> None:
    said = fleet(*command, "--help")
    assert said.code == 0
    assert "Usage: fleet" in said.out
    assert not command or "Example" in said.out
    if command and command not in (("exceptions",), ("sandbox",), ("stock-differences",)):
        assert "--json" in said.out


def test_the_list_of_commands_says_what_each_command_says_of_itself() -> None:
    for one in COMMANDS_LISTED:
        first, _, _ = (load(one).help or "").partition("\n\n")
        assert " ".join(first.split()) == one.summary, one.name


def test_every_command_that_a_module_registers_is_listed() -> None:
    registered: set[str] = set()
    for module in {one.module for one in COMMANDS_LISTED}:
        program = typer.Typer()
        import_module(module).register(program)
        registered |= set(typer.main.get_group(program).commands)
    assert registered == {one.name for one in COMMANDS_LISTED}


@pytest.mark.parametrize(
    ("arguments", "left_out"),
    [
        (["--help"], {"pydantic", "psycopg", "sqlalchemy"}),
        (["run", "--help"], {"psycopg", "sqlalchemy", "celery"}),
        (["status", "--help"], {"alembic", "celery", "paramiko", "redis"}),
    ],
    ids=["help", "run", "status"],
)
def test_a_command_imports_only_what_it_needs(arguments: list[str], left_out: set[str]) -> None:
    program = (
        "import sys\nfrom workers.cli.main import app\ntry:\n    app(sys.argv[1:])\n"
        "finally:\n    print(*sys.modules, file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    assert "Usage" in ran.stdout
    imported = set(ran.stderr.split())
    assert "typer" in imported
    assert not imported & left_out


def test_status_says_the_same_to_people_and_to_programs(shipped: FullLedger, fleet: Command) -> None:
    shipped.post("SO2-1")
    shipped.die("bad_address", "the postcode is missing")
    for_programs = fleet("status", "--json").json
    flow = next(f for f in for_programs["flows"] if f["name"] == "orders-out")
    assert (flow["received"], flow["delivered"], flow["dead"], flow["exceptions"]) == (2, 1, 1, 1)
    assert [c["open"] for c in for_programs["connections"]] == [True, True]
    for_people = fleet("status").out
    assert "orders-out" in for_people
    assert "leeds" in for_people
    assert "exceptions  1" in for_people


@pytest.mark.usefixtures("shipped")
def test_an_order_is_told_to_people_and_to_programs(fleet: Command) -> None:
    told = fleet("order", "WEB-9", "--json").json
    assert told["stories"] == ["SO1"]
    assert told["timeline"][0]["at"].endswith("+00:00")
    text = fleet("order", "SI1").out
    for word in ("SO1-1", "leeds/LDS1", "RM1GB", "the warehouse dispatches it", "part_dispatched"):
        assert word in text


@pytest.mark.usefixtures("world")
def test_an_unknown_order_is_one_line_on_stderr_and_nothing_on_stdout(fleet: Command) -> None:
    said = fleet("order", "SO404", "--json")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("fleet: nothing is known by 'SO404'")
    assert said.err.count("\n") == 1


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
    own_heartbeat, ticker_of_control, web = 1, 1, 8  # web: 3 to read, 3 to store, 2 for logins and sessions
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


def test_what_a_terminal_would_obey_is_not_printed() -> None:
    shown = Text.from_markup(output.cell("\x1b[31mRMA\x1b]0;pwn\x07\x9b2J\r")).plain
    assert shown == "\ufffd[31mRMA\ufffd]0;pwn\ufffd\ufffd2J\ufffd"


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


def test_check_says_when_the_procfile_would_open_more_than_postgres_takes(fleet: Command, tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text(TOML)
    said = fleet("check", "--scale", "orders-out=60", BROKER_URL="redis://127.0.0.1:1/0", **SECRETS)
    assert said.code == 1
    assert "raise max_connections" in said.out
    assert "the broker cannot be reached" in said.out


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
