"""``fleet roles``: what each kind of process may do with the ledger, and a login for each."""

from __future__ import annotations

from typing import Annotated

import typer

from workers.cli import connect, output
from workers.cli.output import AsJson, NotDone

Login = Annotated[
    str, typer.Option("--login", metavar="ROLE", help="Give this role a new password, which is shown once.")
]


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("roles")(roles)


def roles(login: Login = "", json_wanted: AsJson = False) -> None:
    """Lay the database's roles (fleet_worker, fleet_web, fleet_read, fleet_audit) and their rights.

    Run it as the ledger's owner, once after `fleet migrate`, which renews the rights from then on. None
    of the roles is a superuser.

    Example: `fleet roles --login fleet_web`
    """
    from workers.ledger.roles import ROLES, MayNot, lay_roles, new_login  # noqa: PLC0415  --help need not wait for it

    if login and login not in ROLES:
        raise NotDone(f"there is no role {login!r}; write one of {', '.join(ROLES)}")
    dsn = connect.ledger_url()
    try:
        lay_roles(dsn)
        made = new_login(dsn, login) if login else None
    except MayNot as error:
        raise NotDone(str(error)) from None
    if made is None:
        output.done(f"the roles have their rights: {', '.join(ROLES)}", {"roles": list(ROLES)}, json_wanted=json_wanted)
        return
    words = f"{made.role} has a new password, which is shown this once: {made.password}"
    output.done(words, {"role": made.role, "password": made.password}, json_wanted=json_wanted)
