"""``fleet order hold`` and what else a person does about one order."""

from __future__ import annotations

from typing import Annotated

import typer

from workers.cli import connect, output
from workers.cli.output import AsJson
from workers.cli.people_acts import acting_on
from workers.cli.who import As

Code = Annotated[str, typer.Argument(metavar="ORDER", help="A sales order, an invoice, or a fulfilment.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, for whoever asks later.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for name, command in (
        ("hold", hold), ("release", release), ("reroute", reroute), ("send-again", send_again),
        ("read-again", read_again),
    ):  # fmt: skip
        app.command(name)(command)


def hold(code: Code, why: Why, as_: As = "", json_wanted: AsJson = False) -> None:
    """Hold an order back, also one that is not released yet. Refused where it may be at its warehouse.

    Example: `fleet order hold SO02075 --why "the customer changes the address"`
    """
    from workers.cases import order_acts  # noqa: PLC0415  it loads every queue, for which --help need not wait

    with acting_on(as_) as (store, person):
        held = order_acts.hold(store, code, person, why)
    output.done(
        f"{code} is held until `fleet order release {code}`" + ("" if held else "; nothing of it waits yet"),
        {"order": code, "held": held},
        json_wanted=json_wanted,
    )


def release(code: Code, why: Why, as_: As = "", json_wanted: AsJson = False) -> None:
    """Let an order go that a person held.

    Example: `fleet order release SO02075 --why "the address is right now"`
    """
    from workers.cases import order_acts  # noqa: PLC0415  as above

    with acting_on(as_) as (store, person):
        went = order_acts.release(store, code, person, why)
    output.done(f"{code} is released", {"order": code, "released": went}, json_wanted=json_wanted)


def reroute(
    code: Code,
    to: Annotated[str, typer.Option("--to", metavar="CONNECTION/FACILITY", help="As in fleet.toml: leeds/LDS1.")],
    why: Why,
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Send an order to another building than the rules say. Refused where it may have been sent and is not cancelled.

    Example: `fleet order reroute SO02075 --to gxo/GBNH01 --why "Leeds is flooded"`
    """
    from workers.cases import order_acts  # noqa: PLC0415  as above

    connection, _, facility = to.partition("/")
    with acting_on(as_) as (store, person):
        order_acts.send_elsewhere(store, connect.configuration(), code, person, connection, facility, why)
    output.done(
        f"{code} is read again within a minute, and goes to {to}", {"order": code, "to": to}, json_wanted=json_wanted
    )


def send_again(code: Code, why: Why, as_: As = "", json_wanted: AsJson = False) -> None:
    """Send again what of an order could not go, or a file that its warehouse lost. Nothing is sent twice.

    Example: `fleet order send-again SO02075 --why "GXO has lost the file"`
    """
    from workers.cases import order_acts  # noqa: PLC0415  as above

    with acting_on(as_) as (store, person):
        again = order_acts.send_again(store, code, person, why)
    output.done(f"{', '.join(again)} goes again", {"order": code, "sent_again": again}, json_wanted=json_wanted)


def read_again(code: Code, why: Why, as_: As = "", json_wanted: AsJson = False) -> None:
    """Read an order now, in Khaos Control and at each warehouse that can be asked.

    Example: `fleet order read-again SO02075 --why "the customer telephones"`
    """
    from workers.cases import order_acts  # noqa: PLC0415  as above

    with acting_on(as_) as (store, person):
        asked = order_acts.read_again(store, connect.configuration(), code, person, why)
    output.done(
        f"{code} is read within a minute, of {', '.join(asked)}", {"order": code, "asked": asked},
        json_wanted=json_wanted,
    )  # fmt: skip
