"""The record of what people did: writing an entry, reading them, proving that none was changed, exporting them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from workers.ledger.store import Connection, Row, Store

log = structlog.get_logger(__name__)

PAGE = 1000  # entries read at a time
FIELDS = (
    *("id", "at", "subject", "name", "claimed", "os_user", "host", "address", "action", "object", "reason"),
    *("detail_hash", "prev_hash"),
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. ``subject`` is proven, ``claimed`` is what they call themselves, and the two are never mixed.

    A subject reads ``local:NAME`` (an account), ``oidc:SUB`` (the login's provider), ``os:USER`` (the ``fleet``
    command on a server), ``token:NAME`` (a machine) or ``fleet`` (the fleet by itself). ``address`` is where a request
    came from; ``os_user`` and ``host`` are those of a command.
    """

    subject: str
    name: str
    claimed: str = ""
    os_user: str = ""
    host: str = ""
    address: str = ""


NOBODY = Actor("nobody", "nobody")  # a request without a login
FLEET = Actor("fleet", "fleet")


def record(
    ledger: Store | Connection,
    actor: Actor,
    action: str,
    thing: str,
    *,
    before: Any = None,
    after: Any = None,
    reason: str = "",
) -> int:
    """Add an entry and return its number. With a connection it is part of the caller's transaction.

    ``action`` is a verb in the past ("exception retried"), ``thing`` names what it was done to by a code ("exception
    19", "order SO02075"), never by a person's data: both are logged. ``before`` and ``after`` are anything that JSON
    holds and may be customers' data. Call it last in a transaction: whoever records waits for it to end.
    """
    act = {
        "subject": actor.subject,
        "name": actor.name,
        "claimed": actor.claimed,
        "os_user": actor.os_user,
        "host": actor.host,
        "address": actor.address,
        "action": action,
        "object": thing,
        "reason": reason,
    }
    detail = "" if before is None and after is None else _written({"before": before, "after": after})
    sql, values = "select * from record_act(%s, %s)", (json.dumps(act), detail)
    row = ledger.row(sql, *values) if isinstance(ledger, Store) else ledger.execute(sql, values).fetchone()
    assert row is not None
    log.info("a person acted", entry=row["entry"], subject=actor.subject, action=action, thing=thing, hash=row["hash"])
    return int(row["entry"])


def _written(detail: Mapping[str, Any]) -> str:
    return json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str)


_READ = """
select e.id, audit_time(e.at) as at, e.subject, e.name, e.claimed, e.os_user, e.host, e.address, e.action, e.object,
       e.reason, encode(e.detail_hash, 'hex') as detail_hash, encode(e.prev_hash, 'hex') as prev_hash,
       encode(e.hash, 'hex') as hash, d.detail, encode(d.salt, 'hex') as salt
  from audit_entry e left join audit_detail d on d.entry = e.id
"""


def entries(
    store: Store,
    *,
    subject: str = "",
    action: str = "",
    thing: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Row]:
    """Entries, the newest first; those of one subject, action or thing where named, and before an entry's number.

    Only those from ``since`` on, and before ``until``, where given.
    """
    return store.rows_of(
        _READ + " where (%(subject)s = '' or e.subject = %(subject)s) and (%(action)s = '' or e.action = %(action)s)"
        " and (%(thing)s = '' or e.object = %(thing)s) and (%(before)s::bigint is null or e.id < %(before)s)"
        " and (%(since)s::timestamptz is null or e.at >= %(since)s)"
        " and (%(until)s::timestamptz is null or e.at < %(until)s)"
        " order by e.id desc limit %(limit)s",
        {
            "subject": subject, "action": action, "thing": thing, "since": since, "until": until, "before": before,
            "limit": limit,
        },
    )  # fmt: skip


def actions(store: Store) -> list[str]:
    """What was done in the last entries, by name, to choose from."""
    rows = store.rows(
        "select distinct action from (select action from audit_entry order by id desc limit %s) e order by 1", PAGE
    )
    return [row["action"] for row in rows]


def every(store: Store, after: int = 0) -> Iterator[Row]:
    """All entries behind an entry's number, the oldest first."""
    while page := store.rows(_READ + " where e.id > %s order by e.id limit %s", after, PAGE):
        yield from page
        after = page[-1]["id"]


def as_line(entry: Row) -> str:
    """An entry as one line of JSON, with all that ``faults`` needs."""
    return json.dumps(entry, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look at the whole record found. ``last_hash`` is to be kept elsewhere: a record cut short has another."""

    entries: int
    forgotten: int  # entries whose details were forgotten
    last_hash: str
    faults: tuple[str, ...]


def verify(found: Iterable[Mapping[str, Any]], *, most: int = 20) -> Verdict:
    """Compute every hash anew, of the ledger's entries or of exported lines, the oldest first and from the first on.

    At most so many faults are named. It needs no ledger: an export is proven anywhere.
    """
    number, previous, forgotten = 0, "", 0
    faults: list[str] = []
    for entry in found:
        number += 1
        faults += [f"entry {entry['id']}: {fault}" for fault in _faults(entry, number, previous)]
        forgotten += bool(entry["detail_hash"]) and entry["detail"] is None
        number, previous = entry["id"], entry["hash"]
    return Verdict(number, forgotten, previous, tuple(faults[:most]))


def _faults(entry: Mapping[str, Any], number: int, previous: str) -> Sequence[str]:
    found: list[str] = []
    if entry["id"] != number:
        found.append(f"it follows entry {number - 1}: what stood between was taken out")
    if entry["prev_hash"] != previous:
        found.append("it does not name the hash of the entry before")
    told = json.dumps([entry[name] for name in FIELDS], ensure_ascii=False)
    if hashlib.sha256(told.encode()).hexdigest() != entry["hash"]:
        found.append("it was changed after it was written")
    if entry["detail"] is not None:
        detail = hashlib.sha256(bytes.fromhex(entry["salt"]) + entry["detail"].encode()).hexdigest()
        if detail != entry["detail_hash"]:
            found.append("what it says of before and after was changed")
    return found
