"""The routes by file: ready entries are offered in a numbered file, and a named person says that it was loaded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from workers.config.adjust_by import AdjustBy
from workers.journal.file_formats import CannotWrite, adjust_by_line, adjust_by_text, finance_csv
from workers.journal.reasons import subject_of
from workers.journal.totals import Total
from workers.ledger import locks
from workers.ledger.store import Connection, Row, Store, within
from workers.spine import exceptions
from workers.spine.people import CannotDo

Route = Literal["finance_csv", "adjust_by"]
UNWRITABLE = "journal_not_writable"
NAMES: dict[Route, str] = {"finance_csv": "journal-{:06}.csv", "adjust_by": "adjust-by-{:06}.txt"}

# An entry that the extension was to book, and whose message a person dismissed, is finance's again.
READY = """
select * from journal j where j.state = 'ready' and j.mover = %s
   and (j.route = '' or not exists (select 1 from message m where m.subject
        = 'journal:' || j.connection || ':' || j.movement_id and m.kind = 'journal'))
 order by j.id for update
"""
# What the level carries meanwhile is what the file moves: a term's units at the term's own site. A condition without
# a site of its own stands in no file; it is listed as stock_not_carried.
LINES = """
select j.*, t.units as moved, s.site as at_site
  from journal j
  join term t on t.subject = 'journal:' || j.connection || ':' || j.movement_id and t.kind = 'pending_journal'
   and t.cleared_at is null
  join stock_site s on s.home = t.home
   and s.purpose = case when t.units < 0 then 'pending_journal' when t.condition = 'good' then 'sell'
                        else t.condition end
 where j.id = any (%s) order by j.id, t.id
"""


@dataclass(frozen=True, slots=True)
class Written:
    """A file as it was offered: its name for good, its bytes, and what stands in it."""

    name: str
    body: bytes
    total: Total


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A file that was loaded, by whom and when; ``again`` says that it was confirmed before."""

    name: str
    entries: int
    cleared: int
    by: str
    at: datetime
    again: bool


def offer(
    store: Store, route: Route, who: str, template: AdjustBy | None = None, *, proven: str = ""
) -> Written | None:
    """Put every ready entry of a route into one new file. None when there is none.

    ``proven`` is who exports it by proof, as the record of what people did writes it: the same does not confirm it.
    The bytes are stored and the entries are ``offered`` in one transaction. An entry that the file cannot hold stays
    ready, and finance has an exception of its own about it; the others are written.
    """
    with store.transaction() as db:
        locks.hold(db, locks.JOURNAL_FILES)
        entries = db.execute(READY, ("adjust_by" if route == "adjust_by" else "level",)).fetchall()
        entries, body = _body(db, route, entries, template or AdjustBy())
        if not entries:
            return None
        row = db.execute(
            "select coalesce(max(number), 0) + 1 as number from journal_file where route = %s", (route,)
        ).fetchone()
        assert row is not None
        name = NAMES[route].format(row["number"])
        db.execute(
            "insert into journal_file (name, route, number, entries, body, made_by, made_as)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            (name, route, row["number"], len(entries), body, who, proven),
        )
        db.execute(
            "update journal set state = 'offered', route = %s, file = %s, offered_at = now() where id = any (%s)",
            (route, name, [entry["id"] for entry in entries]),
        )
        _add_to_timeline(db, name, "offered", who)
    return Written(name, body, Total.of(entries))


def _body(db: Connection, route: Route, entries: list[Row], template: AdjustBy) -> tuple[list[Row], bytes]:
    """The entries that the file holds, and the file."""
    merchant = db.execute("select merchant_zone() as zone").fetchone()
    assert merchant is not None
    zone = ZoneInfo(merchant["zone"])
    if route == "finance_csv":
        return entries, finance_csv(entries, zone)
    written: dict[int, list[str]] = {entry["id"]: [] for entry in entries}
    refused: dict[int, CannotWrite] = {}
    for line in db.execute(LINES, (list(written),)).fetchall():
        try:
            written[line["id"]].append(adjust_by_line(line, template, zone))
        except CannotWrite as error:
            refused[line["id"]] = error
    for entry in entries:
        _judge(db, entry, refused.get(entry["id"]))
    held = [entry for entry in entries if entry["id"] not in refused]
    return held, adjust_by_text((line for entry in held for line in written[entry["id"]]), template)


