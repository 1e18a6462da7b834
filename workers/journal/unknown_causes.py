"""Movements whose word has no row: they cannot be booked, so finance has an exception until a row names their cause."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mappings.canonical import Cause
from workers.ledger.store import Connection, within
from workers.spine import exceptions

KIND = "reason_unmapped"  # as for a reason: a row and a restart, and what waits for it goes by itself
WAITING = """
select m.connection, coalesce(c.system, '') as system, m.cause_word as word, count(*) as movements,
       (array_agg(m.sku order by m.moved_at))[1] as sku
  from movement m left join connection c on c.name = m.connection
 where m.cause = 'unknown' group by 1, 2, 3 order by 1, 3
"""
AGAIN = """
with gone as (delete from movement where cause = 'unknown' and connection = %s and cause_word = %s returning *)
select home, json_agg(json_build_object('id', movement_id, 'sku', sku, 'cause', %s::text, 'word', cause_word,
       'units', units, 'reason', reason, 'location', location, 'to_condition', to_condition,
       'at', moved_at))::text as told
  from gone group by home
"""


def judge_again(db: Connection, tables: Mapping[str, Any]) -> int:
    """Take movements whose word has a row by now; file an exception for each word without one.

    Returns how many words were taken.
    """
    rows = db.execute(WAITING).fetchall()
    judged = 0
    for row in rows:
        own = tables.get("movement_causes", {}).get(row["system"], {})
        cause = {word.strip().upper(): meaning for word, meaning in own.items()}.get(row["word"].upper())
        subject = f"cause:{row['connection']}:{row['word']}"
        if cause not in set(Cause) - {Cause.UNKNOWN}:
            _file_unknown(db, subject, row)
            continue
        for home in db.execute(AGAIN, (row["connection"], row["word"], cause)).fetchall():
            argument = {"connection": row["connection"], "home": home["home"], "movements": json.loads(home["told"])}
            db.execute("select take_movements(%s)", (json.dumps(argument),))
        exceptions.close(within(db), KIND, subject, "its word has a row")
        judged += 1
    return judged


def _file_unknown(db: Connection, subject: str, row: Mapping[str, Any]) -> None:
    reason = (
        f"{row['connection']} moves stock by the word {row['word']!r} (first {row['sku']}), which no table knows, so it"
        f" is in no journal: add the row {row['word']} under [tables.movement_causes.{row['system']}] in fleet.toml"
    )
    exceptions.file(
        within(db),
        KIND,
        subject=subject,
        story=row["sku"],
        flow="stock-in",
        connection=row["connection"],
        why=reason,
        once=exceptions.Once.WHILE_OPEN,
    )
