"""Garments that a warehouse is to know: announced or withdrawn by file, answered row by row; which SKUs have any."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from mappings.canonical import GarmentItem
from mappings.errors import Unmappable
from workers.domain.fulfilment import Rows
from workers.ledger.expected import Expected
from workers.ledger.store import Claimed, Connection, Effect, NewMessage, Row, Store, run_effects, within
from workers.ports.garments import GarmentSetup
from workers.ports.sources import Kind
from workers.sku_sync.mended import make_good
from workers.spine import exceptions
from workers.spine.outcomes import Delivered, Outcome
from workers.spine.reading import Reading
from workers.spine.runtime import Runtime

ROWS_A_FILE = 5000
FILES = "garment files"  # the row of the table cursor that numbers them
NAMED = 5  # garments that an exception names
STUCK = """
select i.unique_sku from garment_item i where i.connection = %s and i.state = 'waiting' and i.withdrawn
   and not exists (select 1 from garment g
                    where g.connection = i.connection and g.unique_sku = i.unique_sku and g.retired)
 order by i.unique_sku
"""
PROOF = Expected.ITEM_RESULTS.value


@dataclass(frozen=True, slots=True)
class Announced:
    """How many garments were announced or withdrawn, and how many stood so already."""

    new: int
    known: int


@dataclass(frozen=True, slots=True)
class SetupFile:
    """A set-up file: laid once."""

    runtime: Runtime
    repeatable: bool = True  # the same bytes under the same name
    refused: str = "refused_by_warehouse"

    def write(self, message: Claimed) -> bytes | Outcome:
        """Its bytes were frozen when it was posted."""
        raise AssertionError("a set-up file is posted with its bytes")

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Lay it, and expect the answer."""
        self.runtime.pace(message.connection)
        setup = self.runtime.warehouse(message.connection).garment_setup
        setup.send_setup(wire)
        expect = Effect(
            "insert into expectation (subject, what, story, due_at, kind, flow, connection) values (%s, %s, %s,"
            " now() + make_interval(secs => %s), 'answer_missing', 'sku-sync', %s) on conflict do nothing",
            (awaited(message.connection), PROOF, message.story, setup.answer_patience, message.connection),
        )
        return Delivered("at the warehouse; it answers garment by garment", (expect,))


def awaited(connection: str) -> str:
    """The subject of a warehouse's expected answers to its set-up files."""
    return f"garments:{connection}"


def announce(store: Store, connection: str, items: Iterable[GarmentItem]) -> Announced:
    """Have garments set up, or withdrawn, with the next file. What is there already as it is written stays."""
    new = known = 0
    with store.transaction() as db:
        for item in items:
            row = db.execute(
                "insert into garment_item (connection, unique_sku, product_sku, item, withdrawn, state)"
                " values (%s, %s, %s, %s, %s, 'waiting') on conflict (connection, unique_sku) do update"
                " set product_sku = excluded.product_sku, item = excluded.item, withdrawn = excluded.withdrawn,"
                " state = 'waiting', file = null, said = '', changed_at = now()"
                " where garment_item.item <> excluded.item or garment_item.state = 'rejected' returning unique_sku",
                (connection, item.unique_sku, item.product_sku, item.model_dump_json(), item.retired),
            ).fetchone()
            new, known = (new + 1, known) if row else (new, known + 1)
    return Announced(new, known)


def listed(store: Store, connection: str, state: str = "") -> list[Row]:
    """Announced garments, the latest change first."""
    return store.rows(
        "select unique_sku, product_sku, state, withdrawn, file, said, changed_at from garment_item"
        " where connection = %s and %s in ('', state) order by changed_at desc, unique_sku",
        connection,
        state,
    )


def tend(runtime: Runtime, connection: str) -> int:
    """Post what waits as a file, and look again at which SKUs have garments. Returns how many files."""
    posted = 0
    if runtime.warehouse(connection).parts.garment_setup is not None:
        posted = _post_file(runtime, connection)
    _check_withdrawals(runtime, connection)
    look_again(runtime, connection)
    return posted


