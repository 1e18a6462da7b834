"""``fleet demo`` and ``fleet sandbox``: only their arguments; what they do is in ``workers.demo``."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from workers.cli.output import AsJson, NotDone
from workers.config import Misconfigured
from workers.demo.orders_file.csv_rows import OrdersFileUnusable
from workers.embedded import run_file

ORDERS_HELP = "An orders file (CSV, or gzip of one). Default: the one that comes with the project."
FILLED_HELP = "An orders file: its products and stock are set up on both sides, its orders are ready in Khaos Control."
BROKER_HELP = "Another broker than the demo's own Redis: amqp://… of a RabbitMQ, with a virtual host of its own."
KHAOS_HELP = "The stand-in of Khaos Control. Default: that of the demo, or of `fleet sandbox up`, that runs here."


class LevelMeans(StrEnum):
    """``level_semantics`` of the Khaos connection."""

    AVAILABLE = "available"
    IN_STOCK = "in_stock"


class IssuedOn(StrEnum):
    """``issue_point`` of the Khaos connection."""

    ISSUE = "issue"
    CONFIRMATION = "confirmation"


sandbox = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Stand-ins for the partners' systems.\n\nExample: `fleet sandbox up --orders orders.csv`",
)


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("demo")(demo)
    app.add_typer(sandbox, name="sandbox")


def demo(
    orders: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help=ORDERS_HELP)] = None,
    report: Annotated[Path | None, typer.Option(dir_okay=False, help="Write the report there as JSON as well.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same customers and the same faults.")] = 1,
    faults: Annotated[bool, typer.Option("--faults", help="Let partners fail and processes die meanwhile.")] = False,
    level: Annotated[LevelMeans, typer.Option(help="What the level means that Khaos Control takes.")] = (
        LevelMeans.AVAILABLE
    ),
    issue_on: Annotated[IssuedOn, typer.Option(help="When in-stock falls in Khaos Control.")] = IssuedOn.ISSUE,
    broker: Annotated[str, typer.Option(metavar="URL", help=BROKER_HELP)] = "",
    keep: Annotated[bool, typer.Option("--keep", help="Go on running after the report, until Ctrl-C.")] = False,
    json_wanted: AsJson = False,
) -> None:
    """Run the whole fleet against stand-ins of Khaos Control, Clarus, GXO and ACS, and compare all their books.

    Example: `fleet demo --orders orders.csv --faults --report report.json`
    """
    run, wish = import_module("workers.demo.run").demo, import_module("workers.demo.scenario").Wish
    try:
        code = run(
            orders,
            report,
            wish(
                seed=seed,
                faulty=faults,
                keep=keep,
                as_json=json_wanted,
                level=level.value,
                issue_on=issue_on.value,
                broker=broker,
            ),
        )
    except OrdersFileUnusable as error:
        raise NotDone(str(error)) from error
    raise typer.Exit(code)


@sandbox.command("up")
def up(
    orders: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help=FILLED_HELP)] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same customers.")] = 1,
) -> None:
    """Run the stand-ins alone until Ctrl-C, and write a fleet.toml that points at them, to rehearse with.

    Example: `fleet sandbox up --orders orders.csv`, then in another terminal `fleet up`
    """
    run = import_module("workers.demo.rehearsal").run
    try:
        run(orders, seed)
    except OrdersFileUnusable as error:
        raise NotDone(str(error)) from error


@sandbox.command("load")
def load(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="An orders file.")],
    khaos_url: Annotated[str, typer.Option(help=KHAOS_HELP)] = "",
    json_wanted: AsJson = False,
) -> None:
    """Load an orders file into the stand-in of Khaos Control.

    Example: `fleet sandbox load orders.csv`, while `fleet demo --keep` runs
    """
    noted = {**(run_file.read_running(run_file.SANDBOX) or {}), **(run_file.read_running() or {})}
    url = khaos_url or str(noted.get("khaos_sandbox", ""))
    if not url:
        raise Misconfigured("no stand-in of Khaos Control runs here: start `fleet sandbox up`, or give --khaos-url")
    load_file = import_module("workers.demo.orders_file.load").load_file
    try:
        code = load_file(file, url, as_json=json_wanted)
    except OrdersFileUnusable as error:
        raise NotDone(str(error)) from error
    raise typer.Exit(code)
