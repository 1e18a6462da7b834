"""Which invoice a fulfilment stands on: the rest of a part shipment is adopted, or given back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mappings.canonical import Invoice
from workers.domain import transitions
from workers.domain.fulfilment import FulfilmentRow, Rows, State, Units, add_to_timeline
from workers.ledger.store import Connection, within
from workers.spine import exceptions

UNPLACED = ("remainder_unmatched", "invoice_recoded")
BY_CALL = "soap_extension"  # a shipment's route by which Khaos splits an invoice as soon as it is told of a part
SHIPMENTS = """
select s.number, s.lines, s.invoice_code,
       s.confirmed_at is not null or s.route = %s and exists (
           select 1 from message m
            where m.reference = s.reference and (m.state = 'sent' or m.maybe_sent_at is not null)) as told
  from shipment s where s.fulfilment = %s order by s.number
"""


@dataclass(frozen=True, slots=True)
class Rest:
    """What remained after the shipment ``number`` of a fulfilment.

    ``left`` is all that had left by then of that shipment's invoice; ``stands_on`` is the invoice that the rest
    stands on by now; ``is_open`` says that it is still at the warehouse, ``told`` that Khaos knows of the shipment,
    perhaps.
    """

    number: int
    invoice_code: str
    left: Units
    stands_on: str
    is_open: bool
    told: bool


def find_rest(db: Connection, fulfilment: FulfilmentRow, lines: Units) -> Rest | None:
    """The shipment after which exactly ``lines`` remained, if there is one."""
    shipments = db.execute(SHIPMENTS, (BY_CALL, fulfilment.reference)).fetchall()
    rest: Units = dict(fulfilment.requested)
    for place, shipment in enumerate(shipments, 1):
        rest = {sku: left for sku, n in rest.items() if (left := n - shipment["lines"].get(sku, 0)) > 0}
        is_open = place == len(shipments)
        if rest != lines or (is_open and fulfilment.state is not State.PART_DISPATCHED):
            continue
        left = Counter[str]()
        for one in shipments[:place]:
            if one["invoice_code"] == shipment["invoice_code"]:
                left.update(one["lines"])
        stands_on = fulfilment.invoice_code if is_open else shipments[place]["invoice_code"]
        return Rest(shipment["number"], shipment["invoice_code"], dict(left), stands_on, is_open, shipment["told"])
    return None


def is_split_off(db: Connection, fulfilment: FulfilmentRow, lines: Units, shown: Mapping[str, Units]) -> bool:
    """Whether ``lines`` are the rest of a part shipment, and its invoice does not hold them any more.

    ``shown`` are invoices with their units as Khaos shows them, perhaps not all of the order. One that still holds more
    than what left of it was not split: a further invoice of the same lines is for other goods.
    """
    rest = find_rest(db, fulfilment, lines)
    if rest is None or rest.stands_on != rest.invoice_code:
        return False
    if rest.invoice_code not in shown:
        return rest.is_open or rest.told
    units = shown[rest.invoice_code]
    return {sku: n for sku, n in units.items() if sku in fulfilment.requested} == rest.left


def adopt_rest(
    db: Connection, fulfilment: FulfilmentRow, invoice: Invoice, lines: Units, shown: Collection[str]
) -> bool:
    """Khaos opens a further invoice for the rest of a part shipment: it belongs to the fulfilment that ships it.

    The rest is what remained after one of the fulfilment's shipments; later ones go to the new invoice.
    True when ``lines``, the invoice's units of the fulfilment, are such a rest, and the invoice is bound now. Not so
    when the rest stands on another further invoice that Khaos still shows (``shown``).
    """
    rest = find_rest(db, fulfilment, lines)
    if rest is None or (rest.stands_on != rest.invoice_code and rest.stands_on in shown):
        return False
    transitions.stand_on(within(db), fulfilment, invoice.invoice_code)
    db.execute(
        "update shipment set invoice_code = %s where fulfilment = %s and number > %s and confirmed_at is null",
        (invoice.invoice_code, fulfilment.reference, rest.number),
    )
    add_to_timeline(
        within(db), fulfilment, "adopted", f"the rest stands on invoice {invoice.invoice_code} now", flow="dispatch-in"
    )
    close_placed(within(db), fulfilment, invoice)
    return True


def close_placed(run: Rows, fulfilment: FulfilmentRow, invoice: Invoice) -> None:
    """Close what says that an invoice has no place, when the fulfilment that stands on it has all its goods."""
    subject = f"invoice:{invoice.invoice_code}"
    if not run(
        "select 1 from exception where subject = %s and kind = any (%s) and state = 'open'", subject, [*UNPLACED]
    ):
        return
    others = {line.sku for line in invoice.lines if line.sku not in fulfilment.requested}
    known = "select code from product where erp = %s and code = any (%s) and not for_warehouse"
    if not others - {row["code"] for row in run(known, fulfilment.erp, sorted(others))}:
        place_found(run, invoice.invoice_code)


def place_found(run: Rows, invoice_code: str) -> None:
    """Close what says that an invoice has no place."""
    exceptions.close_kinds(run, UNPLACED, f"invoice:{invoice_code}", "its place was found")
