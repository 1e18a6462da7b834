"""Which commands there are. A command's module is imported when it is run: `fleet --help` imports none of them."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from workers.cli.recording import record_acts


class Listed(NamedTuple):
    """A command or a group of commands: the module that registers it, and the first paragraph of its help."""

    name: str
    module: str
    summary: str


COMMANDS = (
    Listed("up", "workers.cli.up",
           "Run everything on this machine until Ctrl-C: Postgres, Redis, and every line of the Procfile."),
    Listed("run", "workers.cli.processes",
           "Become one line of the Procfile, in the foreground: for systemd units and containers."),
    Listed("migrate", "workers.cli.processes",
           "Bring the ledger to the shape that this release expects. Run it once for a release, before its workers"
           " start."),
    Listed("roles", "workers.cli.roles",
           "Lay the database's roles (fleet_worker, fleet_web, fleet_read, fleet_audit) and their rights."),
    Listed("check", "workers.cli.processes",
           "Check configuration, Procfile, ledger and broker: one line for each problem, exit code 1 if there is one."),
    Listed("status", "workers.cli.status", "Show the work of every flow and every connection."),
    Listed("order", "workers.cli.order",
           "Show an order: where it stands, what is expected next, and what happened."),
    Listed("files", "workers.cli.files",
           "List the files that came from a warehouse, by facility, the newest first, and the missing numbers."),
    Listed("stock", "workers.cli.stock",
           "Show a SKU's stock: units held, units promised, levels sent, and levels that Khaos shows."),
    Listed("not-carried", "workers.cli.valuation",
           "List units whose condition has no Khaos site: they stand in the warehouse, and in no level."),
    Listed("worklist", "workers.cli.worklist",
           "Show a list of things to do by hand; without a name, all lists. An entry that was done leaves by itself."),
    Listed("replay", "workers.cli.recovery",
           "Read a partner's record again, after a mapping was mended. Nothing that it caused before happens twice."),
    Listed("pause", "workers.cli.recovery",
           "Send nothing to a connection until it is resumed. Its messages wait; it is not probed, and never opens by"
           " itself."),
    Listed("open", "workers.cli.recovery",
           "Open a connection's gate by hand: after a pause or a suspect release, or when you know better than the"
           " probe."),
    Listed("audit", "workers.cli.audit",
           "Read Khaos Control and every warehouse, and compare them. Nothing is written at a partner."),
    Listed("go-live", "workers.cli.going_live",
           "Have a connection go live, Khaos Control first. Orders that a warehouse has already are adopted, not sent"
           " again."),
    Listed("retention", "workers.cli.retention",
           "What is kept, how long, who needs it and how it leaves. `fleet retention export` writes what finance"
           " keeps."),
    Listed("settings", "workers.cli.settings",
           "Whose fleet.toml stands in the ledger; going back to an older one on purpose."),
    Listed("person", "workers.cli.person",
           "What is kept of one person: find it, give it out, erase it. Each is recorded."),
    Listed("restored", "workers.cli.restored",
           "Say that the ledger was restored from a backup, before workers start: nothing is sent until it was looked"
           " up."),
    Listed("demo", "workers.demo.command",
           "Run the whole fleet against stand-ins of Khaos Control, Clarus, GXO and ACS, and compare all their books."),
    Listed("valuation", "workers.cli.valuation", "What a unit is worth, as finance says it."),
    Listed("tables", "workers.cli.tables",
           "Rows of tables and routing rules, changed without a restart: list, show, add, remove, history."),
    Listed("exceptions", "workers.cli.exceptions",
           "What the fleet could not do by itself: list, show, retry, edit and retry, dismiss."),
    Listed("journal", "workers.cli.journal",
           "Journal entries of adjustments, holds and releases: list, show, map, export, confirm, total."),
    Listed("returns", "workers.cli.returns",
           "Goods that customers sent back: list, show, announce, decide, confirm."),
    Listed("received", "workers.cli.received",
           "Goods received and not booked: list them by purchase order, say that they are booked."),
    Listed("garments", "workers.cli.garments", "Garments, each with a code of its own."),
    Listed("stock-differences", "workers.cli.stock_differences",
           "Where a warehouse's count and its movements differ: list them, count again, take a count for true."),
    Listed("accounts", "workers.cli.accounts",
           "Local accounts of the desk: list, add, give roles, disable and enable, reset."),
    Listed("sessions", "workers.cli.sessions",
           "People who are logged in at the desk: list them, end a session."),
    Listed("tokens", "workers.cli.tokens",
           "Tokens of machines: for Prometheus, which reads /metrics, and for a help desk, which announces returns."),
    Listed("audit-trail", "workers.cli.audit_trail",
           "The record of what people did: list it, prove that nobody changed it, export it."),
    Listed("sandbox", "workers.demo.command", "Stand-ins for the partners' systems."),
)  # fmt: skip


def installed() -> Iterator[Listed]:
    """Every command of this install: an operator's is without the demo."""
    demo = find_spec("workers.demo") is not None
    return (one for one in COMMANDS if demo or not one.module.startswith("workers.demo"))


def load(one: Listed) -> Any:  # Typer keeps its type to itself
    """Import a command's module, and give the command with all that it takes."""
    program = typer.Typer(rich_markup_mode="markdown")
    import_module(one.module).register(program)
    command = typer.main.get_group(program).commands[one.name]
    record_acts(command, ("fleet", one.name))
    return command


class Commands(TyperGroup):
    """The `fleet` program: lists and completes by name and summary, and loads the command that is run."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.listed = {one.name: one for one in installed()}
        self.commands = {name: TyperCommand(name, help=one.summary) for name, one in self.listed.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that is meant, and load it."""
        name, found, rest = super().resolve_command(ctx, args)
        return name, found and load(self.listed[args[0]]), rest
