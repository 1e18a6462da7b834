"""Orders as lists: in hand by warehouse and state, late, due soon, stuck, left and not booked, not ready.

Each list is read over an index: what is in hand is few however many orders there ever were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection as Reading
from sqlalchemy import Engine

from workers.views.snapshot import LONGEST_LIST, Row, fetch, snapshot
from workers.views.standing import Step, step_of

IN_HAND = ("new", "sent", "part_dispatched", "cancelling", "flagged")
SOON = 3  # hours before its cut-off within which an order that has not left is looked at
# The warehouses are named as rows: so the index over warehouse and state serves, whichever are asked for.
OF_STATES = """
select f.reference from (select name from connection where :warehouse = '' or name = :warehouse) c
 cross join unnest(cast(:states as text[])) s (state)
 cross join lateral (select reference, sent_at from fulfilment
                      where warehouse = c.name and state = s.state order by sent_at desc limit :limit) f
"""
UNBOOKED = """
select reference from fulfilment where not confirmed and state in ('part_dispatched', 'dispatched', 'closed_short')
 order by changed_at limit :limit
"""
AWAITED = """
select split_part(subject, ':', 2) as reference from expectation
 where what in ('dispatch', 'rest') and {due} order by due_at limit :limit
"""
STUCK = """
select f.reference from (select story, first_at from exception where state = 'open' order by first_at limit :limit) e
  join fulfilment f on f.order_code = e.story order by e.first_at limit :limit
"""
ROWS = """
select f.reference, f.order_code, f.invoice_code, f.associated_ref, f.site, f.warehouse, f.facility, f.state,
       f.requested, f.shipped, f.confirmed, f.sent_at, f.accepted_at, f.status_there, f.changed_at,
       coalesce(f.courier, '') as courier, f.their_id, d.due_at, d.missed_at, x.reason, x.id as exception
  from fulfilment f
  left join lateral (select min(due_at) as due_at, min(missed_at) as missed_at from expectation
                      where subject = 'order:' || f.reference and what in ('dispatch', 'rest')) d on true
  left join lateral (select id, reason from exception where story = f.order_code and state = 'open'
                      order by first_at limit 1) x on true
 where f.reference = any (:references) and (:warehouse = '' or f.warehouse = :warehouse)
   and (:state = '' or f.state = :state) and (:courier = '' or f.courier = :courier)
 order by {order} limit :limit
"""
NOT_READY = """
select d.order_code, max(d.invoice_code) as invoice_code, sum(d.units) as units, min(d.stage) as stage,
       coalesce(max(o.site), '') as site
  from demand d left join order_site o on o.erp = d.erp and o.order_code = d.order_code
 where not exists (select 1 from fulfilment f where f.order_code = d.order_code)
 group by d.order_code order by min(d.stage), d.order_code limit :limit
"""


@dataclass(frozen=True, slots=True)
class OrderList:
    """A list: its title, what it is for, the references in it, and how its rows are ordered."""

    title: str
    what: str
    references: str
    order: str = "d.due_at nulls last, f.sent_at nulls first, f.reference"


LISTS: Mapping[str, OrderList] = {
    "in-hand": OrderList("In hand", "Ready, or at a warehouse, and not all of it has left.", OF_STATES),
    "soon": OrderList(
        "Due soon",
        f"Not left, and its cut-off is within {SOON} hours.",
        AWAITED.format(due=f"missed_at is null and due_at < now() + interval '{SOON} hours' and due_at >= now()"),
    ),
    "today": OrderList(
        "Due today",
        "Not left, and to leave before the day ends.",
        AWAITED.format(due="due_at >= :day and due_at < :day + interval '1 day'"),
    ),
    "late": OrderList(
        "Late", "It should have left by now.", AWAITED.format(due="(missed_at is not null or due_at < now())")
    ),
    "stuck": OrderList("Stuck", "An exception stands open.", STUCK),
    "unbooked": OrderList(
        "Left, not booked", "Left its warehouse; Khaos Control does not show all of it yet.", UNBOOKED, "f.changed_at"
    ),
}
NOT_READY_TITLE, NOT_READY_WHAT = "Not ready", "Open in Khaos Control, and at no warehouse yet: with its stage there."


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which orders of a list: empty words mean any. ``day`` is the beginning of the merchant's day."""

    day: datetime
    warehouse: str = ""
    state: str = ""
    courier: str = ""
    limit: int = 200


