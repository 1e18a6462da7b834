"""The `fleet` command, run as a person runs it."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest
import typer
from rich.text import Text

from fleet_tests.full_ledger import FullLedger
from fleet_tests.terminal import Command
from workers.cli import output
from workers.cli.commands import COMMANDS as COMMANDS_LISTED
from workers.cli.commands import load

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


def test_what_a_terminal_would_obey_is_not_printed() -> None:
    shown = Text.from_markup(output.cell("\x1b[31mRMA\x1b]0;pwn\x07\x9b2J\r")).plain
    assert shown == "\ufffd[31mRMA\ufffd]0;pwn\ufffd\ufffd2J\ufffd"
