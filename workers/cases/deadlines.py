"""Until when somebody must have taken an exception, in working hours; and who hears of it when nobody has."""

from __future__ import annotations

from datetime import UTC, datetime

from workers.domain import working_hours
from workers.ledger.store import Connection, Row
from workers.observability import alerts
from workers.spine.runtime import Runtime

AT_A_TIME = 1000
CHANGES = 20_000  # of counts of exceptions that are added up at a time

# Those whose time is over and that nobody has; one that sleeps is not late. A group is escalated once.
LATE = """
with late as (
    select id, group_key from exception where state = 'open' and escalated_at is null and respond_by < now()
       and assignee is null and (snoozed_until is null or snoozed_until <= now()) order by respond_by limit %s
       for update skip locked),
before as (
    select l.group_key from (select distinct group_key from late) l where exists (
        select 1 from exception e where e.group_key = l.group_key and e.state = 'open' and e.escalated_at is not null)),
marked as (
    update exception e set escalated_at = now() from late l where l.id = e.id returning e.*)
select group_key, min(kind) as kind, min(flow) as flow, min(connection) as connection, min(owner) as owner,
       min(severity) as severity, min(story) as reference, count(*) as n, min(first_at) as since
  from marked where group_key not in (select group_key from before where group_key is not null)
 group by group_key
"""

# Those that somebody has and has not closed within the response time since; each time it is over, anew.
FORGOTTEN = """
select id, group_key, kind, flow, connection, owner, severity, story, assignee, first_at from exception
 where state = 'open' and assignee is not null and respond_by < now()
   and (snoozed_until is null or snoozed_until <= now()) order by respond_by limit %s for update skip locked
"""
TOLD_LATE = """
insert into notice (what, owner, channel, group_key, kind, connection, severity, reference, n, since, assignee)
values ('late', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def look(runtime: Runtime) -> int:
    """Keep groups and their counts, set owners and times, escalate what is late. Returns how many times were set."""
    runtime.store.row("select name_groups(%s) as named, fold_exception_changes(%s) as counted", AT_A_TIME, CHANGES)
    done = set_times(runtime)
    escalate(runtime)
    return done


def set_times(runtime: Runtime) -> int:
    """Give new exceptions the owner that fleet.toml names, and the moment until which somebody must have taken them.

    Those that were assigned since get the moment until which they must be over.
    """
    settings = runtime.configuration.exceptions
    rows = runtime.store.rows(
        "select id, kind, severity, owner, first_at, assigned_at from exception where state = 'open' and not clocked"
        " order by id limit %s",
        AT_A_TIME,
    )
    if rows:
        runtime.store.run(
            "update exception e set clocked = true, owner = n.owner, respond_by = n.until from"
            " unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[]) n (id, owner, until, assigned_at)"
            " where e.id = n.id and e.assigned_at is not distinct from n.assigned_at",
            [row["id"] for row in rows],
            [settings.owners.get(row["kind"], row["owner"]) for row in rows],
            [_until(runtime, row, row["assigned_at"] or row["first_at"]) for row in rows],
            [row["assigned_at"] for row in rows],
        )
    return len(rows)


def _until(runtime: Runtime, row: Row, begins: datetime) -> datetime | None:
    """When the response time of an exception's kind is over that begins then; None where it has none."""
    settings, zone = runtime.configuration.exceptions, runtime.configuration.fleet.zone
    hours = settings.hours_for(row["kind"], row["severity"])
    if hours is None:
        return None
    always = row["severity"] in settings.around_the_clock
    return working_hours.due(begins, hours, settings.hours, zone, around_the_clock=always)


def escalate(runtime: Runtime) -> int:
    """Tell once of each group in which the time is over and that nobody has, and of what somebody has and forgot.

    What was forgotten is told each time that its response time is over again. Returns how many tellings those were.
    """
    owners = runtime.configuration.owners
    with runtime.store.transaction() as db:
        rows = [{**row, "assignee": None} for row in db.execute(LATE, (AT_A_TIME,)).fetchall()]
        rows += _forgotten(runtime, db)
        for row in rows:
            own = owners.get(row["owner"])
            to = (own.escalate_to if own else "") or row["owner"]
            for channel in owners[to].channels if to in owners else ():
                db.execute(
                    TOLD_LATE,
                    (to, channel, row["group_key"], row["kind"], row["connection"], row["severity"], row["reference"],
                     row["n"], row["since"], row["assignee"]),
                )  # fmt: skip
    for row in rows:
        alerts.late(
            flow=row["flow"], connection=row["connection"], kind=row["kind"], owner=row["owner"], count=row["n"],
            since=row["since"], runbook=f"docs/runbook.md#{row['kind']}", taken=row["assignee"] is not None,
        )  # fmt: skip
    return len(rows)


def _forgotten(runtime: Runtime, db: Connection) -> list[Row]:
    """What somebody has and has not closed in time, by group and by who has it; its time begins anew."""
    found = db.execute(FORGOTTEN, (AT_A_TIME,)).fetchall()
    now = datetime.now(UTC)
    db.execute(
        "update exception e set respond_by = n.until from unnest(%s::bigint[], %s::timestamptz[]) n (id, until)"
        " where e.id = n.id",
        ([row["id"] for row in found], [_until(runtime, row, now) for row in found]),
    )
    by_who: dict[tuple[str | None, str], list[Row]] = {}
    for row in found:
        by_who.setdefault((row["group_key"], row["assignee"]), []).append(row)
    return [
        {**rows[0], "reference": rows[0]["story"], "n": len(rows), "since": min(row["first_at"] for row in rows)}
        for rows in by_who.values()
    ]
