"""``fleet run``, ``migrate`` and ``check``: one process, the ledger's shape, and whether all is well."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from workers.cli import addresses, connect, output
from workers.cli.output import AsJson
from workers.config import Misconfigured
from workers.embedded.procfile import read_procfile

Procfile = Annotated[Path | None, typer.Option(dir_okay=False, help="Default: ./Procfile, else the project's.")]
Scale = Annotated[
    list[str] | None, typer.Option("--scale", metavar="NAME=N", help="So many processes of a line; may be repeated.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("run")(run)
    app.command("migrate")(migrate)
    app.command("check")(check)


def scales(given: list[str] | None) -> dict[str, int]:
    """``NAME=N`` read. Raises Misconfigured."""
    read: dict[str, int] = {}
    for one in given or []:
        name, _, count = one.partition("=")
        if not count.isascii() or not count.isdigit() or int(count) < 1:
            raise Misconfigured(f"--scale {one}: write NAME=N, for example --scale orders-out=3")
        read[name] = int(count)
    return read


def run(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name in the Procfile, for example orders-out.")],
    procfile: Procfile = None,
    json_wanted: Annotated[bool, typer.Option("--json", help="Say as JSON what would run, and run nothing.")] = False,
) -> None:
    """Become one line of the Procfile, in the foreground: for systemd units and containers.

    Example: `fleet run orders-out`
    """
    path = addresses.procfile(procfile)
    lines = {line.name: line.command for line in read_procfile(path)}
    if name not in lines:
        raise Misconfigured(f"{path} has no line {name!r}; there are {', '.join(lines)}")
    connect.adopt_environment()
    bound = addresses.addresses(connect.configuration().fleet)
    if json_wanted:
        output.as_json({"name": name, "command": lines[name], "procfile": str(path.resolve()), "environment": bound})
        return
    sys.stdout.flush()
    # the shell expands variables, then becomes the process, so that signals reach it
    os.execve("/bin/sh", ["sh", "-c", f"exec {lines[name]}"], addresses.for_process(name, bound))  # noqa: S606  the shell expands the line


def migrate(json_wanted: AsJson = False) -> None:
    """Bring the ledger to the shape that this release expects. Run it once for a release, before its workers start.

    Example: `DATABASE_URL=postgresql://fleet:…@db/fleet fleet migrate`
    """
    from workers.ledger.migrate import migrate as migrate_ledger  # noqa: PLC0415  it loads Alembic, which the other commands need not wait for

    migrate_ledger(connect.ledger_url())
    output.done("the ledger has this release's shape", {"migrated": True}, json_wanted=json_wanted)


def check(procfile: Procfile = None, scale: Scale = None, json_wanted: AsJson = False) -> None:
    """Check configuration, Procfile, ledger and broker: one line for each problem, exit code 1 if there is one.

    Ledger and broker are looked at where they can be reached. Adds up the
    database connections that the Procfile would open.

    Example: `fleet check --scale orders-out=3`
    """
    from workers.cli import checks  # noqa: PLC0415  it loads every system, which the other commands need not wait for

    connect.adopt_environment()
    found = checks.everything(addresses.procfile(procfile), scales(scale))
    if json_wanted:
        output.as_json(found)
    else:
        out = output.console()
        for line in found.well:
            out.print(f"[green]ok[/]       {line}", soft_wrap=True)
        for line in found.risks:
            out.print(f"[yellow]risk[/]     {escape(line)}", soft_wrap=True)
        for line in found.problems:
            out.print(f"[bold red]problem[/]  {escape(line)}", soft_wrap=True)
    raise typer.Exit(1 if found.problems else 0)
