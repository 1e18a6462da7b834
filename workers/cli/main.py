"""The `fleet` program, and how an error ends: one line on stderr and an exit code, never a traceback.

Exit codes: 0 done, 1 not done (the line says why), 2 wrong usage, wrong configuration or no ledger.
"""

from __future__ import annotations

import sys
import traceback

import typer

from workers.cli.commands import Commands

app = typer.Typer(
    name="fleet",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "The fleet of workers between Khaos Control and its warehouses.\n\n"
        "Start everything on this machine with `fleet up`; see how it does with `fleet status`; find an order with"
        " `fleet order SO02075`; work through what went wrong with `fleet exceptions list`.\n\n"
        "The ledger is found through DATABASE_URL, else through a fleet that runs here (var/run.json), else through"
        " the file that FLEET_CONFIG names (fleet.toml). Every command takes --json."
    ),
)


@app.callback()
def fleet() -> None:
    """Do nothing before a command: each says itself what it needs."""


def main() -> None:
    """Run the command line and exit."""
    try:
        app()
    except Exception as error:  # noqa: BLE001  told, or a fault of ours with its traceback
        sys.exit(told(error))


def told(error: Exception) -> int:
    """Write an error's line on stderr; a fault of ours with its traceback. Returns the exit code."""
    from workers.cli.errors import ending  # noqa: PLC0415  it imports Postgres's errors, which --help need not wait for

    ended = ending(error)
    if ended is None:
        traceback.print_exception(error)
        return 1
    line, code = ended
    sys.stderr.write("fleet: " + " ".join(line.split()) + "\n")
    return code
