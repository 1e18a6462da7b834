"""Commands of ``fleet garments`` about tags: where each is, the files that counted them, what a person says."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Annotated, Any

import typer

from workers.cli import connect, output
from workers.cli.output import AsJson, NotDone
from workers.cli.who import By
from workers.ledger.store import Store

Tag = Annotated[str, typer.Argument(metavar="TAG", help="The garment's tag: 24 hexadecimal digits.")]


def done_by(who: str, act: Callable[[Store], Any]) -> Any:
    """Run what a named person asks for. Raises NotDone with the sentence of what cannot be done."""
    from workers.spine.people import CannotDo  # noqa: PLC0415  most commands need not wait for the spine

    if not who.strip():
        raise NotDone("--by needs a name: it is kept with the books")
    with closing(connect.store()) as store:
        try:
            return act(store)
        except CannotDo as error:
            raise NotDone(str(error)) from None


def register(group: typer.Typer) -> None:
    """Add the commands of this module to ``fleet garments``."""
    group.command()(show)
    group.command()(files)
    group.command("accept-file")(accept_file)
    group.command()(settle)
    group.command()(adopt)
    group.command("give-up")(give_up)
    group.command("write-offs")(list_write_offs)
    group.command("write-off")(write_off)
    group.command()(charged)


def show(
    word: Annotated[str, typer.Argument(metavar="TAG|SKU", help="A tag, a stock code, or a garment's own number.")],
    json_wanted: AsJson = False,
) -> None:
    """Show garments with their state, and what the file and the events said last.

    Example: `fleet garments show DRESS-12`
    """
    from workers.stock_in import garment_people  # noqa: PLC0415  as above

    with closing(connect.store()) as store:
        rows = garment_people.shown(store, word.strip())
    if json_wanted:
        output.as_json(rows)
        return
    output.table(
        "Garments",
        ("tag", "sku", "state", "file", "events", "place", "days missing"),
        [(r["tag"], r["sku"], r["state"], r["file_state"], r["event_state"], r["place"], r["missed"]) for r in rows],
        numbers=frozenset({6}),
    )


def files(json_wanted: AsJson = False) -> None:
    """List the last stock files, with their rows and what became of each.

    Example: `fleet garments files`
    """
    from workers.stock_in import garment_people  # noqa: PLC0415  as above

    with closing(connect.store()) as store:
        rows = garment_people.files(store)
    if json_wanted:
        output.as_json(rows)
        return
    output.table(
        "Stock files",
        ("connection", "name", "written", "rows", "verdict", "why"),
        [
            (r["connection"], r["name"], f"{r['written_at']:%Y-%m-%d %H:%M}", r["rows"], r["verdict"], r["why"])
            for r in rows
        ],
        numbers=frozenset({3}),
    )


def accept_file(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of a refused stock file.")],
    by: By,
    json_wanted: AsJson = False,
) -> None:
    """Take a stock file that was refused as too short for whole: garments that it does not name are unseen.

    Example: `fleet garments accept-file acs_stock_MODA_20261206_0500.csv --by "Anna B"`
    """
    from workers.stock_in import garment_people  # noqa: PLC0415  as above

    rows = done_by(by, lambda store: garment_people.accept_file(store, name.strip(), by.strip()))
    facts = {"name": name, "rows": rows, "by": by.strip()}
    output.done(f"{name} with {rows} garments is counted within a second", facts, json_wanted=json_wanted)


def settle(
    tag: Tag,
    state: Annotated[str, typer.Argument(metavar="STATE", help="sellable, inspection, refurbishment, quarantine, …")],
    by: By,
    json_wanted: AsJson = False,
) -> None:
    """Say what a garment is, where the file and the events do not agree. It stands until either speaks again.

    Example: `fleet garments settle 3034257BF7194E4000001A85 inspection --by "Anna B"`
    """
    from workers.stock_in import garment_people  # noqa: PLC0415  as above

    after = done_by(by, lambda store: garment_people.settle(store, tag, state, by.strip()))
    output.done(f"{after.tag} is {after.state}", {"tag": after.tag, "state": after.state}, json_wanted=json_wanted)


def adopt(
    word: Annotated[str, typer.Argument(metavar="TAG|SKU", help="A tag, a stock code, or a garment's own number.")],
    by: By,
    json_wanted: AsJson = False,
) -> None:
    """Take garments that are in the stock file, and that nobody announced, for the merchant's own.

    Example: `fleet garments adopt DRESS-12 --by "Anna B"`
    """
    from workers.stock_in import garment_people  # noqa: PLC0415  as above

    taken = done_by(by, lambda store: garment_people.adopt(store, word.strip(), by.strip()))
    output.done(f"{taken} garments are adopted", {"garments": taken, "by": by.strip()}, json_wanted=json_wanted)


def give_up(tag: Tag, by: By, json_wanted: AsJson = False) -> None:
    """Take a garment that will not be found off sale for good. Its value is then written off.

    Example: `fleet garments give-up 3034257BF7194E4000001A85 --by "Anna B"`
    """
    from workers.stock_in import garment_people  # noqa: PLC0415  as above

    done_by(by, lambda store: garment_people.give_up(store, tag, by.strip()))
    output.done(f"{tag} is retired as lost", {"tag": tag, "by": by.strip()}, json_wanted=json_wanted)


def list_write_offs(json_wanted: AsJson = False) -> None:
    """List retired garments that are still on the books, with their value by the asset file.

    Example: `fleet garments write-offs`
    """
    from workers.stock_in import write_offs  # noqa: PLC0415  as above

    with closing(connect.store()) as store:
        rows = write_offs.waiting(store)
    if json_wanted:
        output.as_json(rows)
        return
    output.table(
        "Retired, and still on the books",
        ("tag", "sku", "site", "reason", "disposition", "final", "value"),
        [
            (r["tag"], r["sku"], r["home"], r["reason"], r["disposition"] or "", r["final"], r["value"] or "unknown")
            for r in rows
        ],
        numbers=frozenset({6}),
    )


def write_off(tag: Tag, by: By, json_wanted: AsJson = False) -> None:
    """Write a retired garment off: its unit goes by the site's one mover, its value by one journal entry, both once.

    Example: `fleet garments write-off 3034257BF7194E4000001A85 --by "Anna B"`
    """
    from workers.stock_in import write_offs  # noqa: PLC0415  as above

    row = done_by(by, lambda store: write_offs.confirm(store, tag, by.strip()))
    value = "its value is in no asset file: the entry waits for one" if row["value"] is None else f"{row['value']}"
    output.done(
        f"{row['tag']} of {row['sku']} is written off, {value}",
        {"tag": row["tag"], "sku": row["sku"], "value": row["value"], "by": by.strip()},
        json_wanted=json_wanted,
    )


def charged(
    order: Annotated[str, typer.Argument(metavar="ORDER", help="The order's code in Khaos Control.")],
    tag: Tag,
    by: By,
    amount: Annotated[str, typer.Option("--amount", help="What was charged or released, for the books.")] = "",
    json_wanted: AsJson = False,
) -> None:
    """Say that deposit, charges and costs of a garment are dealt with: it leaves the worklist `charges`.

    Example: `fleet garments charged SO02075 3034257BF7194E4000001A85 --amount 35.00 --by "Anna B"`
    """
    from workers.returns_in import charges  # noqa: PLC0415  as above

    done_by(by, lambda store: charges.settle(store, order.strip(), tag, amount, by.strip()))
    output.done(
        f"{tag} of {order} is dealt with", {"order": order, "tag": tag, "by": by.strip()}, json_wanted=json_wanted
    )
