"""``fleet garments``: single garments that a warehouse is to know, or to know no longer."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from workers.cli import connect, output, tagged
from workers.cli.output import AsJson, NotDone

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Garments, each with a code of its own.\n\nExample: `fleet garments announce garments.csv --connection acs`",
)
SHOWN = 20  # refused lines that are named one by one
File = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A CSV with a header.")]
Where = Annotated[str, typer.Option("--connection", metavar="NAME", help="The warehouse, as fleet.toml names it.")]


def register(program: typer.Typer) -> None:
    """Add the group of this module."""
    tagged.register(app)
    program.add_typer(app, name="garments")


@app.command()
def announce(file: File, connection: Where, json_wanted: AsJson = False) -> None:
    """Announce garments to a warehouse: a CSV with product_sku (Khaos Control's stock code), unique_sku and sizes.

    Further columns: name (else the product's description), designer, garment_type, description. The list is taken whole
    or not at all; it goes with the next set-up file, and each garment is answered for itself.

    Example: `fleet garments announce garments.csv --connection acs`
    """
    _take(file, connection, withdrawn=False, json_wanted=json_wanted)


@app.command()
def withdraw(file: File, connection: Where, json_wanted: AsJson = False) -> None:
    """Withdraw garments from a warehouse: the same columns. It goes with the next set-up file.

    Example: `fleet garments withdraw gone.csv --connection acs`
    """
    _take(file, connection, withdrawn=True, json_wanted=json_wanted)


@app.command("list")
def list_(
    connection: Where, state: Annotated[str, typer.Option(help="Only these.")] = "", json_wanted: AsJson = False
) -> None:
    """List announced garments: waiting, laid, accepted or rejected.

    Example: `fleet garments list --connection acs --state rejected`
    """
    from workers.sku_sync import garment_setup  # noqa: PLC0415  it loads the spine, which tags need not wait for

    with closing(connect.store()) as store:
        rows = garment_setup.listed(store, connection, state)
    if json_wanted:
        output.as_json(rows)
        return
    columns = ("unique_sku", "product_sku", "state", "withdrawn", "file", "said", "changed_at")
    output.table("Garments", [name.replace("_", " ") for name in columns], [[row[c] for c in columns] for row in rows])
    output.console().print(f"{len(rows)} shown")


def _take(file: Path, connection: str, *, withdrawn: bool, json_wanted: bool) -> None:
    from workers.sku_sync import garment_lists, garment_setup  # noqa: PLC0415  as above

    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise NotDone(f"{file} cannot be read ({type(error).__name__}): save it as CSV in UTF-8") from None
    with closing(connect.store()) as store:
        if store.row("select 1 as one from connection where name = %s", connection) is None:
            raise NotDone(f"--connection {connection}: there is no such connection; `fleet status` names them")
        try:
            items = garment_lists.read_list(text, garment_lists.descriptions(store), withdrawn=withdrawn)
        except garment_lists.Refused as error:
            if json_wanted:
                output.as_json({"new": 0, "refused": error.sentences})
            for sentence in () if json_wanted else error.sentences[:SHOWN]:
                output.console().print(escape(sentence), soft_wrap=True)
            raise NotDone(f"{len(error.sentences)} lines of {file} are refused, and nothing was stored") from None
        done = garment_setup.announce(store, connection, items)
    output.done(
        f"{done.new} garments go with the next set-up file, {done.known} stand so already",
        output.plain(done),
        json_wanted=json_wanted,
    )
