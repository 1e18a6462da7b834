"""What the fleet's own people do at the exception table: they retry, dismiss, replay and open."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import Any

from workers import recovery
from workers.simulator.stage import Stage
from workers.spine import gates
from workers.spine.people import CannotDo, Person
from workers.stock_in import garment_people, write_offs

ENDED = """
select m.subject, f.reference, f.invoice_code, s.invoice_code as part from exception e
  join message m on m.id = e.message_id and m.state = 'dead'
  left join fulfilment f on m.subject in ('order:' || f.reference, 'shipment:' || f.reference)
  left join shipment s on s.fulfilment = f.reference
 where e.id = %s
"""
# What is nobody's once a person has dismissed it: the goods, or the invoice, are dealt with by hand at Khaos Control.
BY_HAND = (
    "shipped_after_cancel", "changed_after_release", "short_pick", "invoice_vanished", "issued_elsewhere",
    "remainder_unmatched", "invoice_recoded", "no_warehouse_lines",
)  # fmt: skip
TAKEN = """
select split_part(e.subject, ':', 2) as name, f.invoice_code, s.invoice_code as part from exception e
  left join fulfilment f on e.subject = 'order:' || f.reference
  left join shipment s on s.fulfilment = f.reference where e.id = %s and e.kind = any (%s)
"""
UNREAD = "kills_worker"
SOMEBODY = Person("walker")


def retries(stage: Stage, dice: random.Random) -> str | None:
    """A person retries an exception."""
    found = _open(stage, dice)
    if found is None:
        return None
    try:
        recovery.retry(stage.store, found["id"], SOMEBODY)
    except CannotDo:
        return None
    return f"a person retries {found['kind']} of {found['subject']}"


def dismisses(stage: Stage, dice: random.Random) -> str | None:
    """A person dismisses an exception."""
    found = _open(stage, dice)
    if found is None or found["kind"] == UNREAD:  # what stands in it nobody can have settled elsewhere
        return None
    ended = _ends(stage, found["id"])
    try:
        recovery.dismiss(stage.store, found["id"], SOMEBODY, "dealt with by hand")
    except CannotDo:
        return None
    stage.ended.update(ended)
    return f"a person dismisses {found['kind']} of {found['subject']}"


def replays(stage: Stage, dice: random.Random) -> str | None:
    """A record is read again."""
    rows = stage.store.rows("select id, source from record order by id")
    if not rows:
        return None
    row = dice.choice(rows)
    stage.processes[0].runtime.store.row("select read_record_again(%s)", row["id"])
    return f"record {row['source']} is read again"


def opens(stage: Stage, dice: random.Random) -> str | None:
    """A person opens a shut connection."""
    rows = stage.store.rows("select name from connection where shut_kind is not null order by name")
    if not rows:
        return None
    name = dice.choice(rows)["name"]
    gates.open_connection(stage.store, name)
    return f"a person opens {name}"


def reads_again(stage: Stage) -> None:
    """People have records read again whose reading was cut off so often that they were taken for what kills it."""
    for row in stage.store.rows("select id from exception where kind = %s and state = 'open' order by id", UNREAD):
        with suppress(CannotDo):
            recovery.retry(stage.store, row["id"], SOMEBODY)


def writes_off(stage: Stage, dice: random.Random) -> str | None:
    """A person confirms that a garment is written off."""
    waiting = write_offs.waiting(stage.store)
    if not waiting:
        return None
    row = dice.choice(waiting)
    write_offs.confirm(stage.store, row["tag"], "walker")
    return f"a person writes off garment {row['tag'][:6]} {row['sku']}"


def accepts_files(stage: Stage) -> None:
    """A person asks ACS about the newest stock file if it was refused, and takes it where ACS says that it is whole."""
    rows = stage.store.rows("select name, verdict from garment_file order by written_at desc, id desc limit 1")
    whole = {one["name"] for one in stage.acs.site.stock_files if not one["fault"]}
    if rows and rows[0]["verdict"] == "refused" and rows[0]["name"] in whole:
        with suppress(CannotDo):
            garment_people.accept_file(stage.store, rows[0]["name"], "walker")


def _ends(stage: Stage, exception_id: int) -> set[str]:
    """What a person ends with an exception: its dead message's fulfilment and the invoice, or what they took in hand.

    An alarm ends nothing.
    """
    rows = [*stage.store.rows(ENDED, exception_id), *stage.store.rows(TAKEN, exception_id, [*BY_HAND])]
    names = {row[name] for row in rows for name in row if row[name]}
    return names | {name.rpartition(":")[2] for name in names}  # what could not be read is named behind its source


def _open(stage: Stage, dice: random.Random) -> dict[str, Any] | None:
    rows = stage.store.rows(
        "select id, kind, subject, story from exception where state = 'open' order by kind, subject"
    )
    return dice.choice(rows) if rows else None
