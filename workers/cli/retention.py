"""``fleet retention``: what is kept, how long and why; and what finance keeps of a year, as files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from workers.cli import connect, output
from workers.cli.output import AsJson, NotDone
from workers.views.finance import export, readme
from workers.views.retention import kept_now

README = "README.md"
OLDEST = 2000

app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode="markdown",
    help="What is kept, how long, who needs it and how it leaves. `fleet retention export` writes what finance"
    " keeps.\n\n"
    "Example: `fleet retention`",
)


def register(program: typer.Typer) -> None:
    """Add the group of this module."""
    program.add_typer(app, name="retention")


@app.callback()
def retention(context: typer.Context, json_wanted: AsJson = False) -> None:
    """List what is kept, by the section [fleet] of the configuration; what a table takes now stands beside it."""
    if context.invoked_subcommand:
        return
    rows = kept_now(connect.views(), connect.fleet_settings())
    if json_wanted:
        output.as_json(rows)
        return
    output.table(
        "Kept",
        ("what", "how long", "who needs it", "how it leaves", "MB", "tables"),
        [(one.what, one.how_long, one.needed_by, one.leaves, one.mb, ", ".join(one.tables)) for one in rows],
    )


@app.command("export")
def export_(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is empty, or not there yet.")],
    year: Annotated[int, typer.Option(min=OLDEST, max=9999, help="The calendar year, of the merchant's time zone.")],
    json_wanted: AsJson = False,
) -> None:
    """Write what finance keeps of a year: CSV files, and a README that names columns, units, sources and sums.

    The ledger deletes nothing of it. Names and addresses of customers are not in it.

    Example: `fleet retention export --year 2026 /srv/finance/2026`
    """
    settings = connect.fleet_settings()
    now = datetime.now(UTC)
    if datetime(year, 1, 1, tzinfo=settings.zone) > now:
        raise NotDone(f"--year {year} has not begun: export it in January {year + 1}")
    try:
        written = export(connect.ledger_url(), year, settings.zone, folder)
        text = readme(year, settings.zone, settings.keep_finance_years, written, now)
        (folder / README).write_text(text, encoding="utf-8")  # last: a folder without it is not whole
    except FileExistsError:
        raise NotDone(f"{folder} holds something already: name a folder that is empty") from None
    except OSError as error:
        raise NotDone(f"{folder} cannot be written ({error.strerror}): name a folder that you may write") from None
    facts = {"folder": str(folder), "year": year, "files": written}
    rows = sum(one.rows for one in written)
    output.done(f"{len(written)} files with {rows} rows, and {README}: {folder}", facts, json_wanted=json_wanted)
