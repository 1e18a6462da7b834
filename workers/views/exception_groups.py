"""Open exceptions by their cause: how many, since when, what is at stake, whose they are, and how retries go."""

from __future__ import annotations

from sqlalchemy import Engine

from workers.observability.privacy import mask
from workers.views.snapshot import LONGEST_LIST, Row, fetch, snapshot

COUNTED_UP_TO = 50  # exceptions of a group whose orders and SKUs are counted

# Only what the index exception_groups holds: 100,000 exceptions are counted without a look into the table.
GROUPS = """
select group_key as key, count(*) filter (where awake) as n, count(*) filter (where not awake) as snoozed,
       min(id) filter (where awake) as sample, min(first_at) as first_at, max(last_at) as last_at,
       min(respond_by) filter (where awake) as respond_by, sum(value) as value,
       count(value) as valued, max(gravity) as gravity, min(connection) as connection, max(connection) as other,
       min(owner) as owner, min(assignee) as assignee, max(assignee) as other_assignee, count(assignee) as assigned
  from (select id, first_at, last_at, respond_by, value, group_key, connection collate "C" as connection,
               owner collate "C" as owner, assignee collate "C" as assignee,  -- compared as bytes: half the time
               snoozed_until is null or snoozed_until <= now() as awake,
               case severity when 'critical' then 4 when 'error' then 3 when 'warning' then 2 else 1 end as gravity
          from exception where state = 'open' and group_key is not null {wanted}) e
 group by group_key {having}
 order by max(gravity) desc, min(respond_by), min(first_at) limit :limit
"""
SEVERITIES = {1: "info", 2: "warning", 3: "error", 4: "critical"}
RETRY = """
select r.id, r.group_key as key, r.act, r.state, r.who, r.why, r.total, r.retried, r.refused, r.per_minute, r.asked_at,
       r.ended_at, r.ended_by,
       count(e.id) filter (where e.state <> 'open') as closed,
       count(e.id) filter (where e.state = 'open' and m.state = 'dead') as failed_again,
       count(e.id) filter (where e.state = 'open' and m.state is distinct from 'dead') as under_way
  from group_retry r left join exception e on e.retried_in = r.id left join message m on m.id = e.message_id
"""


def groups(
    engine: Engine,
    *,
    kind: str = "",
    flow: str = "",
    connection: str = "",
    owner: str = "",
    assignee: str = "",
    tag: str = "",
    key: str = "",
    snoozed: bool = False,
    limit: int = 100,
) -> list[Row]:
    """Groups of open exceptions, the gravest and the soonest due first. An empty filter means any.

    A row has ``key``, ``kind``, ``flow``, ``connections``, ``owner``, ``severity``, ``words`` (the reason without what
    differs), ``reason`` and ``next_step`` of its oldest, ``n`` awake and ``snoozed`` exceptions, ``stories`` (orders or
    SKUs, None where there are too many to count), ``first_at``, ``last_at``, ``respond_by`` (None: no time is set),
    ``overdue``, ``value`` of ``valued`` of them, ``assignees`` and ``sample``, the number of its oldest. ``snoozed``
    shows groups that sleep as well.
    """
    filters = {"kind": kind, "flow": flow, "connection": connection, "owner": owner, "assignee": assignee}
    wanted = "".join(f" and {name} = :{name}" for name, value in filters.items() if value)
    wanted += " and :tag = any (tags)" if tag else ""
    wanted += " and group_key = :key" if key else ""
    having = "" if snoozed or key else "having count(*) filter (where awake) > 0"
    with snapshot(engine) as reading:
        rows = fetch(
            reading,
            GROUPS.format(wanted=wanted, having=having),
            **filters,
            tag=tag.lower(),
            key=key,
            limit=min(limit, LONGEST_LIST),
        )
        detail = {
            row["key"]: row
            for row in fetch(
                reading,
                "select distinct on (e.group_key) e.group_key as key, e.id, e.kind, e.flow, e.reason, e.next_step,"
                " e.group_words as words, now() as at from unnest(cast(:keys as text[])) k (key) cross join lateral"
                " (select * from exception where state = 'open' and group_key = k.key order by id limit 1) e",
                keys=[row["key"] for row in rows],
            )
        }
        counted = {
            row["key"]: row
            for row in fetch(
                reading,
                "select group_key as key, count(distinct story) as stories,"
                " array_agg(distinct connection order by connection) as connections from exception"
                " where state = 'open' and group_key = any (:keys) group by 1",
                keys=[row["key"] for row in rows if row["n"] + row["snoozed"] <= COUNTED_UP_TO],
            )
        }
    return [_row(row, detail[row["key"]], counted.get(row["key"], {})) for row in rows if row["key"] in detail]


def _row(row: Row, one: Row, counted: Row) -> Row:
    ends = sorted({row["connection"], row["other"]})
    due = row["respond_by"]
    return {
        "key": row["key"],
        "kind": one["kind"],
        "flow": one["flow"],
        "connections": counted.get("connections", ends),
        "owner": row["owner"],
        "severity": SEVERITIES[row["gravity"]],
        "words": mask(one["words"]),
        "reason": one["reason"],
        "next_step": one["next_step"],
        "n": row["n"],
        "snoozed": row["snoozed"],
        "stories": counted.get("stories"),
        "first_at": row["first_at"],
        "last_at": row["last_at"],
        "respond_by": due,
        "overdue": due is not None and due < one["at"],
        "value": row["value"],
        "valued": row["valued"],
        "assignees": sorted({row["assignee"], row["other_assignee"]} - {None}),
        "assigned": row["assigned"],
        "sample": row["sample"] or one["id"],
    }


def members(engine: Engine, key: str, *, after: int = 0, limit: int = 50) -> list[Row]:
    """The open exceptions of a group by their numbers, from the first above ``after`` on."""
    with snapshot(engine) as reading:
        return fetch(
            reading,
            "select id, kind, subject, story, connection, owner, severity, reason, next_step, times, first_at, last_at,"
            " respond_by, value, assignee, tags, snoozed_until, message_id, record_id"
            " from exception where state = 'open' and group_key = :key and id > :after order by id limit :limit",
            key=key,
            after=after,
            limit=min(limit, LONGEST_LIST),
        )


def group_retries(engine: Engine, key: str = "", *, limit: int = 20) -> list[Row]:
    """Retries of whole groups, the newest first: how many are ``closed``, ``failed_again``, ``under_way``, ``left``.

    ``refused`` are those that could not be retried; their timeline says why.
    """
    with snapshot(engine) as reading:
        rows = fetch(
            reading,
            RETRY + " where (:key = '' or r.group_key = :key) group by r.id order by r.id desc limit :limit",
            key=key,
            limit=limit,
        )
    return [{**row, "left": _left(row)} for row in rows]


def _left(row: Row) -> int:
    return max(0, row["total"] - row["retried"] - row["refused"]) if row["state"] == "running" else 0
