"""One message with what was sent and what was answered: customers' data, for those who may see it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Engine

from workers.views.snapshot import Row, fetch, snapshot

MESSAGE = """
select id, flow, connection, kind, reference, version, story, state, attempt, created_at, state_since as since
  from message where id = :id
union all
select id, flow, connection, kind, reference, version, story, state, attempt, created_at, settled_at
  from message_settled where id = :id
"""


@dataclass(frozen=True, slots=True)
class Said:
    """A message; ``body`` is what was to be said, ``wire`` as it was written, ``answers`` the partner's own words.

    All three are None or empty where bodies were not asked for, or are kept no longer.
    """

    message: Row
    body: str | None
    wire: str | None
    answers: tuple[Row, ...]


def said(engine: Engine, number: int, *, bodies: bool) -> Said | None:
    """A message by its number; None when there is none. ``bodies`` adds customers' data."""
    with snapshot(engine) as reading:
        found = fetch(reading, MESSAGE, id=number)
        if not found:
            return None
        if not bodies:
            return Said(found[0], None, None, ())
        kept = fetch(reading, "select body, wire from message_body where message_id = :id", id=number)
        answers = fetch(
            reading,
            "select at, words from partner_words where story = :story and message_id = :id order by id",
            story=found[0]["story"],
            id=number,
        )
        body = json.dumps(kept[0]["body"], indent=2, ensure_ascii=False) if kept else None
        wire = bytes(kept[0]["wire"]).decode(errors="replace") if kept and kept[0]["wire"] is not None else None
        return Said(found[0], body, wire, tuple(answers))
