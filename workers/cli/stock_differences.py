"""``fleet stock-differences``: where a warehouse's count and its movements differ, and how a person settles it."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from workers.cli import connect, output
from workers.cli.output import AsJson, NotDone
from workers.cli.who import By
from workers.journal.totals import money
from workers.views.wording import by_condition

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Where a warehouse's count and its movements differ: list them, count again, take a count for true.\n\n"
    "Example: `fleet stock-differences list`",
)


def register(program: typer.Typer) -> None:
    """Add the group of this module."""
    program.add_typer(app, name="stock-differences")


@app.command("list")
def list_(
    site: Annotated[str, typer.Option(help="Only this Khaos site's.")] = "",
    json_wanted: AsJson = False,
) -> None:
    """List each SKU that differs: units by movements since both last agreed, units counted, units held meanwhile.

    Example: `fleet stock-differences list --site Northampton`
    """
    from workers.stock_in.count_differences import differences  # noqa: PLC0415  it loads every system, which most commands need not wait for

    with closing(connect.store()) as store:
        rows = differences(store, site)
    if json_wanted:
        output.as_json(rows)
        return
    output.table(
        "Differences",
        ("site", "sku", "by movements", "counted", "held, good", "units", "value", "version"),
        [
            (
                *(r["home"], r["sku"], by_condition(r["book"]), by_condition(r["counted"]), r["held"]),
                f"{r['units']:+d}",
                money(r["value"], indicative=r["indicative"]),
                r["version"],
            )
            for r in rows
        ],
        numbers=frozenset({4, 5, 6}),
    )
    output.console().print(f"{len(rows)} SKUs differ")


@app.command()
def recount(
    site: Annotated[str, typer.Argument(metavar="SITE", help="The Khaos site that the facility serves.")],
    sku: Annotated[str, typer.Argument(metavar="SKU", help="A stock code of Khaos Control.")],
    by: By,
    json_wanted: AsJson = False,
) -> None:
    """Ask a warehouse again what it holds of a SKU, where it can be asked; what it answers is counted within a minute.

    Example: `fleet stock-differences recount "Main Site" MUG-BLUE --by "Anna B"`
    """
    from workers.spine.people import CannotDo  # noqa: PLC0415  as above
    from workers.stock_in import count_differences  # noqa: PLC0415  as above

    if not by.strip():
        raise NotDone("--by needs a name: it is kept with the story")
    with closing(connect.store()) as store:
        try:
            count_differences.recount(store, site, sku, by.strip())
        except CannotDo as error:
            raise NotDone(str(error)) from None
    facts = {"site": site, "sku": sku, "by": by.strip()}
    output.done(f"{sku} at {site} is counted again", facts, json_wanted=json_wanted)


@app.command()
def adopt(
    site: Annotated[str, typer.Argument(metavar="SITE", help="The Khaos site that the facility serves.")],
    sku: Annotated[str, typer.Argument(metavar="SKU", help="A stock code of Khaos Control.")],
    by: By,
    seen: Annotated[
        str, typer.Option("--seen", metavar="VERSION", help="As `list` shows it: refused where a figure has changed.")
    ] = "",
    json_wanted: AsJson = False,
) -> None:
    """Take the warehouse's count for true. What differs is booked for finance, under the reason COUNT.

    Do so only when no message will explain the difference: one that comes later is booked as well.

    Example: `fleet stock-differences adopt Northampton MUG-BLUE --by "Anna B"`
    """
    from workers.spine.people import CannotDo  # noqa: PLC0415  as above
    from workers.stock_in import count_differences  # noqa: PLC0415  as above

    if not by.strip():
        raise NotDone("--by needs a name: it is kept with the books")
    with closing(connect.store()) as store:
        try:
            moves = count_differences.adopt(store, site, sku, by.strip(), seen.strip())
        except CannotDo as error:
            raise NotDone(str(error)) from None
    booked = by_condition({move["condition"]: move["units"] for move in moves})
    facts = {"site": site, "sku": sku, "booked": moves, "by": by.strip()}
    output.done(f"the count of {sku} at {site} is the book now; booked: {booked}", facts, json_wanted=json_wanted)