def orders(engine: Engine, name: str, wanted: Wanted) -> list[Row]:
    """The rows of a list, the most urgent first, each with its ``step``. Raises KeyError for an unknown list."""
    chosen = LISTS[name]
    with snapshot(engine) as reading:
        references = [row["reference"] for row in _references(reading, chosen, wanted)]
        rows = fetch(
            reading,
            ROWS.format(order=chosen.order),
            references=references,
            warehouse=wanted.warehouse,
            state=wanted.state,
            courier=wanted.courier,
            limit=wanted.limit,
        )
    for row in rows:
        row["step"] = step_of(row)
    return rows


def not_ready(engine: Engine, limit: int = 200) -> list[Row]:
    """Orders that Khaos Control holds open and no warehouse has: ``order_code``, ``units``, ``stage``, ``site``."""
    with snapshot(engine) as reading:
        return fetch(reading, NOT_READY, limit=limit)


def _references(reading: Reading, chosen: OrderList, wanted: Wanted) -> list[Row]:
    values = {"limit": LONGEST_LIST}
    if ":states" in chosen.references:
        values |= {"warehouse": wanted.warehouse, "states": list(IN_HAND)}  # type: ignore[dict-item]
    if ":day" in chosen.references:
        values |= {"day": wanted.day}  # type: ignore[dict-item]
    return fetch(reading, chosen.references, **values)


FUNNEL = """
select f.warehouse, f.courier, f.state, f.accepted_at is not null as accepted, f.status_there, count(*) as n
  from connection c cross join unnest(cast(:states as text[])) s (state)
 cross join lateral (select warehouse, coalesce(courier, '') as courier, state, accepted_at, status_there
                       from fulfilment where warehouse = c.name and fulfilment.state = s.state) f
 group by 1, 2, 3, 4, 5
"""
LEFT_TODAY = """
select f.warehouse, coalesce(f.courier, '') as courier, s.confirmed_at is not null as booked, count(*) as n
  from shipment s join fulfilment f on f.reference = s.fulfilment where s.told_at >= :day group by 1, 2, 3
"""


def funnel(engine: Engine, day: datetime) -> list[Row]:
    """How many orders are ready, sent, accepted and picked now, and left and were booked since ``day``.

    One row for each warehouse and service: ``warehouse``, ``courier`` and a count by each step's name in small letters.
    """
    with snapshot(engine) as reading:
        standing = fetch(reading, FUNNEL, states=["new", "sent", "flagged", "cancelling"])
        gone = fetch(reading, LEFT_TODAY, day=day)
    found: dict[tuple[str, str], Row] = {}
    for row in standing:
        step = step_of({**row, "accepted_at": row["accepted"] or None, "confirmed": False})
        _count(found, row, step)
    for row in gone:
        _count(found, row, Step.BOOKED if row["booked"] else Step.LEFT)
    return [found[key] for key in sorted(found)]


def _count(found: dict[tuple[str, str], Row], row: Row, step: Step) -> None:
    key = (row["warehouse"], row["courier"])
    empty = {one.name.lower(): 0 for one in Step}
    counted = found.setdefault(key, {"warehouse": key[0], "courier": key[1], **empty})
    counted[step.name.lower()] += row["n"]


COUNTS = """
select (select count(*) from expectation where what in ('dispatch', 'rest')
           and (missed_at is not null or due_at < now())) as late,
       (select count(*) from expectation where what in ('dispatch', 'rest') and missed_at is null
           and due_at >= now() and due_at < now() + make_interval(hours => :soon)) as soon,
       (select count(*) from expectation where what in ('dispatch', 'rest')
           and due_at >= :day and due_at < :day + interval '1 day') as today,
       (select count(*) from fulfilment where not confirmed
           and state in ('part_dispatched', 'dispatched', 'closed_short')) as unbooked,
       (select count(*) from connection c cross join unnest(cast(:states as text[])) s (state)
           join fulfilment f on f.warehouse = c.name and f.state = s.state) as in_hand
"""


def counts(engine: Engine, day: datetime) -> Row:
    """How many orders each list has: ``in_hand``, ``soon``, ``today``, ``late``, ``unbooked``."""
    with snapshot(engine) as reading:
        return fetch(reading, COUNTS, soon=SOON, day=day, states=list(IN_HAND))[0]


def warehouses(engine: Engine) -> list[str]:
    """The names of the connections to warehouses."""
    with snapshot(engine) as reading:
        return [row["name"] for row in fetch(reading, "select name from connection where system <> 'khaos' order by 1")]
