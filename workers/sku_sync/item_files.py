"""Item files, for a warehouse that takes products by file: many to a file, each confirmed by its line of the answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mappings.canonical import Product
from workers.ledger.expected import Expected
from workers.ledger.store import Claimed, Connection, Effect, NewMessage, run_effects
from workers.ports.sources import Kind
from workers.sku_sync.mended import make_good
from workers.spine.outcomes import Delivered, Outcome, Sent
from workers.spine.reading import Reading
from workers.spine.runtime import Runtime

ITEMS_A_FILE = 5000
PROOF = Expected.ITEM_RESULTS.value


@dataclass(frozen=True, slots=True)
class ItemFor:
    """A product for such a warehouse: it waits for the next file, and for its line of the answer."""

    runtime: Runtime
    repeatable: bool = True  # it only waits: the file is what is sent
    refused: str = "sku_refused"

    def write(self, message: Claimed) -> bytes | Outcome:
        """The row of the file."""
        product = Product.model_validate_json(message.body_text)
        return self.runtime.warehouse(message.connection).item_files.write_product(
            product, self.runtime.facts(message.connection)
        )

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Put it among those that the next file takes, one for each facility."""
        warehouse = self.runtime.warehouse(message.connection)
        rows = tuple(
            Effect(
                "insert into item_row (message_id, connection, facility, code) values (%s, %s, %s, %s)"
                " on conflict (message_id, facility) do update set file = null, state = 'waiting', asked_at = now()",
                (message.id, message.connection, facility, message.reference),
            )
            for facility in sorted(warehouse.sites)
        )
        return Sent(PROOF, warehouse.item_files.answer_patience, "waits for the next item file", rows)


@dataclass(frozen=True, slots=True)
class ItemFile:
    """An item file: laid once into its facility's folder."""

    runtime: Runtime
    repeatable: bool = True  # the same bytes under the same name
    refused: str = "refused_by_warehouse"

    def write(self, message: Claimed) -> bytes | Outcome:
        """Its bytes were frozen when it was posted."""
        raise AssertionError("an item file is posted with its bytes")

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Lay it, and expect the answer."""
        self.runtime.pace(message.connection)
        files = self.runtime.warehouse(message.connection).item_files
        files.send_items(wire)
        expect = Effect(
            "insert into expectation (subject, what, story, due_at, kind, flow, connection) values (%s, %s, %s,"
            " now() + make_interval(secs => %s), 'answer_missing', 'sku-sync', %s) on conflict do nothing",
            (
                awaited(message.connection, message.body["facility"]),
                PROOF,
                message.body["facility"],
                files.answer_patience,
                message.connection,
            ),
        )
        return Delivered("at the warehouse; it answers item by item", (expect,))


def post_files(runtime: Runtime, connection: str) -> int:
    """Put items that wait into files, one a facility, and post them. Returns how many files."""
    return sum(_post_file(runtime, connection, facility) for facility in sorted(runtime.warehouse(connection).sites))


def _post_file(runtime: Runtime, connection: str, facility: str) -> bool:
    files = runtime.warehouse(connection).item_files
    with runtime.store.transaction() as db:
        # a file, or its answer, may be lost: sent again in a later file, the items stay what they are
        db.execute(
            "update item_row set file = null, asked_at = now() where connection = %s and facility = %s"
            " and file is not null and state = 'waiting' and asked_at < now() - make_interval(secs => %s)",
            (connection, facility, files.answer_patience),
        )
        rows = db.execute(
            "select i.message_id, b.wire from item_row i join message_body b on b.message_id = i.message_id"
            " where i.connection = %s and i.facility = %s and i.file is null and i.state = 'waiting'"
            " order by i.asked_at, i.message_id limit %s for update of i skip locked",
            (connection, facility, ITEMS_A_FILE),
        ).fetchall()
        if not rows:
            return False
        name, wire = files.write_items(facility, [row["wire"] for row in rows], _moment(db, connection, facility))
        db.execute(
            "update item_row set file = %s where connection = %s and facility = %s and message_id = any (%s)",
            (name, connection, facility, [row["message_id"] for row in rows]),
        )
        posted = NewMessage(
            flow="sku-sync",
            connection=connection,
            kind="items",
            reference=f"{facility} {name}",
            subject=f"items:{connection}:{facility}:{name}",
            story=name,
            body={"facility": facility, "items": len(rows)},
            fingerprint=name,
            wire=wire,
            note=f"{len(rows)} items for {facility}",
        )
        run_effects(db, [posted.as_effect()])
    return True


def _moment(db: Connection, connection: str, facility: str) -> datetime:
    """Now, but never the second of an earlier file: the file is named by it."""
    row = db.execute(
        "insert into cursor (connection, source, value) values (%s, %s, jsonb_build_object('at', date_trunc('second',"
        " now()))) on conflict (connection, source) do update set value = jsonb_build_object('at',"
        " greatest(date_trunc('second', now()), (cursor.value->>'at')::timestamptz + %s)), moved_at = now()"
        " returning (value->>'at')::timestamptz as at",
        (connection, f"items {facility}", timedelta(seconds=1)),
    ).fetchone()
    assert row is not None
    at: datetime = row["at"]
    return at


def awaited(connection: str, facility: str) -> str:
    """The subject of a facility's expected answer to its item files."""
    return f"items:{connection}:{facility}"


def read_results(reading: Reading) -> None:
    """Reader of an answer to an item file: each line confirms its SKU, or refuses it with a reason."""
    connection = reading.record.connection
    files = reading.runtime.warehouse(connection).item_files
    file, results, bad = files.read_item_results(reading.record.body)
    facility = files.origin(reading.record.body).facility
    for entry in bad:
        reading.park("sku-sync", entry)
    strangers: list[str] = []
    for result in results:
        answer = f"{result.code}: {result.message}".strip(": ") or "no reason was given"
        row = reading.run(
            "select item_answered(%s, %s, %s, %s, %s, %s) as known",
            connection, facility, file, result.sku, result.accepted, answer,
        )[0]  # fmt: skip
        if not row["known"]:
            strangers.append(result.sku)
    _leftover(reading, facility)
    if not bad:
        _mended(reading)
    if strangers:
        reading.file_exception(
            "answer_unmatched",
            subject=f"answer:{connection}:{facility}:{file}",
            story=file,
            flow="sku-sync",
            connection=connection,
            why=f"{connection} answers for items that {file} did not have: {', '.join(strangers[:5])}",
        )


def _mended(reading: Reading) -> None:
    """An earlier answer to the same item file is made good by this one."""
    files = reading.runtime.warehouse(reading.record.connection).item_files
    this = files.origin(reading.record.body)

    def same(body: bytes) -> bool:
        earlier = files.origin(body)
        return (earlier.facility, earlier.file) == (this.facility, this.file)

    make_good(reading, Kind.ITEM_RESULTS, same)


def _leftover(reading: Reading, facility: str) -> None:
    """Clear the expected answer once each item of every file is answered."""
    waiting = reading.run(
        "select 1 as one from item_row where connection = %s and facility = %s and file is not null"
        " and state = 'waiting' limit 1",
        reading.record.connection,
        facility,
    )
    if not waiting:
        subject = awaited(reading.record.connection, facility)
        reading.run("delete from expectation where subject = %s", subject)
        reading.close_exception("answer_missing", subject, "every item is answered")
