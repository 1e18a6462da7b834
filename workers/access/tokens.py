"""Machine tokens: what a program shows instead of a login, for one thing that it may do."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from enum import StrEnum

from workers.access.sessions import hashed
from workers.ledger.locks import TOKENS, hold
from workers.ledger.store import Row, Store

AT_ONCE = 2  # of one name: the new one is handed over while the old one still works
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
BEGINNING = "fleet_"  # a token that was left somewhere is recognised by it


class Scope(StrEnum):
    """The one thing that a token is for."""

    METRICS = "metrics"  # GET /metrics
    RETURNS_ADVICE = "returns-advice"  # POST /returns/advice


class Refused(Exception):
    """A token that cannot be made or revoked; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The program that showed a valid token."""

    name: str
    scope: Scope

    @property
    def subject(self) -> str:
        """Its name among all that may act."""
        return f"token:{self.name}"


def add(store: Store, name: str, scope: Scope) -> tuple[int, str]:
    """Make a token of 256 random bits. Returns its number and the token, which is shown once. Raises Refused."""
    if not NAME.fullmatch(name):
        raise Refused(f"{name!r} is no name of a token: up to 64 small letters, digits, '.', '_' and '-'")
    token = BEGINNING + secrets.token_urlsafe(32)
    with store.transaction() as db:
        hold(db, TOKENS)
        valid = db.execute("select scope from machine_token where name = %s and revoked_at is null", (name,)).fetchall()
        if len(valid) >= AT_ONCE:
            raise Refused(f"{name} has {AT_ONCE} valid tokens: revoke the old one first (`fleet tokens list`)")
        if any(row["scope"] != scope for row in valid):
            raise Refused(f"{name} has a token for {valid[0]['scope']}: a name is for one thing, take another name")
        made = db.execute(
            "insert into machine_token (name, scope, token_hash) values (%s, %s, %s) returning number",
            (name, scope, hashed(token)),
        ).fetchone()
    assert made is not None
    return made["number"], token


def revoke(store: Store, number: int) -> Row:
    """End a token at once. Returns its name and scope. Raises Refused when there is none that is valid."""
    row = store.row(
        "update machine_token set revoked_at = now() where number = %s and revoked_at is null"
        " returning number, name, scope",
        number,
    )
    if row is None:
        raise Refused(f"there is no valid token {number}: `fleet tokens list` shows them")
    return row


def listed(store: Store) -> list[Row]:
    """All tokens that are valid, by name, and when each was used last (to the hour)."""
    return store.rows(
        "select number, name, scope, created_at, used_at from machine_token where revoked_at is null"
        " order by name, number"
    )


def check(store: Store, token: str, scope: Scope) -> Machine | None:
    """The machine that this token is for, if it is valid and for this scope."""
    if not token.startswith(BEGINNING):
        return None
    row = store.row(
        "select number, name, used_at is null or used_at < now() - interval '1 hour' as stale from machine_token"
        " where token_hash = %s and scope = %s and revoked_at is null",
        hashed(token), scope,
    )  # fmt: skip
    if row is None:
        return None
    if row["stale"]:
        store.run("update machine_token set used_at = now() where number = %s", row["number"])
    return Machine(row["name"], scope)
