"""What a person says about a garment or its file: a short file is whole, a garment is here, it will not be found."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from mappings.canonical import GarmentState, RetiredFor, Retirement, Source
from mappings.garment_words import Garment, Word, hear, retire
from mappings.working_days import WorkingDays
from workers.domain import garments
from workers.domain.garments import Building, Step
from workers.ledger.store import Connection, Store, within
from workers.spine.people import CannotDo
from workers.stock_in import garment_cases, write_offs

SETTLED_AS = (
    GarmentState.SELLABLE,
    GarmentState.INSPECTION,
    GarmentState.REFURBISHMENT,
    GarmentState.QUARANTINE,
    GarmentState.DAMAGED,
    GarmentState.WITH_CUSTOMER,
)


def accept_file(store: Store, name: str, who: str) -> int:
    """Take a refused stock file for whole: it is read again at once. Returns its rows. Raises CannotDo."""
    with store.transaction() as db:
        row = db.execute(
            "select * from garment_file where name = %s and verdict = 'refused' order by id desc limit 1 for update",
            (name,),
        ).fetchone()
        if row is None:
            raise CannotDo(f"no refused stock file is called {name}; `fleet garments files` lists them")
        if not row["rows"]:
            raise CannotDo(f"{name} cannot be read as a whole count ({row['why']}): ask the warehouse for another")
        db.execute("update garment_file set accepted_by = %s, accepted_at = now() where id = %s", (who, row["id"]))
        if not db.execute("select 1 where read_record_again(%s) is not null", (row["record_id"],)).fetchone():
            raise CannotDo(f"{name} is not kept any more: have the warehouse lay it again, and accept that")
    return int(row["rows"])


def settle(store: Store, tag: str, state: str, who: str) -> Garment:
    """Say what a garment is where its sources do not agree; it stands until either speaks again. Raises CannotDo."""
    if state not in SETTLED_AS:
        raise CannotDo(f"state {state!r} is none that a person can give; write one of {', '.join(SETTLED_AS)}")
    now = datetime.now(UTC)
    with store.transaction() as db:
        row = _garment(db, tag)
        word = Word(GarmentState(state), now)
        step = Step(row["tag"], row["sku"], now, lambda one: hear(one, Source.PERSON, word), place=f"by {who}", who=who)
        return garments.move(within(db), _building(row), step).after


def give_up(store: Store, tag: str, who: str) -> None:
    """Take a garment that cannot be found off sale for good; its value is written off. Raises CannotDo."""
    now = datetime.now(UTC)
    with store.transaction() as db:
        row = _garment(db, tag)
        if row["state"] == GarmentState.SOLD:
            raise CannotDo(f"garment {tag} was sold: it is on nobody's books here; its order is `fleet order`'s")
        end = Retirement(tag=row["tag"], garment_sku=row["sku"], reason=RetiredFor.LOST, at=now, happened_at=now)
        step = Step(row["tag"], row["sku"], now, lambda one: retire(one, end), place=f"lost, by {who}", who=who)
        garments.move(within(db), _building(row), step)
        write_offs.wait(within(db), row["connection"], row["home"], row["sku"], end)


def adopt(store: Store, word: str, who: str) -> int:
    """Take garments that no set-up row names for the merchant's own, by tag, SKU or own number. Raises CannotDo."""
    with store.transaction() as db:
        rows = db.execute(
            "update garment set unannounced = false where unannounced"
            " and (tag = upper(%s) or sku = %s or unique_sku = %s) returning connection, home, tag",
            (word, word, word),
        ).fetchall()
        if not rows:
            raise CannotDo(f"no garment that waits to be adopted is called {word}; the exception names some")
        for row in rows:
            run = within(db)
            run(garments.TELL, row["tag"], row["connection"], row["tag"], row["connection"], "adopted", "", who)
        for home, connection in sorted({(row["home"], row["connection"]) for row in rows}):
            garment_cases.check_announced(within(db), home, connection)
    return len(rows)


def files(store: Store) -> list[dict[str, Any]]:
    """The last stock files, and what became of each."""
    return store.rows(
        "select connection, name, written_at, rows, verdict, why, accepted_by from garment_file"
        " order by id desc limit 30"
    )


def shown(store: Store, word: str) -> list[dict[str, Any]]:
    """Garments by tag, by SKU or by their own number, with the last word of each source."""
    return store.rows(
        "select tag, sku, unique_sku, home, state, state_at, file_state, event_state, place, missed, retired,"
        " written_off_at is not null as written_off from garment"
        " where tag = upper(%s) or sku = %s or unique_sku = %s order by tag limit 500",
        word,
        word,
        word,
    )


def _garment(db: Connection, tag: str) -> dict[str, Any]:
    rows = db.execute("select * from garment where tag = upper(%s)", (tag.strip(),)).fetchall()
    if len(rows) != 1:
        raise CannotDo(f"no garment has the tag {tag}; `fleet garments show SKU` lists tags")
    if rows[0]["retired"]:
        raise CannotDo(f"garment {tag} is retired for good: nothing brings it back to sale")
    return rows[0]


def _building(row: dict[str, Any]) -> Building:
    return Building(row["connection"], row["home"], WorkingDays())
