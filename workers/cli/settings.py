"""``fleet settings``: whose fleet.toml stands in the ledger, and going back to an older one on purpose."""

from __future__ import annotations

from contextlib import closing

import typer

from workers.cli import connect, output
from workers.cli.output import AsJson
from workers.cli.who import As, actor


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(
        no_args_is_help=True, help="Whose fleet.toml stands in the ledger; going back to an older one on purpose."
    )
    group.command("show")(show)
    group.command("take")(take)
    app.add_typer(group, name="settings")


def show(json_wanted: AsJson = False) -> None:
    """Show since when the settings stand that the fleet works by, and whether this machine's fleet.toml has them.

    Example: `fleet settings show`
    """
    from workers.spine import laid_settings  # noqa: PLC0415  it loads every system
    from workers.spine.runtime import Runtime  # noqa: PLC0415  as above

    connect.store().close()  # says so at once when the ledger is away
    with closing(Runtime(connect.configuration(), pool=2)) as runtime, runtime.store.connection() as db:
        stands = laid_settings.standing(db, laid_settings.digest_of(runtime.configuration))
    if stands is None:
        output.done("no settings stand yet: the first worker that starts lays its own", {}, json_wanted=json_wanted)
        return
    words = "this machine's fleet.toml has them" if stands.ours else "this machine's fleet.toml has others"
    output.done(
        f"the settings that stand are of {stands.host}, since {stands.since:%Y-%m-%d %H:%M} UTC; {words}",
        {"host": stands.host, "since": stands.since.isoformat(), "ours": stands.ours},
        json_wanted=json_wanted,
    )


def take(as_: As = "", json_wanted: AsJson = False) -> None:
    """Go back to the settings of this machine's fleet.toml, though newer ones have followed them.

    Workers that run keep what they began with; start them anew, each with this file.

    Example: `fleet settings take`
    """
    from workers.access import audit  # noqa: PLC0415  as above
    from workers.ledger import locks  # noqa: PLC0415  as above
    from workers.spine import laid_settings  # noqa: PLC0415  as above
    from workers.spine.runtime import Runtime  # noqa: PLC0415  as above
    from workers.wiring import schedules  # noqa: PLC0415  as above

    connect.store().close()
    with closing(Runtime(connect.configuration(), pool=3)) as runtime:
        settings = laid_settings.digest_of(runtime.configuration)
        with runtime.store.transaction() as db:
            locks.hold(db, locks.SETTINGS)
            before = laid_settings.standing(db, settings)
            laid_settings.take(db, settings, again=True)
            audit.record(
                db, actor(as_), "settings taken", "fleet.toml", before={"host": before.host} if before else None
            )
        schedules.install(runtime, schedules.schedules(runtime, lambda _bell: None))
    output.done("the settings of this fleet.toml stand now", {"taken": True}, json_wanted=json_wanted)
