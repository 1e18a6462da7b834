"""Movement -> journal entry, once, whatever comes again; and entries that become ready when their reason is mapped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mappings.errors import Unmappable
from workers.journal import costs
from workers.journal.handlers import post_ready
from workers.journal.held_as import name_conditions
from workers.journal.reasons import close_settled, file_unknown, file_unmapped, read_reason
from workers.journal.unknown_causes import judge_again
from workers.ledger.store import Connection, Row
from workers.spine.runtime import Runtime

LATE = 600.0  # seconds that a movement waits for a reason that a webhook may still bring
AT_A_TIME = 500

# A reason that came empty is missing for good: nothing is waited for then.
DUE = """
select m.connection, m.movement_id, coalesce(c.system, '') as system, m.cause, m.to_condition,
       coalesce(nullif(m.reason, ''), r.reason, '') as reason
  from movement m
  left join connection c on c.name = m.connection
  left join movement_reason r on r.connection = m.connection and r.movement_id = m.movement_id
 where not m.entered and m.cause in ('adjusted_up', 'adjusted_down', 'held', 'released')
   and (m.reason <> '' or r.movement_id is not null or m.seen_at <= now() - make_interval(secs => %s))
 order by m.moved_at, m.movement_id limit %s for update of m skip locked
"""
ENTER = """
insert into journal (connection, movement_id, site, sku, cause, units, from_condition, to_condition, their_reason,
                     reason, account, unit_cost, value, indicative, event_at, mover, state)
select m.connection, m.movement_id, m.home, m.sku, m.cause, s.units, s.from_condition, s.to_condition, e.their_reason,
       e.reason, e.account, c.unit_cost, round(s.units * c.unit_cost, 2), coalesce(c.indicative, true), m.moved_at,
       case when exists (select 1 from term t where t.kind = 'pending_journal'
                            and t.subject = 'journal:' || m.connection || ':' || m.movement_id)
            then 'adjust_by' else 'level' end,
       case when e.state = 'ready' and c.unit_cost is null then 'uncosted' else e.state end
  from jsonb_to_recordset(%s) as e (connection text, movement_id text, their_reason text, reason text, account text,
                                    state text)
  join movement m on m.connection = e.connection and m.movement_id = e.movement_id
  cross join lateral (select coalesce(nullif(m.to_condition, ''), 'quarantine') as held) h
  cross join lateral (
      select case when m.cause in ('adjusted_up', 'released') then m.units else -m.units end as units,
             case m.cause when 'adjusted_up' then '' when 'released' then h.held else 'good' end as from_condition,
             case m.cause when 'adjusted_down' then '' when 'held' then h.held else 'good' end as to_condition) s
  left join lateral (select * from cost_of(m.home, m.sku, m.moved_at) where m.asset = ''
                     union all select * from cost_of_asset(m.asset, m.moved_at) where m.asset <> '') c on true
 order by m.moved_at, m.movement_id
on conflict (connection, movement_id) do nothing returning *
"""
# An entry whose reason comes late may name another condition than was taken for true without it.
RENAME = """
update journal j set from_condition = case j.cause when 'released' then m.to_condition else j.from_condition end,
       to_condition = case j.cause when 'held' then m.to_condition else j.to_condition end
  from movement m where m.connection = j.connection and m.movement_id = j.movement_id and j.state = 'unmapped'
   and j.movement_id = any (%s) and m.to_condition <> ''
"""
ADD_TO_TIMELINE = """
insert into timeline (story, subject, flow, connection, step, note)
select e.sku, 'journal:' || e.connection || ':' || e.movement_id, 'stock-in', e.connection, 'journal entry ' || e.id,
       e.cause || ' ' || e.units || ', reason ' || coalesce(nullif(e.their_reason, ''), 'not told') || ', ' || e.state
  from jsonb_to_recordset(%s) as e (id bigint, sku text, connection text, movement_id text, cause text, units integer,
                                    their_reason text, state text)
