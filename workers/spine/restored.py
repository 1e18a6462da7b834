"""Signs that the ledger came from a backup: something that was given by it, and that it has never given.

Where one is seen nothing more is sent to the connections that it concerns, until a person has said what happened:
`fleet restored` where the ledger was restored, `fleet open` where it was not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import redis
import structlog

from workers.ledger.store import Claimed, within
from workers.spine import exceptions
from workers.spine.runtime import Runtime

Rows = Callable[..., list[dict[str, Any]]]  # runs a statement and gives its rows

log = structlog.get_logger(__name__)

KIND = "ledger_restored_suspected"
SHUT = "restored_suspected"
REACH = 10_000  # numbers ahead of our last that a restore can explain: what is farther was never ours
IDENTITY = "insert into ledger_identity (id) values (gen_random_uuid()) on conflict do nothing"
STANDS = "select (select id::text from ledger_identity) as id, (select last_value from message_id_seq) as last"
NAMED_NUMBER = "select last from series where connection = %s"
# An order that is there although the fleet, by its ledger, has never begun to send it.
UNSENT = """
select f.reference from fulfilment f where f.warehouse = %s and f.reference = any (%s) and f.state = 'new'
   and exists (select 1 from message m where m.flow = 'orders-out' and m.kind = 'order' and m.reference = f.reference
                  and m.connection = f.warehouse)
   and not exists (select 1 from message m where m.reference = f.reference and m.connection = f.warehouse
                      and (m.attempt > 0 or m.maybe_sent_at is not null))
   and not exists (select 1 from message m join message_gate g on g.message_id = m.id where m.reference = f.reference
                      and m.connection = f.warehouse and g.gate like 'go-live:%%')
   and not exists (select 1 from message_settled s where s.story = f.order_code and s.reference = f.reference
                      and s.connection = f.warehouse
                      and s.kind in ('order', 'change', 'cancel') and s.attempt > 0)
"""
# A number of an order that the ledger has not given, and that a warehouse has not shown before.
BEYOND = """
select x.reference from unnest(%s::text[]) x (reference)
 where exists (select 1 from fulfilment f where f.order_code = substring(x.reference from '^(.+)-[0-9]+$'))
   and not exists (select 1 from fulfilment f where f.reference = x.reference)
   and not exists (select 1 from reference_alias a where a.connection = %s and a.alias = x.reference)
   and not exists (select 1 from exception e where e.kind = 'unknown_at_warehouse'
                      and e.subject = 'order:' || %s::text || ':' || x.reference)
   and not exists (select 1 from gate g where not g.open
                      and g.name = 'go-live:' || %s::text || ':' || substring(x.reference from '^(.+)-[0-9]+$'))
 order by 1
"""


def looks_up_first(runtime: Runtime, message: Claimed) -> bool:
    """Whether a message's reference is looked up at its connection before it is sent for the first time."""
    if message.after_restore is not None:
        return message.after_restore
    row = runtime.store.row(
        "select is_recent_restore(restored_at) as recent from connection where name = %s", message.connection
    )
    return bool(row and row["recent"])


def suspect(run: exceptions.Run, names: Iterable[str], why: str) -> None:
    """Shut connections and file the exception of each, in the transaction of ``run``. Those not live stay so."""
    for name in names:
        run(
            "update connection set shut_kind = %s, shut_since = now(), shut_until = null, alerted = true,"
            " shut_reason = %s where name = %s and coalesce(shut_kind, '') not in ('not_live', %s)",
            SHUT,
            f"{why}: run `fleet restored`",
            name,
            SHUT,
        )
        exceptions.file(
            run,
            KIND,
            subject=f"connection:{name}",
            story=f"connection {name}",
            flow="",
            connection=name,
            why=why,
            once=exceptions.Once.WHILE_OPEN,
        )


def over(run: exceptions.Run, name: str, why: str, who: str) -> None:
    """Close what stands about a connection: a person has said what happened."""
    exceptions.close(run, KIND, f"connection:{name}", why, who)


def look_at_mark(runtime: Runtime) -> bool:
    """Compare the last message that the ledger gave with the last one that Redis has seen of it. True at a sign.

    Redis outlives a restore of Postgres. Where it was emptied the mark begins anew, and other signs remain.
    """
    row = runtime.store.row(STANDS)
    if row is None or row["id"] is None:
        return False
    key, last = f"fleet:last-message:{row['id']}", int(row["last"])
    client: Any = runtime.redis  # its types allow for answers that come later
    try:
        seen = int(client.get(key) or 0)
        if seen > last:
            why = f"Redis has seen message {seen} of this ledger, which has given {last} at the most"
            _shut_all(runtime, why)
        if seen != last:
            client.set(key, last)
    except redis.RedisError as error:
        log.info("no mark of the last message", error=type(error).__name__)
        return False
    return seen > last


def look_at_bell(runtime: Runtime, message_id: int) -> bool:
    """See whether a bell rings for a message that the ledger has never given. True at a sign."""
    if message_id <= runtime.last_message:
        return False
    row = runtime.store.row(STANDS)
    runtime.last_message = int(row["last"]) if row else 0
    if row is None or message_id <= runtime.last_message:
        return False
    _shut_all(runtime, f"a bell rings for message {message_id}, and the ledger has given {row['last']} at the most")
    return True


def look_at_number(run: Rows, connection: str, number: int, where: str) -> bool:
    """See whether a control number that stands somewhere is beyond the last one that we gave. True at a sign."""
    rows = run(NAMED_NUMBER, connection)
    last = int(rows[0]["last"]) if rows else 0
    if not last or not last < number <= last + REACH:  # before our first number, all are another integration's
        return False
    suspect(run, [connection], f"{where} names control number {number}, and the last one that was given is {last}")
    return True


def look_at_references(run: Rows, connection: str, references: Iterable[str], where: str) -> list[str]:
    """See which orders are at a warehouse although the ledger has not sent them, or given their numbers: a sign."""
    names = sorted(set(references))
    unsent = [str(row["reference"]) for row in run(UNSENT, connection, names)]
    beyond = [str(row["reference"]) for row in run(BEYOND, names, connection, connection, connection)]
    if unsent:
        suspect(run, [connection], f"{where} holds {unsent[0]}, which by the ledger was never sent")
    elif beyond:
        suspect(run, [connection], f"{where} holds {beyond[0]}, a number of the order that the ledger never gave")
    return unsent + beyond


def identify(run: exceptions.Run) -> None:
    """Give the ledger a name of its own, once: it stays the same in every copy of it."""
    run(IDENTITY)


def _shut_all(runtime: Runtime, why: str) -> None:
    with runtime.store.transaction() as db:
        suspect(within(db), [one.name for one in runtime.configuration.warehouses], why)
    log.warning("the ledger may come from a backup", why=why)
