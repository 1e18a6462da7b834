"""``fleet received``: suppliers' goods that are at the warehouse and that Khaos Control has not booked."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from workers.cli import connect, output
from workers.cli.output import AsJson, NotDone
from workers.cli.who import By
from workers.views import returns

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Goods received and not booked: list them by purchase order, say that they are booked.\n\n"
    "Example: `fleet received list --po PO-1001`",
)
COLUMNS = ("id", "purchase_order", "home", "sku", "received", "booked", "received_at", "booked_by")


def register(program: typer.Typer) -> None:
    """Add the group of this module."""
    program.add_typer(app, name="received")


@app.command("list")
def list_(
    po: Annotated[str, typer.Option("--po", metavar="CODE", help="Only this purchase order's, booked ones too.")] = "",
    json_wanted: AsJson = False,
) -> None:
    """List what was received and is not booked, by purchase order.

    Example: `fleet received list --json`
    """
    with closing(connect.store()) as store:
        rows = returns.received(store, po)
    if json_wanted:
        output.as_json(rows)
        return
    output.table(
        "Received",
        [name.replace("_", " ") for name in COLUMNS],
        [[row[name] for name in COLUMNS] for row in rows],
        numbers=frozenset({0, 4, 5}),
    )
    output.console().print(
        f"{len(rows)} lines, {sum(row['received'] - row['booked'] for row in rows)} units not booked"
    )


@app.command()
def book(
    number: Annotated[int, typer.Argument(metavar="ID", min=1, help="The line's number in `fleet received list`.")],
    by: By,
    units: Annotated[int, typer.Option(min=0, help="How many; 0: all that are left.")] = 0,
    json_wanted: AsJson = False,
) -> None:
    """Confirm that Khaos Control's delivery note has booked a line, where its levels did not show it.

    Example: `fleet received book 12 --by "Anna B"`
    """
    from workers.returns_in import received_lines  # noqa: PLC0415  it loads the spine, which lists need not wait for
    from workers.spine.people import CannotDo  # noqa: PLC0415  as above

    with closing(connect.store()) as store:
        try:
            booked = received_lines.book(store, number, by, units)
        except CannotDo as error:
            raise NotDone(str(error)) from None
    output.done(f"{booked} units of line {number} are booked", {"line": number, "booked": booked, "by": by},
             json_wanted=json_wanted)  # fmt: skip
