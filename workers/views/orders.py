"""The story of an order, in time order, found by whatever code a person has in hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection as Reading
from sqlalchemy import Engine

from workers.ledger.expected import in_words
from workers.views.exceptions import LISTED
from workers.views.snapshot import LONGEST_LIST, Row, fetch, snapshot

PROOFS = {
    "khaos_shows": "Khaos Control shows the dispatch",
    "item results": "every facility of the warehouse accepts the item",
}

BY_FULFILMENT = """
select order_code from fulfilment where order_code = :ref
 union select order_code from fulfilment where invoice_code = :ref
 union select order_code from fulfilment where reference = :ref
 union select order_code from fulfilment where their_id = :ref
 union select order_code from fulfilment where associated_ref = :ref and associated_ref <> ''
 union select f.order_code from shipment s join fulfilment f on f.reference = s.fulfilment where s.reference = :ref
 union select f.order_code from shipment s join fulfilment f on f.reference = s.fulfilment where s.invoice_code = :ref
"""
# An invoice that Khaos shows and that is not ready: no warehouse knows of it yet.
BY_DEMAND = """
select distinct order_code from demand where order_code = :ref
 union select distinct order_code from demand
  where erp in (select name from connection where system = 'khaos') and invoice_code = :ref
"""
BY_RETURN = """
select order_code from return_line where reference = :ref and order_code <> ''
 union select order_code from return_advice where reference = :ref and order_code <> ''
 union select order_code from credit_note where erp in (select name from connection where system = 'khaos')
   and code = :ref and order_code <> ''
"""
BY_STORY = """
select :ref as order_code where exists (select 1 from timeline where story = :ref)
    or exists (select 1 from exception where story = :ref) or exists (select 1 from message where story = :ref)
"""
BY_EXCEPTION = "select distinct story as order_code from exception where subject in (:ref, 'invoice:' || :ref)"
BY_TRACKING = """
select distinct f.order_code from shipment s join fulfilment f on f.reference = s.fulfilment
 where s.parcels @> jsonb_build_array(jsonb_build_object('tracking', cast(:ref as text)))
"""
# A control number of ours, or the name of a file that carries one.
BY_FILE = """
with numbered as materialized (
    select connection, message_id from control_number
     where connection in (select name from connection)
       and number = cast(substring(:ref from '([0-9]{1,18})[^0-9]*$') as bigint))
select distinct m.story as order_code
  from numbered c
  join lateral (select story from message where id = c.message_id and connection = c.connection
                union all
                select story from message_settled where id = c.message_id and connection = c.connection) m on true
  left join lateral (select wire, position(decode('0a', 'hex') in wire) as ends from message_body
                      where message_id = c.message_id) b on b.ends > 1
 where :ref ~ '^[0-9]+$' or cast(convert_from(substring(b.wire for b.ends - 1), 'UTF8') as jsonb) ->> 'name' = :ref
"""

FULFILMENTS = """
select reference, order_code, invoice_code, associated_ref, site, warehouse, facility, route_reason, state, requested,
       shipped, shipments, confirmed, their_id, sent_at, accepted_at, changed_at, status_there,
       coalesce(courier, '') as courier from fulfilment
 where order_code = any (:stories) order by order_code, number
"""
# What was written for a warehouse that speaks by files. The wire's first line is JSON and names the file; it holds the
# newest writing, and one before that was surely not sent.
NUMBERED = """
select c.connection, m.kind, m.reference, c.number, c.given_at, m.state,
       case when c.generation < max(c.generation) over (partition by c.connection, c.message_id) then ''
            else cast(convert_from(substring(b.wire for b.ends - 1), 'UTF8') as jsonb) ->> 'name' end as file
  from (select id, connection, kind, reference, state, story from message
        union all select id, connection, kind, reference, state, story from message_settled) m
  join control_number c on c.connection = m.connection and c.message_id = m.id
  left join lateral (select wire, position(decode('0a', 'hex') in wire) as ends from message_body
                      where message_id = m.id) b on b.ends > 1
 where m.story = any (:stories) order by c.given_at, c.number
"""
SHIPMENTS = """
select s.reference, s.fulfilment, s.invoice_code, s.lines, s.parcels, s.told_at, s.confirmed_at
  from shipment s join fulfilment f on f.reference = s.fulfilment
 where f.order_code = any (:stories) order by s.told_at, s.reference
"""
DEMAND = """
select invoice_code, sku, units, stage from demand where order_code = any (:stories) order by invoice_code, sku
"""
RETURNS = """
select reference, sku, units, condition, state, home, receipt, advice, received_at, credit_note, credited_at,
       refunded_at, stopped_why from return_line
 where erp in (select name from connection where system = 'khaos') and order_code = any (:stories)
 order by received_at, reference