"""


def enter_new(runtime: Runtime, *, late: float = LATE) -> int:
    """Give every adjustment, hold and release its journal entry, and have ready ones posted. Returns how many are new.

    A movement without a reason waits ``late`` seconds for one. An entry without a mapped reason stands as
    ``unmapped``, one without a cost as ``uncosted``, each under an exception; it becomes ready by itself when the
    reason is mapped, or a cost is known.
    """
    new = 0
    with runtime.store.transaction() as db:
        judge_again(db, runtime.configuration.tables)
    while True:
        with runtime.store.transaction() as db:
            due = db.execute(DUE, (late, AT_A_TIME)).fetchall()
            name_conditions(db, runtime, [row for row in due if not row["to_condition"]])
            new += _enter(db, runtime.configuration.tables, due)
        if len(due) < AT_A_TIME:
            break
    mend(runtime)
    post_ready(runtime)
    return new


def _enter(db: Connection, tables: Mapping[str, Any], due: list[Row]) -> int:
    if not due:
        return 0
    missing: dict[tuple[str, str], Unmappable] = {}
    rows = [_judged(tables, row, missing) for row in due]
    entered = db.execute(ENTER, (json.dumps(rows),)).fetchall()
    db.execute(
        "update movement m set entered = true from jsonb_to_recordset(%s) as e (connection text, movement_id text)"
        " where m.connection = e.connection and m.movement_id = e.movement_id",
        (json.dumps(rows),),
    )
    db.execute(ADD_TO_TIMELINE, (json.dumps(entered, default=str),))
    waiting = [entry for entry in entered if entry["state"] == "unmapped"]
    for entry in waiting:
        if not entry["their_reason"]:
            file_unknown(db, entry)
    for connection, reason in sorted({(e["connection"], e["their_reason"]) for e in waiting if e["their_reason"]}):
        file_unmapped(db, connection, reason, missing[connection, reason])
    return len(entered)


def _judged(tables: Mapping[str, Any], row: Row, missing: dict[tuple[str, str], Unmappable]) -> dict[str, str]:
    judged = {"connection": row["connection"], "movement_id": row["movement_id"], "their_reason": row["reason"]}
    if row["reason"]:
        try:
            adjustment = read_reason(tables, row["system"], row["reason"])
        except Unmappable as error:
            missing[row["connection"], row["reason"]] = error
        else:
            return {**judged, "reason": adjustment.khaos, "account": adjustment.account, "state": "ready"}
    return {**judged, "reason": "", "account": "", "state": "unmapped"}


def mend(runtime: Runtime) -> int:
    """Make entries ready whose reason came late or is mapped by now. Returns how many."""
    ready = 0
    with runtime.store.transaction() as db:
        late_rows = db.execute(
            "update journal j set their_reason = coalesce(nullif(m.reason, ''), r.reason) from movement m"
            " left join movement_reason r on r.connection = m.connection and r.movement_id = m.movement_id"
            " where j.state = 'unmapped' and j.their_reason = '' and m.connection = j.connection"
            " and m.movement_id = j.movement_id and coalesce(nullif(m.reason, ''), r.reason, '') <> ''"
            " returning j.connection, j.movement_id, j.cause, j.their_reason, j.their_reason as reason"
        ).fetchall()
        name_conditions(db, runtime, sorted(late_rows, key=lambda row: (row["connection"], row["movement_id"])))
        db.execute(RENAME, ([row["movement_id"] for row in late_rows],))
        late = {(row["connection"], row["their_reason"]) for row in late_rows}
        pairs = db.execute(
            "select distinct j.connection, j.their_reason, coalesce(c.system, '') as system from journal j"
            " left join connection c on c.name = j.connection where j.state = 'unmapped' and j.their_reason <> ''"
            " order by 1, 2"
        ).fetchall()
        for row in pairs:
            connection, reason = row["connection"], row["their_reason"]
            try:
                adjustment = read_reason(runtime.configuration.tables, row["system"], reason)
            except Unmappable as error:
                if (connection, reason) in late:
                    file_unmapped(db, connection, reason, error)
                continue
            ready += db.execute(
                "update journal set reason = %s, account = %s, state = case when unit_cost is null then 'uncosted'"
                " else 'ready' end where state = 'unmapped' and connection = %s and their_reason = %s",
                (adjustment.khaos, adjustment.account, connection, reason),
            ).rowcount
        if late_rows or ready:
            close_settled(db, "fleet")
        ready += costs.find(db)
    return ready