def _post_file(runtime: Runtime, connection: str) -> int:
    setup = runtime.warehouse(connection).garment_setup
    with runtime.store.transaction() as db:
        # a file, or its answer, may be lost: sent again in a later file, the garments stay what they are
        db.execute(
            "update garment_item set state = 'waiting', file = null where connection = %s and state = 'laid'"
            " and changed_at < now() - make_interval(secs => %s)",
            (connection, setup.answer_patience),
        )
        rows = db.execute(
            "select unique_sku, item from garment_item where connection = %s and state = 'waiting'"
            " and (not withdrawn or %s) order by changed_at, unique_sku limit %s for update skip locked",
            (connection, setup.withdraws, ROWS_A_FILE),
        ).fetchall()
        items = _fitting(db, connection, setup, [GarmentItem.model_validate(row["item"]) for row in rows])
        if not items:
            return 0
        number, at = _next(db, connection)
        name, wire = setup.write_setup(items, number, at)
        db.execute(
            "update garment_item set state = 'laid', file = %s, changed_at = now()"
            " where connection = %s and unique_sku = any (%s)",
            (name, connection, [item.unique_sku for item in items]),
        )
        posted = NewMessage(
            flow="sku-sync",
            connection=connection,
            kind="garments",
            reference=name,
            subject=f"garments:{connection}:{name}",
            story=name,
            body={"garments": len(items)},
            fingerprint=name,
            wire=wire,
            note=f"{len(items)} garments",
        )
        run_effects(db, [posted.as_effect()])
    return 1


def _check_withdrawals(runtime: Runtime, connection: str) -> None:
    """File the garments that are to be withdrawn and that no set-up file can name; close it once they are retired."""
    setup = runtime.warehouse(connection).parts.garment_setup
    rows = runtime.store.rows(STUCK, connection) if setup is None or not setup.withdraws else []
    subject = f"withdrawal:{connection}"
    if not rows:
        exceptions.close(runtime.store.run, "garment_withdrawal", subject, "none waits any more")
        return
    rest = f" and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
    exceptions.file(
        runtime.store.run,
        "garment_withdrawal",
        subject=subject,
        story=connection,
        flow="sku-sync",
        connection=connection,
        why=f"{len(rows)} garments are withdrawn here and not at {connection}:"
        f" {', '.join(row['unique_sku'] for row in rows[:NAMED])}{rest}",
        once=exceptions.Once.OR_DISMISSED,
    )


def _fitting(db: Connection, connection: str, setup: GarmentSetup, items: list[GarmentItem]) -> list[GarmentItem]:
    """Those that the warehouse has room for; each of the others is a person's, and holds up none."""
    good = []
    for item in items:
        try:
            setup.check_item(item)
        except Unmappable as error:
            why = f"{error.field} {error.value!r}: {error.why}"
            db.execute(
                "update garment_item set state = 'rejected', said = %s, changed_at = now()"
                " where connection = %s and unique_sku = %s",
                (why, connection, item.unique_sku),
            )
            posted = _refused(connection, item.unique_sku, item.product_sku, why, f"{error.field} {error.value}")
            run_effects(db, [posted.as_effect()])
        else:
            good.append(item)
    return good


def _refused(connection: str, garment: str, product: str, why: str, which: str) -> NewMessage:
    """The dead message of a garment that its warehouse does not take: a retry has it go with the next file."""
    reason = f"{connection} does not take garment {garment} of {product}: {why or 'no reason was given'}"
    return NewMessage(
        flow="sku-sync",
        connection=connection,
        kind="garment",
        reference=garment,
        subject=f"garment:{connection}:{garment}",
        story=product,
        body={"garment": garment},
        fingerprint=which,
        wire=b"again",
        args={"state": "dead", "error_kind": "sku_refused", "error": reason, "step": "refused", "note": reason},
    )