def _judge(db: Connection, entry: Row, refused: CannotWrite | None) -> None:
    """File an exception for each entry that the file cannot hold; close it once a later file holds the entry."""
    subject = subject_of(entry["connection"], entry["movement_id"])
    if refused is None:
        exceptions.close(within(db), UNWRITABLE, subject, "a file holds the entry")
        return
    exceptions.file(
        within(db),
        UNWRITABLE,
        subject=subject,
        story=entry["sku"],
        flow="stock-in",
        connection=entry["connection"],
        why=str(refused),
        once=exceptions.Once.WITH_THIS_REASON,
    )


def stored(store: Store, name: str) -> bytes | None:
    """The bytes of a file that was offered; None for an unknown name."""
    row = store.row("select body from journal_file where name = %s", name)
    return bytes(row["body"]) if row else None


def names(store: Store) -> list[str]:
    """The files that nobody confirmed yet."""
    return [r["name"] for r in store.rows("select name from journal_file where loaded_at is null order by name")]


def name_of(store: Store, given: Path) -> str:
    """The name of the offered file at a path: by its name, or by its bytes where it was renamed."""
    if stored(store, given.name) is None and given.is_file():
        row = store.row("select name from journal_file where body = %s", given.read_bytes())
        if row:
            return str(row["name"])
    return given.name


def confirm(store: Store, name: str, who: str, *, proven: str = "") -> Confirmed | None:
    """Record that a person loaded a file, and clear the levels' terms of its entries. None: no such file.

    ``proven`` is who confirms by proof. Raises CannotDo for who exported the file, by proof or by name: two people
    stand behind what is booked.
    """
    with store.transaction() as db:
        file = db.execute("select * from journal_file where name = %s for update", (name,)).fetchone()
        if file is None:
            return None
        if file["loaded_at"] is not None:
            return Confirmed(name, file["entries"], 0, file["loaded_by"], file["loaded_at"], again=True)
        if (proven and proven == file["made_as"]) or who.strip().lower() == file["made_by"].strip().lower():
            login = f", as {file['made_as']}" if file["made_as"] else ""
            raise CannotDo(
                f"{name} was exported by {file['made_by']}{login}: who exports a journal does not confirm it. Have"
                " another person confirm it, with a login of their own"
            )
        entries = db.execute(
            "update journal set state = 'loaded', loaded_at = now(), loaded_by = %s where file = %s"
            " and state = 'offered' returning id",
            (who, name),
        ).rowcount
        cleared = db.execute(
            "select coalesce(sum(clear_term('journal:' || connection || ':' || movement_id, sku, null, %s, %s)), 0)"
            " as units from (select * from journal where file = %s order by sku, id) j",
            (who, f"{name} was loaded", name),
        ).fetchone()
        done = db.execute(
            "update journal_file set loaded_at = now(), loaded_by = %s where name = %s returning loaded_at", (who, name)
        ).fetchone()
        assert cleared is not None
        assert done is not None
        _add_to_timeline(db, name, "loaded", who)
    return Confirmed(name, entries, int(cleared["units"]), who, done["loaded_at"], again=False)


def _add_to_timeline(db: Connection, name: str, step: str, who: str) -> None:
    db.execute(
        "insert into timeline (story, subject, flow, connection, step, note, who)"
        " select sku, 'journal:' || connection || ':' || movement_id, 'stock-in', connection, %s, 'in ' || file, %s"
        " from journal where file = %s order by id",
        (f"journal {step}", who, name),
    )


def total_of(store: Store, name: str) -> Total:
    """The total of an offered file."""
    return Total.of(store.rows("select * from journal where file = %s", name))


def waiting(store: Store) -> dict[str, tuple[int, Decimal]]:
    """Ready entries that no file holds yet, by who moves their quantity: how many, and their known value."""
    rows = store.rows(
        "select mover, count(*) as n, coalesce(sum(value), 0) as value from journal where state = 'ready' group by 1"
    )
    return {row["mover"]: (row["n"], row["value"]) for row in rows}
