"""``fleet tables``: rows of tables and routing rules that are changed while the fleet works."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from workers.cli import connect, output
from workers.cli.output import AsJson
from workers.cli.people_acts import acting_on
from workers.cli.who import As
from workers.views import tables as views

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Rows of tables and routing rules, changed without a restart: list, show, add, remove, history.\n\n"
    'Example: `fleet tables add carriers.gxo RM-48 "Royal Mail 48" --why "a new service" --replay`',
)
Table = Annotated[str, typer.Argument(metavar="TABLE", help="As in fleet.toml: carriers.gxo; or routing.")]
Word = Annotated[str, typer.Argument(metavar="WORD", help="The row's word, or the rule's name.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, for whoever asks later.")]


def register(program: typer.Typer) -> None:
    """Add the group of this module."""
    program.add_typer(app, name="tables")


@app.command("list")
def list_(json_wanted: AsJson = False) -> None:
    """List the rows that were put here; they lie over those of fleet.toml.

    Example: `fleet tables list`
    """
    rows = views.table_rows(connect.views())
    if json_wanted:
        output.as_json(rows)
        return
    output.table(
        "Rows that were put here",
        ("table", "word", "value", "by", "since", "why"),
        [(r["table"], r["word"], _shown(r["value"]), r["who"], r["at"], r["why"]) for r in rows],
    )
    output.console().print(f"{len(rows)} rows; `fleet tables show TABLE` shows a table with fleet.toml's rows")


@app.command()
def show(table: Table, json_wanted: AsJson = False) -> None:
    """Show a table as the fleet reads it: fleet.toml's rows, and over them those that were put here.

    Example: `fleet tables show carriers.gxo`
    """
    from workers.cases import tables  # noqa: PLC0415  it loads every system, for which --help need not wait
    from workers.domain import overlay  # noqa: PLC0415  as above

    place = tables.read_place(table, "x")
    rows = [
        {"name": r["table"].split(".")[0], "path": [*r["table"].split(".")[1:], r["word"]], "value": r["value"]}
        for r in views.table_rows(connect.views())
    ]
    merged = overlay.merged(connect.configuration(), rows)
    found: Any = merged.tables.get(place.name, {})
    if place.name == overlay.ROUTING:
        found = {rule.name: rule.model_dump(mode="json", exclude_defaults=True) for rule in merged.routing}
    for part in place.path[:-1]:
        found = found.get(part, {})
    if json_wanted:
        output.as_json(found)
        return
    output.table(table, ("word", "value"), [(word, _shown(value)) for word, value in found.items()])


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@app.command()
def add(
    table: Table,
    word: Word,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="What it means: a word, or an object in JSON.")],
    why: Why,
    replay: Annotated[bool, typer.Option("--replay", help="Retry all exceptions that wait for this row.")] = False,
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Add a row or replace it: checked by the system that reads it, and live in every process within a second.

    Example: `fleet tables add carriers.gxo RM-48 "Royal Mail 48" --why "a new service" --replay`
    """
    from workers.cases import tables  # noqa: PLC0415  as above

    with acting_on(as_) as (store, person):
        place = tables.read_place(table, word)
        tables.put(store, connect.configuration(), person, place, tables.read_value(value), why)
        waits = sum(row["n"] for row in tables.waiting(store, place))
        rate = connect.exception_settings().retry_per_minute
        begun = tables.replay(store, place, person, why, per_minute=rate) if replay else []
    said = f"; {waits} exceptions wait for it" + (", and are being retried" if begun else "") if waits else ""
    output.done(
        f"{place} is put{said}",
        {"table": table, "word": word, "waiting": waits, "retries": begun},
        json_wanted=json_wanted,
    )


@app.command()
def remove(table: Table, word: Word, why: Why, as_: As = "", json_wanted: AsJson = False) -> None:
    """Take back a row that was put here: what fleet.toml says of it holds again.

    Example: `fleet tables remove carriers.gxo RM-48 --why "a typing error"`
    """
    from workers.cases import tables  # noqa: PLC0415  as above

    with acting_on(as_) as (store, person):
        place = tables.read_place(table, word)
        tables.remove(store, connect.configuration(), person, place, why)
    output.done(f"{place} is taken back", {"table": table, "word": word, "removed": True}, json_wanted=json_wanted)


@app.command()
def history(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at the most.")] = 50, json_wanted: AsJson = False
) -> None:
    """List every change of a table, the newest first: who, when, why, before and after.

    Example: `fleet tables history`
    """
    rows = views.table_changes(connect.views(), limit=limit)
    if json_wanted:
        output.as_json(rows)
        return
    output.table(
        "Changes",
        ("version", "when", "table", "word", "before", "after", "by", "why"),
        [
            (r["id"], r["at"], r["table"], r["word"], _shown(r["before"]) if r["before"] else "",
             _shown(r["after"]) if r["after"] else "", r["who"], r["why"])
            for r in rows
        ],
        numbers=frozenset({0}),
    )  # fmt: skip