@dataclass(frozen=True, slots=True)
class GarmentAgain:
    """A garment that was refused, and that a person wants announced again."""

    runtime: Runtime
    repeatable: bool = True  # it only waits: the file is what is sent
    refused: str = "sku_refused"

    def write(self, message: Claimed) -> bytes | Outcome:
        """Nothing to write."""
        return b"again"

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Put it among those that the next file takes."""
        again = Effect(
            "update garment_item set state = 'waiting', file = null, said = '', changed_at = now()"
            " where connection = %s and unique_sku = %s and state = 'rejected'",
            (message.connection, message.reference),
        )
        return Delivered("goes with the next set-up file", (again,))


def _next(db: Connection, connection: str) -> tuple[int, datetime]:
    """The number of the next file, and its moment: no two files of a connection have the same."""
    row = db.execute(
        "insert into cursor (connection, source, value) values (%s, %s, jsonb_build_object('n', 1))"
        " on conflict (connection, source) do update set value = jsonb_build_object('n', (cursor.value->>'n')::integer"
        " + 1), moved_at = now() returning (value->>'n')::integer as n, now() as at",
        (connection, FILES),
    ).fetchone()
    assert row is not None
    return row["n"], row["at"]


def read_results(reading: Reading) -> None:
    """Reader of an answer to a set-up file: each row says whether its garment may be named in orders."""
    connection = reading.record.connection
    file, results, bad = reading.runtime.warehouse(connection).garment_setup.read_setup_results(reading.record.body)
    for entry in bad:
        reading.park("sku-sync", entry)
    strangers: list[str] = []
    for result in results:
        subject, why = f"garment:{connection}:{result.sku}", f"{result.code}: {result.message}".strip(": ")
        answered = reading.run(
            "update garment_item set state = %s, said = %s, changed_at = now()"
            " where connection = %s and unique_sku = %s"
            " and (file = %s or (%s and not withdrawn and state <> 'accepted'))"
            " returning product_sku",
            "accepted" if result.accepted else "rejected",
            why,
            connection,
            result.sku,
            file,
            result.accepted,  # of an earlier file it is as good; a refusal is of its own file alone
        )
        if not answered:
            strangers += _strangers(reading, connection, result.sku)
        elif result.accepted:
            reading.run(
                "select finish(id, 'superseded', 'the warehouse took the garment', 'fleet') from message"
                " where subject = %s and kind = 'garment' and state = 'dead'",
                subject,
            )
        else:
            reading.post(_refused(connection, result.sku, answered[0]["product_sku"], why, f"{reading.record.id}"))
    _over(reading, connection)
    if not bad:
        head = reading.record.body.partition(b"\n")[0]
        make_good(reading, Kind.GARMENT_RESULTS, lambda body: body.partition(b"\n")[0] == head)
    if strangers:
        reading.file_exception(
            "answer_unmatched",
            subject=f"answer:{connection}:{file}",
            story=file,
            flow="sku-sync",
            connection=connection,
            why=f"{connection} answers for garments that {file} did not have: {', '.join(strangers[:5])}",
        )
    settle_skus(reading.run, connection)


def _strangers(reading: Reading, connection: str, garment: str) -> list[str]:
    ours = reading.run(
        "select 1 as one from garment_item where connection = %s and unique_sku = %s", connection, garment
    )
    return [] if ours else [garment]


def _over(reading: Reading, connection: str) -> None:
    """Clear the expected answer once every garment that was laid is answered."""
    if not reading.run(
        "select 1 as one from garment_item where connection = %s and state = 'laid' limit 1", connection
    ):
        reading.run("delete from expectation where subject = %s", awaited(connection))
        reading.close_exception("answer_missing", awaited(connection), "every garment is answered")


def look_again(runtime: Runtime, connection: str) -> None:
    """Confirm SKUs that have garments at the warehouse, and take back what has none any more."""
    with runtime.store.transaction() as db:
        settle_skus(within(db), connection)


def settle_skus(run: Rows, connection: str) -> None:
    """Confirm each SKU with a garment that is not retired, and take back the confirmation of one that has none left.

    One whose order was refused is confirmed again by a later word about a garment of it, and looked at again after a
    while. Nothing is taken back of a warehouse none of whose garments stands in the ledger: a person set those up.
    """
    run("select settle_garment_skus(%s)", connection)
