"""``fleet restored``: the ledger came from a backup, so warehouses go live anew before anything is sent to them."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from adapters.errors import ReachError
from workers.cli import connect, output
from workers.cli.output import AsJson, NotDone
from workers.cli.who import BySame, acting

ABOVE_HELP = "The last control number that a partner has seen of us, as gxo=4711. Default: ten thousand are left out."


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("restored")(restored)


def restored(
    above: Annotated[list[str] | None, typer.Option(metavar="NAME=NUMBER", help=ABOVE_HELP)] = None,
    by: BySame = "",
    json_wanted: AsJson = False,
) -> None:
    """Say that the ledger was restored from a backup, before workers start: nothing is sent until it was looked up.

    Example: `fleet restored --by anna`, then `fleet up`, then `fleet go-live leeds`
    """
    from workers.edi.control_numbers import highest_laid  # noqa: PLC0415  it loads every system
    from workers.going_live import restoring  # noqa: PLC0415  as above
    from workers.spine.runtime import Runtime  # noqa: PLC0415  as above

    connect.store().close()  # says so at once when the ledger is away
    laid: dict[str, int] = {}
    unread: dict[str, str] = {}
    with closing(Runtime(connect.configuration(), pool=2)) as runtime:
        warehouses = [one.name for one in runtime.configuration.warehouses]
        numbers = _numbers(above or [], warehouses)
        for name in warehouses:
            try:
                laid[name] = highest_laid(runtime, name)
            except ReachError as error:
                unread[name] = error.what
        done = restoring.take_back(runtime.store, warehouses, acting(by), numbers, laid)
    facts = {"shut": list(done.shut), "numbers": dict(done.numbers), "unread": unread}
    words = [f"nothing is sent to {', '.join(done.shut) or 'anybody'} now"]
    words += [f"control numbers of {name} go on above {number}" for name, number in sorted(done.numbers.items())]
    words += [
        f"the folders of {name} could not be read ({why}): run this again when they can, or ask its people for the last"
        f" number that they have seen and name it with --above {name}=NUMBER"
        for name, why in sorted(unread.items())
    ]
    words.append("start the workers, then `fleet go-live NAME` each")
    output.done("\n".join(words), facts, json_wanted=json_wanted)


def _numbers(above: list[str], warehouses: list[str]) -> dict[str, int]:
    numbers = {}
    for one in above:
        name, _, number = one.partition("=")
        if name not in warehouses or not number.isdigit():
            raise NotDone(f"--above {one}: write NAME=NUMBER, with one of {', '.join(warehouses)}")
        numbers[name] = int(number)
    return numbers
