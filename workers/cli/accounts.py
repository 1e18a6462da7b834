"""``fleet accounts``: local accounts of the desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated

import typer

from workers.access import accounts, audit
from workers.access.accounts import NewSecrets
from workers.access.roles import Role
from workers.cli import connect, output, who
from workers.cli.output import AsJson, NotDone
from workers.cli.who import As
from workers.ledger.store import Store

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Local accounts of the desk: list, add, give roles, disable and enable, reset.\n\n"
    "Example: `fleet accounts add anna --role support --role operations`",
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="The account's name, in small letters.")]
Roles = Annotated[
    list[Role], typer.Option("--role", help="What the person is to the fleet; may be repeated.", case_sensitive=False)
]
COLUMNS = ("name", "roles", "second_factor", "disabled", "created_at", "logged_in_at", "sessions")


def register(program: typer.Typer) -> None:
    """Add the group of this module."""
    program.add_typer(app, name="accounts")


@app.command("list")
def list_(json_wanted: AsJson = False) -> None:
    """List the local accounts, their roles, and when each was used last.

    Example: `fleet accounts list --json`
    """
    with closing(connect.store()) as store:
        rows = accounts.listed(store)
    if json_wanted:
        output.as_json(rows)
        return
    told = [{**row, "roles": ", ".join(row["roles"])} for row in rows]
    output.table("Accounts", [name.replace("_", " ") for name in COLUMNS], [[r[n] for n in COLUMNS] for r in told])
    if not rows:
        output.console().print("there is no local account: `fleet accounts add NAME --role admin` makes one")


@app.command()
def add(
    name: Name,
    role: Roles,
    second_factor: Annotated[
        bool,
        typer.Option(
            "--second-factor/--no-second-factor",
            help="Whether a code of an authenticator app is asked for. Without it the account is let in only where"
            " the desk answers this machine alone.",
        ),
    ] = True,
    by: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Make an account, with a random password and a secret for an authenticator app; both are shown this once.

    Example: `fleet accounts add anna --role support --role "customer service"`
    """
    with _acting() as store:
        new = accounts.add(store, name, role, second_factor=second_factor)
        after = {"roles": sorted(role), "second_factor": second_factor}
        audit.record(store, who.actor(by), "account added", f"account {new.name}", after=after)
    _shown(new, json_wanted=json_wanted)


@app.command()
def reset(name: Name, by: As = "", json_wanted: AsJson = False) -> None:
    """Give an account a new password and a new secret for the authenticator app, and end its sessions.

    Example: `fleet accounts reset anna`
    """
    with _acting() as store:
        new = accounts.reset(store, name)
        audit.record(store, who.actor(by), "account reset", f"account {new.name}")
    _shown(new, json_wanted=json_wanted)


@app.command()
def roles(name: Name, role: Roles, by: As = "", json_wanted: AsJson = False) -> None:
    """Give an account these roles and no others, and end its sessions.

    Example: `fleet accounts roles anna --role finance`
    """
    with _acting() as store:
        old = accounts.set_roles(store, name, role)
        before, after = {"roles": sorted(old.roles)}, {"roles": sorted(role)}
        audit.record(store, who.actor(by), "roles changed", f"account {old.name}", before=before, after=after)
    output.done(f"{old.name} is now {', '.join(sorted(role))}", {"name": old.name, **after}, json_wanted=json_wanted)


@app.command()
def disable(name: Name, by: As = "", json_wanted: AsJson = False) -> None:
    """Shut an account and end its sessions at once.

    Example: `fleet accounts disable anna`
    """
    _shut(name, by, disabled=True, json_wanted=json_wanted)


@app.command()
def enable(name: Name, by: As = "", json_wanted: AsJson = False) -> None:
    """Open an account again that was disabled.

    Example: `fleet accounts enable anna`
    """
    _shut(name, by, disabled=False, json_wanted=json_wanted)


def _shut(name: str, by: str, *, disabled: bool, json_wanted: bool) -> None:
    with _acting() as store:
        old = accounts.set_disabled(store, name, disabled=disabled)
        word = "disabled" if disabled else "enabled"
        audit.record(store, who.actor(by), f"account {word}", f"account {old.name}")
    output.done(f"{old.name} is {word}", {"name": old.name, "disabled": disabled}, json_wanted=json_wanted)


@contextmanager
def _acting() -> Iterator[Store]:
    with closing(connect.store()) as store:
        try:
            yield store
        except accounts.Refused as error:
            raise NotDone(str(error)) from None


def _shown(new: NewSecrets, *, json_wanted: bool) -> None:
    facts = {"name": new.name, "password": new.password, "otpauth": new.otpauth}
    app_line = f"\nauthenticator app: {new.otpauth}" if new.otpauth else "\nno second factor: for this machine alone"
    words = (
        f"account {new.name}, password {new.password}{app_line}\nneither is shown again; /account changes the password"
    )
    output.done(words, facts, json_wanted=json_wanted)
