"""Open exceptions by their cause: how many, since when, what is at stake, whose they are, and how retries go."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Engine

from workers.observability.privacy import mask
from workers.views.exception_counts import CELLS
from workers.views.snapshot import LONGEST_LIST, Row, fetch, snapshot

COUNTED_UP_TO = 50  # exceptions of a group whose orders and SKUs are counted
FEWEST = 100  # groups that are looked at, whose oldest and first due decide which are shown

# Counts come from what is counted as it changes; of each group its oldest, its newest and its first due are looked up
# over an index. So it takes as long as there are groups, however many exceptions they have.
GROUPS = f"""
with grouped as (
    select group_key as key, min(kind) as kind, min(flow) as flow,
           cast(coalesce(sum(n) filter (where awake), 0) as bigint) as n,
           cast(coalesce(sum(n) filter (where not awake), 0) as bigint) as snoozed,
           case when sum(valued) > 0 then sum(value) end as value, cast(sum(valued) as bigint) as valued,
           max(gravity(severity)) as gravity, array_agg(distinct connection order by connection) as connections,
           min(owner) as owner,
           array_agg(distinct assignee order by assignee) filter (where assignee <> '') as assignees,
           cast(coalesce(sum(n) filter (where assignee <> ''), 0) as bigint) as assigned
      from (select c.*, snoozed_until is null or snoozed_until <= now() as awake from ({CELLS}) c
             where group_key <> '') e
     group by group_key {{having}}
     order by max(gravity(severity)) desc, sum(n) desc, group_key limit :looked_at)
select g.*, f.id as oldest, f.reason, f.next_step, f.words, f.first_at, a.id as awake, l.last_at, d.respond_by,
       coalesce(d.respond_by < now(), false) as overdue
  from grouped g
 cross join lateral (select id, reason, next_step, group_words as words, first_at from exception
                      where state = 'open' and group_key = g.key order by id limit 1) f
  left join lateral (select id from exception where g.n > 0 and g.snoozed > 0 and state = 'open' and group_key = g.key
                        and (snoozed_until is null or snoozed_until <= now()) order by id limit 1) a on true
 cross join lateral (select max(last_at) as last_at from exception where state = 'open' and group_key = g.key) l
 cross join lateral (select min(respond_by) as respond_by from exception where g.n > 0 and state = 'open'
                        and group_key = g.key and (snoozed_until is null or snoozed_until <= now())) d
 order by g.gravity desc, d.respond_by, f.first_at, g.key limit :limit
"""  # noqa: S608  our own text
STORIES = """
select group_key as key, count(distinct story) as stories from exception
 where state = 'open' and group_key = any (:keys) group by 1
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
    owners: Iterable[str] = (),
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
    ``overdue``, ``value`` of ``valued`` of them, ``assignees`` and ``sample``, the number of its oldest. A filter
    counts what it lets through; times and words are of the whole group. ``snoozed`` shows groups that sleep as well.
    Where there are more than three times ``limit`` (and ``FEWEST``), the gravest and largest are looked at.
    """
    filters = {"kind": kind, "flow": flow, "connection": connection, "owner": owner, "assignee": assignee}
    wanted = "".join(f" and {name} = :{name}" for name, value in filters.items() if value)
    wanted += " and :tag = any (tags)" if tag else ""
    wanted += " and group_key = :key" if key else ""
    named = list(owners)
    wanted += " and owner = any (:owners)" if named else ""
    having = "" if snoozed or key else "having sum(n) filter (where awake) > 0"
    values: dict[str, str | int] = {**filters, "tag": tag.lower(), "key": key, "limit": min(limit, LONGEST_LIST)}
    values["looked_at"] = max(FEWEST, 3 * min(limit, LONGEST_LIST))
    with snapshot(engine) as reading:
        rows = fetch(reading, GROUPS.format(wanted=wanted, having=having), **values, owners=named)
        few = [row["key"] for row in rows if row["n"] + row["snoozed"] <= COUNTED_UP_TO]
        stories = {row["key"]: row["stories"] for row in fetch(reading, STORIES, keys=few)} if few else {}
    return [_row(row, stories.get(row["key"])) for row in rows]


def _row(row: Row, stories: int | None) -> Row:
    return {
        "key": row["key"],
        "kind": row["kind"],
        "flow": row["flow"],
        "connections": row["connections"],
        "owner": row["owner"],
        "severity": SEVERITIES[row["gravity"]],
        "words": mask(row["words"]),
        "reason": row["reason"],
        "next_step": row["next_step"],
        "n": row["n"],
        "snoozed": row["snoozed"],
        "stories": stories,
        "first_at": row["first_at"],
        "last_at": row["last_at"],
        "respond_by": row["respond_by"],
        "overdue": row["overdue"],
        "value": row["value"],
        "valued": row["valued"],
        "assignees": row["assignees"] or [],
        "assigned": row["assigned"],
        "sample": row["awake"] or row["oldest"],
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
