"""``fleet tokens``: what machines show instead of a login."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from workers.access import audit, tokens
from workers.access.tokens import Scope
from workers.cli import connect, output, who
from workers.cli.output import AsJson, NotDone
from workers.cli.who import As

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Tokens of machines: for Prometheus, which reads /metrics, and for a help desk, which announces returns.\n\n"
    "Example: `fleet tokens add prometheus metrics`",
)
COLUMNS = ("number", "name", "scope", "created_at", "used_at")


def register(program: typer.Typer) -> None:
    """Add the group of this module."""
    program.add_typer(app, name="tokens")


@app.command("list")
def list_(json_wanted: AsJson = False) -> None:
    """List the tokens that are valid, and when each was used last, to the hour.

    Example: `fleet tokens list --json`
    """
    with closing(connect.store()) as store:
        rows = tokens.listed(store)
    if json_wanted:
        output.as_json(rows)
        return
    output.table("Tokens", [name.replace("_", " ") for name in COLUMNS], [[r[n] for n in COLUMNS] for r in rows])
    if not rows:
        output.console().print("there is no token: `fleet tokens add prometheus metrics` makes one")


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the machine; returns that it announces carry it.")],
    scope: Annotated[Scope, typer.Argument(help="What it is for.")],
    by: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Make a token, shown this once. Two of a name are valid at a time: hand the new one over, then revoke the old.

    Example: `fleet tokens add help-desk returns-advice`
    """
    with closing(connect.store()) as store:
        try:
            number, token = tokens.add(store, name, scope)
        except tokens.Refused as error:
            raise NotDone(str(error)) from None
        audit.record(store, who.actor(by), "token added", f"token {number} of {name}", after={"scope": scope})
    facts = {"number": number, "name": name, "scope": scope.value, "token": token}
    output.done(
        f"token {number} of {name}, for {scope}: {token}\nit is not shown again", facts, json_wanted=json_wanted
    )


@app.command()
def revoke(
    number: Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="In `fleet tokens list`.")],
    by: As = "",
    json_wanted: AsJson = False,
) -> None:
    """End a token at once.

    Example: `fleet tokens revoke 3`
    """
    with closing(connect.store()) as store:
        try:
            row = tokens.revoke(store, number)
        except tokens.Refused as error:
            raise NotDone(str(error)) from None
        audit.record(store, who.actor(by), "token revoked", f"token {number} of {row['name']}")
    output.done(f"token {number} of {row['name']} is revoked", {"number": number}, json_wanted=json_wanted)
