"""What ``fleet check`` says of logins: who can come in at the desk and at Flower, and what shuts them to everybody."""

from __future__ import annotations

from typing import Protocol

import psycopg

from workers.access.oidc import roles_by_group
from workers.cli import addresses
from workers.config import Configuration, Misconfigured, environment
from workers.config.desk import is_loopback


class Findings(Protocol):
    """Lines of the check: good ones and problems."""

    well: list[str]
    problems: list[str]


def look(found: Findings, settings: Configuration) -> None:
    """Add what is well and what is not. Raises psycopg's errors where the ledger cannot be asked."""
    desk = settings.desk
    try:
        bound = addresses.addresses(settings.fleet)
        if desk.oidc is not None:
            roles_by_group(desk.oidc)
            found.well.append(f"people log in at the desk by {desk.oidc.issuer}")
    except Misconfigured as error:
        found.problems.append(str(error))
        return
    if not desk.url and not is_loopback(bound["WEB_HOST"]):
        found.problems.append(
            f"the desk: WEB_HOST is {bound['WEB_HOST']} and desk.url is missing, so nobody can open it: write the https"
            " address at which browsers reach it"
        )
    if not is_loopback(bound["FLOWER_HOST"]) and not environment().flower_basic_auth.strip():
        found.problems.append("FLOWER_BASIC_AUTH is not set, so Flower will not start: set it to name:password")
    if settings.fleet.database_url:
        _accounts(found, settings)


def _accounts(found: Findings, settings: Configuration) -> None:
    desk = settings.desk
    try:
        with psycopg.connect(settings.fleet.database_url, connect_timeout=5) as connection:
            rows = connection.execute("select name, second_factor from account where not disabled").fetchall()
    except psycopg.errors.UndefinedTable:  # the line about the ledger's shape says what to do
        return
    if not (rows and desk.local_accounts) and desk.oidc is None:
        found.problems.append(
            "nobody can log in at the desk: run `fleet accounts add NAME --role admin`, or write [desk.oidc] in"
            " fleet.toml"
        )
    bare = [name for name, second_factor in rows if not second_factor]
    if bare and desk.url:
        found.problems.append(
            f"accounts without a second factor are not let in where desk.url is set: {', '.join(bare)}: disable each"
            " (`fleet accounts disable NAME`), and add another"
        )
