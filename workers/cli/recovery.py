"""``fleet replay`` and ``fleet open``: read a record again, open a connection's gate by hand."""

from __future__ import annotations

from contextlib import closing
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli import connect, output
from workers.cli.output import AsJson, NotDone
from workers.cli.people_acts import acting_on
from workers.cli.who import As, acting
from workers.config import Configuration, Fleet, environment

if TYPE_CHECKING:
    from workers.spine.runtime import Runtime


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("replay")(replay)
    app.command("open")(open_)


def ledger_only() -> Runtime:
    """A runtime that knows the ledger and no system: these commands need no partner's secrets."""
    from workers.spine.runtime import Runtime  # noqa: PLC0415  it loads every system, which other commands need not wait for

    connect.store().close()  # says so at once when the ledger is away
    fleet = Fleet.model_validate({"database_url": connect.ledger_url(), "broker_url": "", "sentry_dsn": ""})
    return Runtime(Configuration(fleet=fleet, connections={}, routing=(), tables={}), pool=1)


def replay(
    record: Annotated[int, typer.Argument(metavar="RECORD", min=1, help="The record's number: an exception shows it.")],
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Read a partner's record again, after a mapping was mended. Nothing that it caused before happens twice.

    Example: `fleet replay 4711`
    """
    from workers.cases import replays  # noqa: PLC0415  as above

    with acting_on(as_) as (store, person):
        new = replays.replay(store, record, person)
    words = f"record {record} is read again within seconds" if new else f"record {record} waits to be read already"
    output.done(words, {"record": record, "replayed": new}, json_wanted=json_wanted)


def open_(
    connection: Annotated[str, typer.Argument(metavar="CONNECTION", help="Its name in fleet.toml.")],
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Open a connection's gate by hand: after a suspect release, or when you know better than the probe.

    Example: `fleet open leeds`
    """
    from workers.observability import alerts  # noqa: PLC0415  as above
    from workers.spine import gates  # noqa: PLC0415  as above
    from workers.spine.live import is_live  # noqa: PLC0415  as above

    with closing(ledger_only()) as runtime:
        names = [row["name"] for row in runtime.store.rows("select name from connection order by name")]
        if connection not in names:
            raise NotDone(f"there is no connection {connection!r}; known are: {', '.join(names) or 'none yet'}")
        if not is_live(runtime.store, connection):
            raise NotDone(f"{connection} is not live: run `fleet go-live {connection}`")
        settings = environment()
        alerts.configure(
            settings.sentry_dsn or None,
            environment=settings.fleet_environment,
            release=version("khaos-fleet"),
            process="fleet-command",
        )
        opened = gates.open_connection(runtime, connection)
        if opened:
            runtime.store.run(
                "insert into timeline (story, subject, connection, step, who) values (%s, %s, %s, 'opened', %s)",
                f"connection {connection}",
                f"connection:{connection}",
                connection,
                acting(as_),
            )
    words = f"{connection} is open" if opened else f"{connection} was open already"
    output.done(words, {"connection": connection, "opened": opened}, json_wanted=json_wanted)
