"""``fleet replay``, ``fleet pause`` and ``fleet open``: read a record again, shut and open a connection by hand."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from workers.cli import output
from workers.cli.output import AsJson
from workers.cli.people_acts import acting_on
from workers.cli.who import As
from workers.config import environment

Name = Annotated[str, typer.Argument(metavar="CONNECTION", help="Its name in fleet.toml.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("replay")(replay)
    app.command("pause")(pause)
    app.command("open")(open_)


def replay(
    record: Annotated[int, typer.Argument(metavar="RECORD", min=1, help="The record's number: an exception shows it.")],
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Read a partner's record again, after a mapping was mended. Nothing that it caused before happens twice.

    Example: `fleet replay 4711`
    """
    from workers.cases import replays  # noqa: PLC0415  it loads every queue, for which --help need not wait

    with acting_on(as_) as (store, person):
        new = replays.replay(store, record, person)
    words = f"record {record} is read again within seconds" if new else f"record {record} waits to be read already"
    output.done(words, {"record": record, "replayed": new}, json_wanted=json_wanted)


def pause(
    connection: Name,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, for whoever asks later.")],
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Send nothing to a connection until it is resumed. Its messages wait; it is not probed, and never opens by itself.

    Example: `fleet pause leeds --why "Leeds moves house until Monday"`
    """
    from workers.cases import connection_acts  # noqa: PLC0415  as above

    with acting_on(as_) as (store, person):
        connection_acts.pause(store, connection, person, why)
    output.done(
        f"{connection} is paused until `fleet open {connection}`",
        {"connection": connection, "paused": True},
        json_wanted=json_wanted,
    )


def open_(
    connection: Name,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, for whoever asks later.")] = "",
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Open a connection's gate by hand: after a pause or a suspect release, or when you know better than the probe.

    Example: `fleet open leeds`
    """
    from workers.cases import connection_acts  # noqa: PLC0415  as above
    from workers.observability import alerts  # noqa: PLC0415  as above

    with acting_on(as_) as (store, person):
        settings = environment()
        alerts.configure(
            settings.sentry_dsn or None,
            environment=settings.fleet_environment,
            release=version("khaos-fleet"),
            process="fleet-command",
        )
        opened = connection_acts.open_(store, connection, person, why)
    words = f"{connection} is open" if opened else f"{connection} was open already"
    output.done(words, {"connection": connection, "opened": opened}, json_wanted=json_wanted)
