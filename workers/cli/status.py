"""``fleet status``: the fleet at a glance."""

from __future__ import annotations

import dataclasses
from typing import Any

import typer
from rich.markup import escape

from workers.cli import connect, output
from workers.cli.output import AsJson
from workers.views.overview import Overview, overview
from workers.views.wording import span


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("status")(status)


def status(json_wanted: AsJson = False) -> None:
    """Show the work of every flow and every connection.

    A dead message counts as an exception from the moment of its death, filed or not. `gone in` is how
    long the ready messages take, by what went through in the last five minutes; empty where that says nothing.

    Example: `fleet status --json | jq '.flows[] | {name, queued, exceptions}'`
    """
    found = overview(connect.views())
    if json_wanted:
        output.as_json({**dataclasses.asdict(found), "connections": [_gate(c) for c in found.connections]})
        return
    _show(found)


def _gate(connection: Any) -> dict[str, Any]:
    return {**dataclasses.asdict(connection), "open": connection.open}


def _show(found: Overview) -> None:
    output.table(
        "Flows",
        (
            "flow",
            "received",
            "queued",
            "working",
            "sent",
            "waiting",
            "held",
            "delivered",
            "other",
            "dead",
            "exceptions",
        ),
        [
            (
                f.name,
                f.received,
                f.queued,
                f.working,
                f.sent,
                f.waiting,
                f.held,
                f.delivered,
                f.ended_otherwise,
                f.dead,
                f.exceptions,
            )
            for f in found.flows
        ],
        numbers=frozenset(range(1, 11)),
    )
    output.table(
        "Connections",
        ("connection", "system", "gate", "since", "calls", "waiting", "ready", "held", "a minute", "gone in"),
        [
            (
                c.name, c.system, "open" if c.open else f"shut: {c.shut_kind}", c.shut_since, f"{c.calls}/{c.slots}",
                c.waiting, c.ready, c.held, f"{c.per_minute:g}", "" if c.clears_in is None else span(c.clears_in),
            )
            for c in found.connections
        ],
        numbers=frozenset(range(4, 10)),
    )  # fmt: skip
    out = output.console()
    alive = ", ".join(f"{n} {name}" for name, n in found.processes.items())
    out.print(f"processes   {escape(alive) or '[bold red]none alive[/]'}")
    out.print(f"exceptions  {found.exceptions}" + ("   `fleet exceptions list` shows them" if found.exceptions else ""))
    for connection in found.connections:
        if not connection.open:
            said = f"[bold red]{escape(connection.name)} is {connection.how_shut}[/]"
            out.print(f"{said}: {escape(connection.shut_reason or '')}")
