"""People who are logged in: sessions in the ledger, known by the hash of what the cookie holds, and revocable."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from workers.access.roles import Role
from workers.ledger.store import Row, Store

IDLE, LONGEST = 30 * 60, 10 * 3600  # seconds without a request, and in all
STEP_TIME = 10 * 60  # seconds that a login may take
TOUCH = 60  # seconds: the ledger is written at the most so often for one session


@dataclass(frozen=True, slots=True)
class Session:
    """A session that stands. ``form_token`` is the word that its forms must carry."""

    number: int
    subject: str
    name: str
    roles: frozenset[Role]
    form_token: str
    address: str


def begin(store: Store, subject: str, name: str, roles: Collection[Role], address: str) -> str:
    """Begin a session of 256 random bits, and sweep out those that ended. Returns what the cookie is to hold."""
    value = secrets.token_urlsafe(32)
    store.run("delete from desk_session where ends_at < now()")
    store.run("delete from login_step where ends_at < now()")
    store.run(
        "insert into desk_session (id_hash, subject, name, roles, form_token, address, ends_at)"
        " values (%s, %s, %s, %s, %s, %s, now() + make_interval(secs => %s))",
        hashed(value), subject, name, sorted(roles), secrets.token_urlsafe(32), address, IDLE,
    )  # fmt: skip
    return value


def find(store: Store, value: str) -> Session | None:
    """The session of a cookie, if it has neither ended nor been idle; it counts as seen now."""
    id_hash = hashed(value)
    row = store.row(
        "select *, seen_at < now() - make_interval(secs => %s) as stale from desk_session"
        " where id_hash = %s and ends_at > now()",
        TOUCH, id_hash,
    )  # fmt: skip
    if row is None:
        return None
    if row["stale"]:
        store.run(
            "update desk_session set seen_at = now(), ends_at = least(now() + make_interval(secs => %s),"
            " created_at + make_interval(secs => %s)) where id_hash = %s",
            IDLE, LONGEST, id_hash,
        )  # fmt: skip
    there = {role.value for role in Role}  # a later release may have had more
    roles = frozenset(Role(name) for name in row["roles"] if name in there)
    return Session(row["number"], row["subject"], row["name"], roles, row["form_token"], row["address"])


def end(store: Store, number: int, subject: str = "") -> Row | None:
    """End a session, of this subject if one is named. Returns whose it was; None when there is none."""
    return store.row(
        "delete from desk_session where number = %s and (%s = '' or subject = %s) returning number, subject, name",
        number, subject, subject,
    )  # fmt: skip


def end_all(store: Store, subject: str, *, but: int = 0) -> int:
    """End all sessions of a subject but one. Returns how many."""
    return store.run("delete from desk_session where subject = %s and number <> %s", subject, but)


def standing(store: Store, subject: str = "") -> list[Row]:
    """Sessions that stand, the last seen first; of one subject if it is named. ``ends_at`` is when idle till then."""
    return store.rows(
        "select number, subject, name, roles, address, created_at, seen_at, ends_at from desk_session"
        " where (%s = '' or subject = %s) and ends_at > now() order by seen_at desc, number desc",
        subject, subject,
    )  # fmt: skip


def begin_step(store: Store, facts: dict[str, Any]) -> str:
    """Keep what a login under way has shown so far. Returns what the cookie is to hold meanwhile."""
    value = secrets.token_urlsafe(32)
    store.run(
        "insert into login_step (id_hash, facts, ends_at) values (%s, %s, now() + make_interval(secs => %s))",
        hashed(value), json.dumps(facts), STEP_TIME,
    )  # fmt: skip
    return value


def take_step(store: Store, value: str) -> dict[str, Any] | None:
    """What a login under way has shown; it is taken once. None when it is unknown or took too long."""
    row = store.row(
        "delete from login_step where id_hash = %s returning facts, ends_at > now() as lives", hashed(value)
    )
    facts: dict[str, Any] | None = row["facts"] if row and row["lives"] else None
    return facts


def hashed(value: str) -> bytes:
    """The hash under which a random value is known."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).digest()
