"""Tells owners: what is urgent at once, the rest as a digest at their hour, and when it is over.

A notice is a row of the ledger, made in the commit that marks its exceptions, and told once: a process that sends one
holds it by a lease, and a repeat after a crash has the Message-ID of the first.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import psycopg
import structlog

from workers.cases import channels, deadlines
from workers.cases.channels import NotTold
from workers.cases.notice_words import Words, words_of
from workers.config import OwnerSettings
from workers.ledger.store import Connection, Row
from workers.spine import exceptions
from workers.spine.exceptions import Once
from workers.spine.runtime import Runtime
from workers.views.exception_groups import groups
from workers.views.snapshot import reading_engine

log = structlog.get_logger(__name__)
_beside = threading.Lock()

AT_A_TIME = 2000
SENT_AT_A_TIME = 20
LEASE = 120.0  # seconds, longer than any sending
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 1800.0  # seconds until a notice that was not taken is tried again
LISTED = 40  # groups that a digest names

NEW = """
with new as (
    update exception set noticed = true where id in (
        select id from exception where state = 'open' and not noticed and clocked
           and (snoozed_until is null or snoozed_until <= now()) order by id limit %s for update skip locked)
    returning *)
select group_key, min(kind) as kind, min(connection) as connection, owner, severity, min(story) as reference,
       count(*) as n, min(first_at) as since from new group by group_key, owner, severity order by min(id)
"""
OVER = """
select * from notice n where n.what = 'urgent' and n.closed_at is null and n.state <> 'withdrawn'
   and not exists (select 1 from exception e where e.group_key = n.group_key and e.state = 'open')
   for update skip locked
"""
NEXT = """
update notice set state = 'sending', due_at = now() + make_interval(secs => %s), tries = tries + 1 where id = (
    select id from notice where state in ('waiting', 'sending') and due_at <= now() order by id limit 1
       for update skip locked) returning *
"""


def look(runtime: Runtime) -> int:
    """Make the notices that are due, and tell them. Returns how many were told."""
    make(runtime)
    make_digests(runtime, datetime.now(UTC))
    return tell(runtime)


def tell_beside(runtime: Runtime) -> None:
    """Look once in a thread of its own, unless one does: for a process whose `control` is away."""
    if not _beside.acquire(blocking=False):
        return

    def run() -> None:
        try:
            deadlines.set_times(runtime)
            look(runtime)
        except Exception as error:  # noqa: BLE001  the ledger may be away; the next look tells
            log.warning("owners are not told", error=type(error).__name__)
        finally:
            _beside.release()

    threading.Thread(target=run, name="tell owners", daemon=True).start()


def make(runtime: Runtime) -> None:
    """Make a notice of each urgent group that has none, and of each that is over."""
    owners = runtime.configuration.owners
    with runtime.store.transaction() as db:
        for row in db.execute(NEW, (AT_A_TIME,)).fetchall():
            owner = owners.get(row["owner"])
            for channel in owner.channels if owner and row["severity"] in owner.urgent else ():
                db.execute(
                    "insert into notice (what, owner, channel, group_key, kind, connection, severity, reference, n,"
                    " since) values ('urgent', %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
                    (row["owner"], channel, row["group_key"], row["kind"], row["connection"], row["severity"],
                     row["reference"], row["n"], row["since"]),
                )  # fmt: skip
        for row in db.execute(OVER).fetchall():
            _end(db, row)


def _end(db: Connection, row: Row) -> None:
    """What nobody was told is taken back; what somebody was told is told to be over."""
    if row["state"] == "sending":
        return  # it may have been told: first that is known
    if row["state"] == "waiting":
        db.execute("update notice set state = 'withdrawn', closed_at = now() where id = %s", (row["id"],))
        return
    db.execute("update notice set closed_at = now() where id = %s", (row["id"],))
    db.execute(
        "insert into notice (what, owner, channel, group_key, kind, connection, severity, reference, n, since, answers)"
        " select 'cured', owner, channel, group_key, kind, connection, severity, reference, n, since, id from notice"
        " where id = %s",
        (row["id"],),
    )


def make_digests(runtime: Runtime, now: datetime) -> None:
    """Make each owner's digest of the day once its hour has come, if anything stands open for them."""
    local = now.astimezone(runtime.configuration.fleet.zone)
    for name, owner in runtime.configuration.owners.items():
        if owner.digest_at is None or local.time() < owner.digest_at:
            continue
        for channel in owner.channels:
            runtime.store.run(
                "insert into notice (what, owner, channel, day) select 'digest', %s, %s, %s where exists (select 1"
                " from exception where state = 'open' and owner = %s) on conflict do nothing",
                name,
                channel,
                local.date(),
                name,
            )


