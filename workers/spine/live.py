"""Since when something may be sent to a connection: a new one is shut until a person has it go live."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from workers.ledger.store import Connection, Store, within
from workers.spine import exceptions

NOT_LIVE = "not_live"


def add_connection(db: Connection, name: str, system: str) -> None:
    """Add a connection's row, shut as ``not_live``; one that is there already stays as it is."""
    run = within(db)
    run(
        "insert into connection as c (name, system, shut_kind, shut_since, shut_reason)"
        " values (%s, %s, 'not_live', now(), %s) on conflict (name) do update set system = excluded.system"
        " where c.system <> excluded.system",
        name,
        system,
        f"new: run `fleet go-live {name}`",
    )


def tell_of_new(store: Store) -> None:
    """File ``not_live`` for each new connection, once. It calls nobody: a new connection is no trouble."""
    with store.transaction() as db:
        run = within(db)
        for row in run(
            "update connection set alerted = true where shut_kind = 'not_live' and not alerted returning name"
        ):
            name = row["name"]
            exceptions.file(
                run,
                NOT_LIVE,
                subject=_subject(name),
                story=f"connection {name}",
                flow="",
                connection=name,
                why=f"nothing is sent to {name}, and nothing asked of it, until `fleet go-live {name}`",
            )


def is_live(store: Store, name: str) -> bool:
    """Tell whether something may be sent to a connection, as far as going live is concerned."""
    row = store.row("select shut_kind from connection where name = %s", name)
    return row is not None and row["shut_kind"] != NOT_LIVE


def set_live(store: Store, names: Iterable[str], who: str, since: datetime | None = None) -> list[str]:
    """Open connections that are not live, without looking at what they hold. Returns which of them were opened.

    ``since`` is the moment of the change-over. A connection that the ledger has not seen yet will be live from its
    first moment.
    """
    opened = []
    with store.transaction() as db:
        run = within(db)
        for name in names:
            new = run(
                "insert into connection as c (name, system, live_at, live_by, live_from)"
                " values (%s, '', now(), %s, coalesce(%s, now())) on conflict (name) do update set"
                " live_at = now(), live_by = excluded.live_by, live_from = excluded.live_from, opened_at = now(),"
                " shut_kind = null, shut_since = null, shut_reason = null, shut_until = null, alerted = false"
                " where c.shut_kind = 'not_live' returning name",
                name,
                who,
                since,
            )
            if not new:
                continue
            opened.append(name)
            for kind in (NOT_LIVE, "connection_paused"):  # a ledger that was restored may have been paused before
                exceptions.close(run, kind, _subject(name), "it went live", who)
            run(
                "insert into timeline (story, subject, connection, step, who) values (%s, %s, %s, 'went live', %s)",
                f"connection {name}",
                _subject(name),
                name,
                who,
            )
        run("select wake()")
    return opened


def _subject(name: str) -> str:
    return f"connection:{name}"