"""
LIVE = """
select m.id, m.flow, m.connection, m.kind, m.reference, m.version, m.state, m.state_since as since, m.attempt,
       m.due_at, m.proof, m.proof_due_at, m.error_kind, m.error,
       array(select gate from message_gate g where g.message_id = m.id order by gate) as held_by
  from message m where m.story = any (:stories) order by m.id
"""
SETTLED = """
select id, flow, connection, kind, reference, version, state, settled_at as since, attempt, proven_before
  from message_settled where story = any (:stories) order by settled_at, id
"""


@dataclass(frozen=True, slots=True)
class Story:
    """The order (or orders) that a code names, as the ledger has them; no names and no addresses.

    ``stories`` are order codes, or the SKU or reference itself where no order is known by it.
    ``expected`` says what should come next: ``what`` in words, its ``word``, ``subject``, ``due_at``, ``missed_at``.
    ``demand`` are lines of its invoices that Khaos Control holds open, with their stage; ``returns`` what came back.
    ``files`` are what was written for a warehouse that speaks by files: control ``number`` and name of each.
    """

    asked: str
    stories: tuple[str, ...]
    fulfilments: tuple[Row, ...]
    shipments: tuple[Row, ...]
    messages: tuple[Row, ...]
    settled: tuple[Row, ...]
    files: tuple[Row, ...]
    exceptions: tuple[Row, ...]
    expected: tuple[Row, ...]
    timeline: tuple[Row, ...]
    demand: tuple[Row, ...] = ()
    returns: tuple[Row, ...] = ()


def order_story(engine: Engine, ref: str) -> Story | None:
    """The story behind a code; None when nothing goes by it.

    ``ref`` may be a sales order, invoice or associated reference of Khaos Control, our fulfilment or
    shipment reference, the warehouse's own id, a tracking number, a SKU, the name or control number of a file
    that was sent, or a return, an announced return or a credit note.
    """
    with snapshot(engine) as reading:
        stories: tuple[str, ...] = ()
        for spelt in dict.fromkeys((ref.strip(), ref.strip().upper())):
            stories = stories or _stories(reading, spelt)
        if not stories:
            return None
        fulfilments = fetch(reading, FULFILMENTS, stories=list(stories))
        # a hint may come before its order is read, and its story is then called by the reference
        every = sorted({*stories, *(row["reference"] for row in fulfilments)})
        live = fetch(reading, LIVE, stories=every)
        timeline = fetch(
            reading,
            "select * from (select id, at, who, os_user, step, note, subject, flow, connection from timeline"
            " where story = any (:stories) order by id desc limit :limit) latest order by at, id",
            stories=every,
            limit=LONGEST_LIST,
        )
        return Story(
            asked=ref.strip(),
            stories=stories,
            fulfilments=tuple(fulfilments),
            shipments=tuple(fetch(reading, SHIPMENTS, stories=list(stories))),
            messages=tuple(live),
            settled=tuple(fetch(reading, SETTLED, stories=every)),
            files=tuple(fetch(reading, NUMBERED, stories=every)),
            exceptions=tuple(
                fetch(
                    reading,
                    LISTED + " where story = any (:stories) order by state = 'open' desc, first_at",
                    stories=every,
                )
            ),
            expected=tuple(_expected(reading, every, live)),
            timeline=tuple(timeline),
            demand=tuple(fetch(reading, DEMAND, stories=list(stories))),
            returns=tuple(fetch(reading, RETURNS, stories=list(stories))),
        )


def _stories(reading: Reading, ref: str) -> tuple[str, ...]:
    if not ref:
        return ()
    for way in (BY_FULFILMENT, BY_STORY, BY_DEMAND, BY_RETURN, BY_EXCEPTION, BY_TRACKING, BY_FILE):
        found = tuple(sorted(row["order_code"] for row in fetch(reading, way, ref=ref)))
        if found:
            return found
    return ()


def _expected(reading: Reading, stories: list[str], live: list[Row]) -> list[Row]:
    rows = fetch(
        reading,
        "select subject, what, due_at, missed_at from expectation where story = any (:stories) order by due_at",
        stories=stories,
    )
    for row in rows:
        row["word"] = row["what"]
        row["what"] = in_words(row["what"]).awaited
    for message in live:
        if message["state"] == "sent" and message["proof_due_at"]:
            what = PROOFS.get(message["proof"]) or str(message["proof"])
            rows.append(_awaited(message, what, message["proof_due_at"]))
        elif message["state"] == "waiting":
            rows.append(_awaited(message, "tried again", message["due_at"]))
    return sorted(rows, key=lambda row: row["due_at"])


def _awaited(message: Row, what: str, due_at: datetime) -> Row:
    return {"subject": message["reference"], "what": what, "word": "", "due_at": due_at, "missed_at": None}
