"""``fleet sessions``: people who are logged in at the desk."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from workers.access import audit, sessions
from workers.cli import connect, output, who
from workers.cli.output import AsJson, NotDone
from workers.cli.who import As

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="People who are logged in at the desk: list them, end a session.\n\nExample: `fleet sessions list`",
)
COLUMNS = ("number", "subject", "name", "roles", "address", "created_at", "seen_at", "ends_at")


def register(program: typer.Typer) -> None:
    """Add the group of this module."""
    program.add_typer(app, name="sessions")


@app.command("list")
def list_(json_wanted: AsJson = False) -> None:
    """List the sessions that stand, the last seen first.

    Example: `fleet sessions list --json`
    """
    with closing(connect.store()) as store:
        rows = sessions.standing(store)
    if json_wanted:
        output.as_json(rows)
        return
    told = [{**row, "roles": ", ".join(row["roles"])} for row in rows]
    output.table("Sessions", [name.replace("_", " ") for name in COLUMNS], [[r[n] for n in COLUMNS] for r in told])
    output.console().print(f"{len(rows)} people are logged in" if len(rows) != 1 else "1 person is logged in")


@app.command()
def revoke(
    number: Annotated[int | None, typer.Argument(metavar="[NUMBER]", min=1, help="In `fleet sessions list`.")] = None,
    subject: Annotated[
        str, typer.Option("--subject", metavar="SUBJECT", help="All of this person instead, as in local:anna.")
    ] = "",
    by: As = "",
    json_wanted: AsJson = False,
) -> None:
    """End a session at once, or all of a person.

    Who logged in by the provider may log in again until it shuts them out.

    Example: `fleet sessions revoke 12`, `fleet sessions revoke --subject oidc:8271`
    """
    if (number is None) == (not subject):
        raise NotDone("name one: the number of a session, or --subject")
    with closing(connect.store()) as store:
        if number is not None:
            row = sessions.end(store, number)
            ended, thing = int(row is not None), f"session {number}" + (f" of {row['subject']}" if row else "")
        else:
            ended, thing = sessions.end_all(store, subject), f"sessions of {subject}"
        if not ended:
            raise NotDone(f"there is no such session ({thing}): `fleet sessions list` shows them")
        audit.record(store, who.actor(by), "session revoked", thing, after={"ended": ended})
    output.done(f"{thing}: {ended} ended", {"ended": ended}, json_wanted=json_wanted)
