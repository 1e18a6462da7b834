"""Until when somebody must have taken an exception, in working hours; and who hears of it when nobody has."""

from __future__ import annotations

from typing import Any

from workers.domain import working_hours
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


def look(runtime: Runtime) -> int:
    """Keep groups and their counts, set owners and times, escalate what is late. Returns how many times were set."""
    runtime.store.row("select name_groups(%s) as named, fold_exception_changes(%s) as counted", AT_A_TIME, CHANGES)
    done = set_times(runtime)
    escalate(runtime)
    return done


def set_times(runtime: Runtime) -> int:
    """Give new exceptions the owner that fleet.toml names, and the moment until which somebody must have taken them."""
    settings, zone = runtime.configuration.exceptions, runtime.configuration.fleet.zone
    rows = runtime.store.rows(
        "select id, kind, severity, owner, first_at from exception where state = 'open' and not clocked order by id"
        " limit %s",
        AT_A_TIME,
    )
    until: list[Any] = []
    for row in rows:
        hours = settings.hours_for(row["kind"], row["severity"])
        always = row["severity"] in settings.around_the_clock
        until.append(
            None
            if hours is None
            else working_hours.due(row["first_at"], hours, settings.hours, zone, around_the_clock=always)
        )
    if rows:
        runtime.store.run(
            "update exception e set clocked = true, owner = n.owner, respond_by = n.until from"
            " unnest(%s::bigint[], %s::text[], %s::timestamptz[]) n (id, owner, until) where e.id = n.id",
            [row["id"] for row in rows],
            [settings.owners.get(row["kind"], row["owner"]) for row in rows],
            until,
        )
    return len(rows)


def escalate(runtime: Runtime) -> int:
    """Tell once of each group in which the time is over and that nobody has. Returns how many groups those were."""
    owners = runtime.configuration.owners
    with runtime.store.transaction() as db:
        rows = db.execute(LATE, (AT_A_TIME,)).fetchall()
        for row in rows:
            own = owners.get(row["owner"])
            to = (own.escalate_to if own else "") or row["owner"]
            for channel in owners[to].channels if to in owners else ():
                db.execute(
                    "insert into notice (what, owner, channel, group_key, kind, connection, severity, reference, n,"
                    " since) values ('late', %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                    (to, channel, row["group_key"], row["kind"], row["connection"], row["severity"], row["reference"],
                     row["n"], row["since"]),
                )  # fmt: skip
    for row in rows:
        alerts.late(
            flow=row["flow"], connection=row["connection"], kind=row["kind"], owner=row["owner"], count=row["n"],
            since=row["since"], runbook=f"docs/runbook.md#{row['kind']}",
        )  # fmt: skip
    return len(rows)
