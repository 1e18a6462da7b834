"""``fleet worklist``: what people must do by hand in Khaos Control, to be read, copied or loaded."""

from __future__ import annotations

import csv
import sys
from typing import Annotated, Any

import typer

from workers.cli import connect, output
from workers.cli.output import AsJson, NotDone
from workers.views import worklists
from workers.views.spreadsheet import cell
from workers.views.worklists import WORKLISTS, Worklist

AsCsv = Annotated[bool, typer.Option("--csv", help="Answer with CSV on stdout, a header first.")]


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("worklist")(worklist)


def worklist(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help=f"One of {', '.join(WORKLISTS)}.")] = "",
    csv_wanted: AsCsv = False,
    json_wanted: AsJson = False,
) -> None:
    """Show a list of things to do by hand; without a name, all lists. An entry that was done leaves by itself.

    Example: `fleet worklist dispatch --csv > assign.csv`
    """
    if csv_wanted and json_wanted:
        raise NotDone("choose one of --csv and --json")
    if not name:
        _which(json_wanted=json_wanted)
        return
    chosen = WORKLISTS.get(name)
    if chosen is None:
        raise NotDone(f"there is no worklist {name!r}; write one of {', '.join(WORKLISTS)}")
    rows = worklists.entries(connect.views(), chosen)
    if json_wanted:
        output.as_json(rows)
    elif csv_wanted:
        written = csv.writer(sys.stdout, lineterminator="\n")
        written.writerow(chosen.columns)
        written.writerows([cell(output.plain(row[key])) for key in chosen.columns] for row in rows)
    else:
        _show(chosen, rows)


def _which(*, json_wanted: bool) -> None:
    found = worklists.counts(connect.views())
    if json_wanted:
        output.as_json(found)
        return
    output.table(
        "Worklists",
        ("name", "to do", "what"),
        [(name, n, WORKLISTS[name].title) for name, n in found.items()],
        numbers=frozenset({1}),
    )


def _show(chosen: Worklist, rows: list[dict[str, Any]]) -> None:
    out = output.console()
    out.print(chosen.what, markup=False)
    out.print()
    output.table(chosen.title, tuple(chosen.columns.values()), [[row[key] for key in chosen.columns] for row in rows])
    out.print(f"{len(rows)} to do")
