"""``fleet files``: which files of a warehouse have come, and which numbers of its series are missing."""

from __future__ import annotations

from typing import Annotated

import typer

from workers.cli import connect, output
from workers.cli.output import AsJson, NotDone
from workers.views.files import files as files_of
from workers.views.files import speaking_by_files


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("files")(files)


def files(
    connection: Annotated[str, typer.Argument(metavar="[CONNECTION]", help="Its name in fleet.toml.")] = "",
    facility: Annotated[str, typer.Option(help="Only this facility's.")] = "",
    name: Annotated[str, typer.Option(help="Only files with this in their name, for example 945.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at the most.")] = 50,
    json_wanted: AsJson = False,
) -> None:
    """List the files that came from a warehouse, by facility, the newest first, and the missing numbers.

    Files that we sent stand in `fleet order REF`.

    Example: `fleet files gxo --name 846`
    """
    views = connect.views()
    connections = speaking_by_files(views)
    if connection and connection not in connections:
        raise NotDone(
            f"{connection!r} is no connection that speaks by files; known are: {', '.join(connections) or 'none'}"
        )
    found = files_of(views, connection=connection, facility=facility, name=name, limit=limit)
    if json_wanted:
        output.as_json(found)
        return
    output.table(
        "Files",
        ("connection", "facility", "site", "file", "number", "taken", "effect", "what became of it", "bytes", "record"),
        [
            (r["connection"], r["facility"], r["site"], r["name"], r["number"], r["taken_at"], r["effect"],
             r["reading"], r["size"], r["record_id"])
            for r in found.files
        ],
        numbers=frozenset({4, 8, 9}),
    )  # fmt: skip
    output.table(
        "Missing numbers",
        ("connection", "facility", "number", "may come until", "state"),
        [(r["connection"], r["facility"], r["number"], r["may_come_until"], r["state"]) for r in found.missing],
        numbers=frozenset({2}),
    )
    more = "; --limit shows more" if len(found.files) == limit else ""
    output.console().print(f"{len(found.files)} files, {len(found.missing)} missing numbers{more}")
