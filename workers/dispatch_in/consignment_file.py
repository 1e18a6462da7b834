"""One file for an invoice that left, in the courier's folder: name and bytes are in the ledger before it is written."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from adapters.errors import Occupied
from mappings.canonical import Parcel, Shipment
from mappings.canonical.consignments import Consigned
from workers.dispatch_in.routes import FILE, SHOWN
from workers.domain.splits import ask, gate, stand, whole_or_split
from workers.ledger.store import Claimed
from workers.spine.outcomes import Dead, Held, Outcome, Retry, Sent
from workers.spine.runtime import Runtime

NAMED = f"{FILE} ".encode()  # before the file's name
FOLLOWS = f"{FILE}_of ".encode()  # before the shipment whose file has its parcels as well


def is_mine(wire: bytes) -> bool:
    """Whether the frozen bytes stand for a file."""
    return wire.startswith((NAMED, FOLLOWS))


def write(runtime: Runtime, message: Claimed) -> bytes | Outcome:
    """Store the file, or hold it while its invoice has goods that did not leave.

    A file that lay there already would let an operator ship the whole invoice by assigning it. What left in
    several goes, and all before the invoice was assigned, is one file, of the first of them: Khaos takes an
    invoice's references once.
    """
    stands = stand(runtime.store, message.reference)
    let_go = runtime.store.row("select 1 as one from gate where name = %s and open", gate(message.reference))
    if stands.stays and let_go is None:
        note = "waits for its invoice to be split in Khaos Control, or for the rest to leave"
        return Held((gate(message.reference),), note, (ask(stands, message.id),))
    first = stands.together[0]
    if message.reference != first and not _written(runtime, first):
        return FOLLOWS + first.encode()
    together = stands.together if message.reference == first else (message.reference,)
    body = runtime.erp.write_consignments([_consigned(runtime, reference) for reference in together])
    kept = runtime.store.row("select name from consignment_file where shipment = %s", message.reference)
    if kept is None:
        number = runtime.store.row("select nextval('consignment_number') as n")
        assert number is not None
        kept = {"name": runtime.erp.name_consignments(number["n"])}
    runtime.store.run(
        "insert into consignment_file (name, shipment, body) values (%s, %s, %s)"
        " on conflict (shipment) do update set body = excluded.body where consignment_file.written_at is null",
        kept["name"],
        message.reference,
        body,
    )
    return NAMED + str(kept["name"]).encode()


def _written(runtime: Runtime, reference: str) -> bool:
    row = runtime.store.row(
        "select 1 as one from consignment_file where shipment = %s and written_at is not null", reference
    )
    return row is not None


def _consigned(runtime: Runtime, reference: str) -> Consigned:
    row: dict[str, Any] | None = runtime.store.row(
        "select s.*, f.associated_ref, b.body from shipment s join fulfilment f on f.reference = s.fulfilment"
        " join message_key k on k.flow = 'dispatch-in' and k.connection = f.erp and k.kind = 'shipment'"
        "  and k.reference = s.reference"
        " join message_body b on b.message_id = k.message_id where s.reference = %s order by k.version desc limit 1",
        reference,
    )
    assert row is not None, f"the shipment {reference} has no message"
    shipment = Shipment.model_validate(row["body"]).model_copy(update={"invoice_code": row["invoice_code"]})
    parcels = tuple(Parcel.model_validate(parcel) for parcel in row["parcels"])
    return Consigned(
        shipment.model_copy(update={"parcels": parcels}),
        row["consignment"] or reference,
        row["associated_ref"],
        _grams(runtime, row["lines"]),
    )


def _grams(runtime: Runtime, lines: dict[str, int]) -> Decimal | None:
    """The weight of the goods by the catalogue; None where a weight is missing."""
    rows = runtime.store.rows(
        "select code, body->>'weight_grams' as grams from product where erp = %s and code = any (%s)",
        runtime.configuration.erp.name,
        list(lines),
    )
    grams = {row["code"]: Decimal(row["grams"]) for row in rows if row["grams"]}
    return sum((grams[sku] * n for sku, n in lines.items()), Decimal(0)) if set(grams) == set(lines) else None


def push(runtime: Runtime, message: Claimed, wire: bytes, waits: str) -> Outcome:
    """Lay the file into the folder. What lies there with the same bytes is done; a crash in between changes nothing."""
    within = runtime.configuration.fleet.limits.proof_by_hand
    effects = whole_or_split(stand(runtime.store, message.reference), message.id)
    if wire.startswith(FOLLOWS):
        first = wire.removeprefix(FOLLOWS).decode()
        return Sent(SHOWN, within, f"its parcels stand in the file of {first}; {waits}", effects)
    name = wire.removeprefix(NAMED).decode()
    row = runtime.store.row("select body, written_at from consignment_file where name = %s", name)
    assert row is not None, f"the file {name} is not in the ledger"
    if (
        row["written_at"] is None or message.generation > 1
    ):  # Khaos may have taken it meanwhile; a person's retry lays it again
        try:
            runtime.erp.lay_consignments(name, bytes(row["body"]))
        except Occupied as error:
            return Dead("consignment_conflict", str(error))
        except OSError as error:
            return Retry("consignment_folder", f"{name} cannot be written: {error.strerror or type(error).__name__}")
        runtime.store.run("update consignment_file set written_at = coalesce(written_at, now()) where name = %s", name)
    return Sent(SHOWN, within, f"{name} lies in the courier's folder; {waits}", effects)
