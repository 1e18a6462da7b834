"""``fleet restored``: the ledger came from a backup, so warehouses go live anew before anything is sent to them."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from workers.cli import connect, output
from workers.cli.exceptions import As, acting
from workers.cli.output import AsJson, NotDone

ABOVE_HELP = "The last control number that a partner has seen of us, as gxo=4711. Default: ten thousand are left out."


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("restored")(restored)


def restored(
    above: Annotated[list[str] | None, typer.Option(metavar="NAME=NUMBER", help=ABOVE_HELP)] = None,
    by: Annotated[str, typer.Option("--by", help="Who says so. Default: the user of this machine.")] = "",
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Say that the ledger was restored from a backup, before workers start: nothing is sent until it was looked up.

    Example: `fleet restored --by anna`, then `fleet up`, then `fleet go-live leeds`
    """
    from workers.going_live import restoring  # noqa: PLC0415  it loads every system

    configuration = connect.configuration()
    warehouses = [one.name for one in configuration.warehouses]
    with closing(connect.store()) as store:
        done = restoring.take_back(store, warehouses, acting(by or as_), _numbers(above or [], warehouses))
    facts = {"shut": list(done.shut), "numbers": dict(done.numbers)}
    words = (
        f"nothing is sent to {', '.join(done.shut) or 'anybody'} now: start the workers, then `fleet go-live NAME` each"
    )
    output.done(words, facts, json_wanted=json_wanted)


def _numbers(above: list[str], warehouses: list[str]) -> dict[str, int]:
    numbers = {}
    for one in above:
        name, _, number = one.partition("=")
        if name not in warehouses or not number.isdigit():
            raise NotDone(f"--above {one}: write NAME=NUMBER, with one of {', '.join(warehouses)}")
        numbers[name] = int(number)
    return numbers
