"""``fleet valuation`` and ``fleet not-carried``: finance's values of stock, and units that stand on no Khaos site."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from workers.cli import connect, output
from workers.cli.output import AsJson, NotDone
from workers.journal import assets as asset_files
from workers.journal import valuation
from workers.journal.totals import money
from workers.stock_in.not_carried import not_carried

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="What a unit is worth, as finance says it.\n\nExample: `fleet valuation load valuation.csv --by Anna`",
)
SHOWN = 20  # refused lines that are named one by one


def register(program: typer.Typer) -> None:
    """Add the command and the group of this module."""
    program.command("not-carried")(list_not_carried)
    program.add_typer(app, name="valuation")


@app.command()
def load(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A CSV with a header.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who says so, for the books.")],
    json_wanted: AsJson = False,
) -> None:
    """Load a valuation: a CSV with the columns sku, site, quantity, unit_cost and as_at (YYYY-MM-DD).

    It is stored whole or not at all. Entries that were not handed out yet take their value from it at once.

    Example: `fleet valuation load valuation.csv --by Anna`
    """
    if not by.strip():
        raise NotDone("--by is empty: write who says so")
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotDone(f"{file} cannot be read ({type(error).__name__}): save it as CSV in UTF-8") from None
    with closing(connect.store()) as store:
        try:
            lines = valuation.read_valuation(text, valuation.stock_sites(store), datetime.now(UTC).date())
        except valuation.Refused as error:
            if json_wanted:
                output.as_json({"lines": 0, "refused": error.sentences})
            else:
                for sentence in error.sentences[:SHOWN]:
                    output.console().print(escape(sentence), soft_wrap=True)
            raise NotDone(f"{len(error.sentences)} lines of {file} are refused, and nothing was stored") from None
        done = valuation.load(store, lines, by.strip())
    output.done(
        f"{done.lines} values are stored; {done.revalued} waiting journal entries have their value from them",
        output.plain(done),
        json_wanted=json_wanted,
    )


@app.command()
def assets(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A CSV with a header.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who says so, for the books.")],
    json_wanted: AsJson = False,
) -> None:
    """Load an asset file: a CSV with the columns tag, value (net book value) and as_at (YYYY-MM-DD).

    It is stored whole or not at all. Write-offs that wait for a value take it from the file at once.

    Example: `fleet valuation assets assets.csv --by Anna`
    """
    if not by.strip():
        raise NotDone("--by is empty: write who says so")
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotDone(f"{file} cannot be read ({type(error).__name__}): save it as CSV in UTF-8") from None
    try:
        lines = asset_files.read_assets(text, datetime.now(UTC).date())
    except valuation.Refused as error:
        for sentence in () if json_wanted else error.sentences[:SHOWN]:
            output.console().print(escape(sentence), soft_wrap=True)
        if json_wanted:
            output.as_json({"lines": 0, "refused": error.sentences})
        raise NotDone(f"{len(error.sentences)} lines of {file} are refused, and nothing was stored") from None
    with closing(connect.store()) as store:
        done = asset_files.load(store, lines, by.strip())
    output.done(
        f"{done.lines} values are stored; {done.revalued} waiting journal entries have their value from them",
        output.plain(done),
        json_wanted=json_wanted,
    )


def list_not_carried(json_wanted: AsJson = False) -> None:
    """List units whose condition has no Khaos site: they stand in the warehouse, and in no level.

    Example: `fleet not-carried`
    """
    with closing(connect.store()) as store:
        rows = not_carried(store)
    if json_wanted:
        output.as_json(rows)
        return
    output.table(
        "Stock that Khaos Control does not carry",
        ("site", "condition", "sku", "units", "value"),
        [(r.home, r.condition, r.sku, r.units, money(r.value, indicative=r.indicative)) for r in rows],
        numbers=frozenset({3, 4}),
    )
    values = [r.value for r in rows if r.value is not None]
    vague = len(values) < len(rows) or any(r.indicative for r in rows)
    value = money(sum(values, Decimal("0.00")), indicative=vague)
    output.console().print(f"{len(rows)} SKUs and conditions, {sum(r.units for r in rows)} units, value {value}")