def tell(runtime: Runtime) -> int:
    """Send what is due. What is not taken is tried again, ever more seldom, and is one exception meanwhile."""
    told = 0
    for _ in range(SENT_AT_A_TIME):
        row = runtime.store.row(NEXT, LEASE)
        if row is None:
            break
        owner = runtime.configuration.owners.get(row["owner"])
        if owner is None or row["channel"] not in owner.channels:
            runtime.store.run("update notice set state = 'withdrawn', closed_at = now() where id = %s", row["id"])
            continue
        try:
            missed = _send(runtime, owner, row)
        except NotTold as error:
            _not_told(runtime, row, str(error))
            continue
        except psycopg.Error:
            raise
        except Exception as error:  # one notice that cannot be written keeps no other waiting
            log.exception("a notice cannot be sent", notice=row["id"])
            _not_told(runtime, row, f"the notice cannot be sent: {type(error).__name__}")
            continue
        runtime.store.run("update notice set state = 'told', told_at = now(), error = null where id = %s", row["id"])
        if missed:  # not tried again: whoever took it would be told again and again
            _file(runtime, row, f"{missed}; the others have it. Correct the addresses of this owner in fleet.toml")
        else:
            exceptions.close(runtime.store.run, "owner_not_told", _subject(row), "a notice was taken")
        told += 1
    return told


def _send(runtime: Runtime, owner: OwnerSettings, row: Row) -> str:
    """Send it once. Returns which of several addresses did not take it, empty where all did. Raises NotTold."""
    configuration = runtime.configuration
    words = _words(runtime, row)
    if row["channel"] == "mail":
        return channels.send_mail(configuration.mail, owner, words, row["id"], row["answers"])
    channels.send_webhook(owner, words, configuration.mail.timeout)
    return ""


def _words(runtime: Runtime, row: Row) -> Words:
    fleet, desk = runtime.configuration.fleet, runtime.configuration.desk.url.rstrip("/")
    standing: list[Row] = []
    if row["what"] == "digest":
        engine = reading_engine(fleet.database_url, application="fleet-notices")
        try:
            standing = groups(engine, owner=row["owner"], limit=LISTED)
        finally:
            engine.dispose()
    return words_of(row, standing, desk, fleet.zone, datetime.now(UTC))


def _not_told(runtime: Runtime, row: Row, why: str) -> None:
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (row["tries"] - 1))
    runtime.store.run(
        "update notice set state = 'waiting', error = %s, due_at = now() + make_interval(secs => %s) where id = %s",
        why,
        pause,
        row["id"],
    )
    _file(runtime, row, f"{why}; it is tried again by itself")


def _file(runtime: Runtime, row: Row, why: str) -> None:
    exceptions.file(
        runtime.store.run,
        "owner_not_told",
        subject=_subject(row),
        story=f"owner {row['owner']}",
        flow="",
        connection="",
        why=f"{row['owner']} by {row['channel']}: {why}",
        once=Once.WHILE_OPEN,
    )


def _subject(row: Row) -> str:
    return f"owner:{row['owner']}:{row['channel']}"
