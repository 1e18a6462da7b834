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
OF_DAY = "due_at >= :day and due_at < :day + interval '1 day'"
SOON = 3  # hours before its cut-off within which an order that has not left is looked at
MANY = 10_000  # no count goes further: the pages say "more than"
# The warehouses are named as rows: so the index over warehouse and state serves, whichever are asked for. The longest
# at their warehouse come first, and those that were never sent before them.
OF_STATES = """
select f.reference from (select name from connection where :warehouse = '' or name = :warehouse) c
 cross join unnest(cast(:states as text[])) s (state)
 cross join lateral (select reference from fulfilment
                      where warehouse = c.name and state = s.state
                        and (:courier = '' or coalesce(courier, '') = :courier)
                      order by sent_at limit :limit) f
"""
UNBOOKED = """
select reference from fulfilment where not confirmed and state in ('part_dispatched', 'dispatched', 'closed_short')
 order by changed_at limit :limit
"""
# Those that were missed and those that were not lie in an index each.
AWAITED = """
select split_part(subject, ':', 2) as reference from (
    (select subject, due_at from expectation where what in ('dispatch', 'rest') and missed_at is null and {open}
      order by due_at limit :limit)
    union all
    (select subject, due_at from expectation where what in ('dispatch', 'rest') and missed_at is not null and {missed}
      order by due_at limit :limit)) awaited
 order by due_at limit :limit
"""
# The gravest and then the oldest, of those that are about an order.
STUCK = """
select f.reference from (
    select story, array_position(array['critical', 'error', 'warning', 'info'], severity) as place, first_at, id
      from exception where state = 'open'
     order by array_position(array['critical', 'error', 'warning', 'info'], severity), first_at, id
     limit 5 * :limit) e
 cross join lateral (select reference from fulfilment where order_code = e.story order by reference limit 20) f
 order by e.place, e.first_at, e.id limit :limit
"""
ROWS = """
with listed as (
    select f.reference, f.order_code, f.invoice_code, f.associated_ref, f.site, f.warehouse, f.facility, f.state,
           f.requested, f.shipped, f.confirmed, f.sent_at, f.accepted_at, f.status_there, f.changed_at,
           coalesce(f.courier, '') as courier, f.their_id, d.due_at, d.missed_at
      from unnest(cast(:references as text[])) with ordinality as asked (reference, place)
      join fulfilment f on f.reference = asked.reference
      left join lateral (select min(due_at) as due_at, min(missed_at) as missed_at from expectation
                          where subject = 'order:' || f.reference and what in ('dispatch', 'rest')) d on true
     where (:warehouse = '' or f.warehouse = :warehouse) and (:state = '' or f.state = :state)
       and (:courier = '' or f.courier = :courier)
     order by {order} limit :limit)
select f.*, x.reason, x.id as exception
  from listed f
  left join lateral (select id, reason from exception where story = f.order_code and state = 'open'
                      order by first_at limit 1) x on true
 order by {order}
"""
# In the order of the index: it ends when enough are found, and an order in several stages is found by the lowest.
NOT_READY = """
with found as (
    select order_code, min(stage) as stage from (
        select stage, order_code from (select distinct stage, order_code from demand order by stage, order_code) d
         where not exists (select 1 from fulfilment f where f.order_code = d.order_code)
         order by stage, order_code limit 2 * :limit) f
     group by order_code order by min(stage), order_code limit :limit)
select f.order_code, l.invoice_code, l.units, f.stage, coalesce(l.site, '') as site
  from found f cross join lateral (
      select max(d.invoice_code) as invoice_code, sum(d.units) as units, max(o.site) as site
        from demand d left join order_site o on o.erp = d.erp and o.order_code = d.order_code
       where d.order_code = f.order_code) l
 order by f.stage, f.order_code
"""


@dataclass(frozen=True, slots=True)
class OrderList:
    """A list: its title, what it is for, the references in it, and how its rows are ordered."""

    title: str
    what: str
    references: str
    order: str = "due_at nulls last, sent_at nulls first, reference"


LISTS: Mapping[str, OrderList] = {
    "in-hand": OrderList("In hand", "Ready, or at a warehouse, and not all of it has left.", OF_STATES),
    "soon": OrderList(
        "Due soon",
        f"Not left, and its cut-off is within {SOON} hours.",
        AWAITED.format(open=f"due_at >= now() and due_at < now() + interval '{SOON} hours'", missed="false"),
    ),
    "today": OrderList(
        "Due today",
        "Not left, and to leave before the day ends.",
        AWAITED.format(open=OF_DAY, missed=OF_DAY),
    ),
    "late": OrderList("Late", "It should have left by now.", AWAITED.format(open="due_at < now()", missed="true")),
    "stuck": OrderList("Stuck", "An exception stands open.", STUCK),
    "unbooked": OrderList(
        "Left, not booked", "Left its warehouse; Khaos Control does not show all of it yet.", UNBOOKED, "changed_at"
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
    """Which orders are looked at: as many as are shown, and more where some of them are left out again."""
    chooses = bool(wanted.warehouse or wanted.state or wanted.courier)
    values: dict[str, object] = {"limit": LONGEST_LIST if chooses else wanted.limit}
    if ":states" in chosen.references:
        states = [state for state in IN_HAND if wanted.state in {"", state}]
        values = {
            "warehouse": wanted.warehouse,
            "states": states,
            "courier": wanted.courier,
            "limit": wanted.limit,
        }
    if ":day" in chosen.references:
        values |= {"day": wanted.day}
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


AWAITS = "from expectation where what in ('dispatch', 'rest')"
COUNTS = f"""
select (select count(*) from (select 1 {AWAITS} and missed_at is not null limit :many) x)
       + (select count(*) from (select 1 {AWAITS} and missed_at is null and due_at < now() limit :many) x) as late,
       (select count(*) from (select 1 {AWAITS} and missed_at is null and due_at >= now()
                                 and due_at < now() + make_interval(hours => :soon) limit :many) x) as soon,
       (select count(*) from (select 1 {AWAITS} and missed_at is null and {OF_DAY} limit :many) x)
       + (select count(*) from (select 1 {AWAITS} and missed_at is not null and {OF_DAY} limit :many) x) as today,
       (select count(*) from (select 1 from fulfilment where not confirmed
           and state in ('part_dispatched', 'dispatched', 'closed_short') limit :many) x) as unbooked,
       (select count(*) from (
           select 1 from connection c cross join unnest(cast(:states as text[])) s (state)
            cross join lateral (select 1 from fulfilment
                                 where warehouse = c.name and fulfilment.state = s.state limit :many) f
            limit :many) x) as in_hand
"""  # noqa: S608  our own text


def counts(engine: Engine, day: datetime) -> Row:
    """How many orders each list has: ``in_hand``, ``soon``, ``today``, ``late``, ``unbooked``.

    No count goes further than ``MANY``: one more than that means that there are more.
    """
    with snapshot(engine) as reading:
        found = fetch(reading, COUNTS, soon=SOON, day=day, states=list(IN_HAND), many=MANY + 1)[0]
    return {name: min(n, MANY + 1) for name, n in found.items()}


def warehouses(engine: Engine) -> list[str]:
    """The names of the connections to warehouses."""
    with snapshot(engine) as reading:
        return [row["name"] for row in fetch(reading, "select name from connection where system <> 'khaos' order by 1")]
