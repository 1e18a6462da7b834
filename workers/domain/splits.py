"""A part shipment that no call can ship: what left of an invoice, what did not, and the operator who splits it.

Neither the courier hook nor a courier's file can ship less than an invoice holds (reference 0 and 2.2.4). Until Khaos
shows the invoice with exactly what left, or the rest has left as well, the exception ``split_in_khaos`` stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workers.domain.fulfilment import FulfilmentRow, Units, read_row
from workers.ledger.store import Connection, Effect, Store
from workers.spine import exceptions

KIND = "split_in_khaos"


@dataclass(frozen=True, slots=True)
class InvoiceSplit:
    """An invoice by hand: what left of it by all its shipments (``together``, oldest first), and what did not."""

    erp: str
    order: str
    fulfilment: str
    invoice: str
    together: tuple[str, ...]
    left: Units
    stays: Units

    @property
    def whole(self) -> bool:
        """Whether everything of the invoice has left."""
        return not self.stays


def gate(reference: str) -> str:
    """The gate of a shipment that waits for its invoice to be split."""
    return f"split:{reference}"


def add_up(rows: Sequence[Mapping[str, Any]]) -> Units:
    """The units of some shipments together."""
    units: Counter[str] = Counter()
    for row in rows:
        units.update(row["lines"])
    return dict(units)


def covering(rows: Sequence[dict[str, Any]], wanted: Mapping[str, int]) -> list[dict[str, Any]] | None:
    """The shipments, one after the other, that together are exactly ``wanted``; None when none are."""
    for start in range(len(rows)):
        for end in range(len(rows), start, -1):
            if add_up(rows[start:end]) == wanted:
                return list(rows[start:end])
    return None


def stand(store: Store, reference: str) -> InvoiceSplit:
    """How the invoice of a shipment stands by the ledger: ``stays`` comes from what the warehouse was asked for."""
    with store.connection() as db:
        row = db.execute(
            "select s.invoice_code as invoice, f.* from shipment s join fulfilment f on f.reference = s.fulfilment"
            " where s.reference = %s",
            (reference,),
        ).fetchone()
        assert row is not None, f"the shipment {reference} is not in the ledger"
        return standing(db, read_row(row), row["invoice"])


def standing(db: Connection, fulfilment: FulfilmentRow, invoice: str) -> InvoiceSplit:
    """The same for an invoice of a fulfilment."""
    every = db.execute(
        "select reference, invoice_code, lines from shipment where fulfilment = %s order by number",
        (fulfilment.reference,),
    ).fetchall()
    here = [row for row in every if row["invoice_code"] == invoice]
    left = add_up(here)
    held = dict(fulfilment.requested)
    for sku, units in add_up([row for row in every if row["invoice_code"] != invoice]).items():
        held[sku] = held.get(sku, 0) - units
    # where the fulfilment goes on under another invoice, this one was split already
    open_still = fulfilment.invoice_code == invoice
    stays = {sku: n - left.get(sku, 0) for sku, n in held.items() if n > left.get(sku, 0)} if open_still else {}
    return InvoiceSplit(
        fulfilment.erp,
        fulfilment.order_code,
        fulfilment.reference,
        invoice,
        tuple(row["reference"] for row in here),
        left,
        stays,
    )


def parts(db: Connection, stands: InvoiceSplit) -> list[Units]:
    """What left of the invoice after its first shipment, after its second, and so on."""
    rows = db.execute(
        "select lines from shipment where reference = any (%s) order by number", (list(stands.together),)
    ).fetchall()
    return [add_up(rows[: count + 1]) for count in range(len(rows))]


def explains(db: Connection, fulfilment: FulfilmentRow, invoice: str, shown: Units) -> bool:
    """Whether an invoice of which goods left shows no change but its split: a part that left, or all that it held."""
    stands = standing(db, fulfilment, invoice)
    return shown in (*parts(db, stands), add_up([{"lines": stands.left}, {"lines": stands.stays}]))


def whole_or_split(stands: InvoiceSplit, message: int) -> tuple[Effect, ...]:
    """Make the effects on exception and gates: file while something stays, close when nothing does."""
    if stands.stays:
        return (ask(stands, message),)
    return over(stands, "all of it has left", release=len(stands.together) > 1)


def ask(stands: InvoiceSplit, message: int) -> Effect:
    """Make the effect that files the exception, with the units that left and that did not, ready to copy."""
    reason = (
        f"invoice {stands.invoice}: left {format_units(stands.left)}; not yet {format_units(stands.stays)}:"
        " split the latter off"
        f" ({', '.join(stands.together)})"
    )
    return exceptions.filing(
        KIND,
        subject=_subject(stands),
        story=stands.order,
        flow="dispatch-in",
        connection=stands.erp,
        why=reason,
        message=message,
        once=exceptions.Once.WITH_THIS_REASON,  # the read-back asks every minute
    )


def over(stands: InvoiceSplit, why: str, *, release: bool) -> tuple[Effect, ...]:
    """Make the effects that close the exception, and with ``release`` open the gates of its shipments."""
    closed = exceptions.closing(KIND, _subject(stands), why)
    gates = [gate(reference) for reference in stands.together]
    return (closed, Effect("select open_gates(%s, %s)", (gates, why))) if release else (closed,)


def _subject(stands: InvoiceSplit) -> str:
    return f"invoice:{stands.invoice}"


def format_units(units: Mapping[str, int]) -> str:
    """``3 x MUG, 1 x BOWL``."""
    return ", ".join(f"{n} x {sku}" for sku, n in sorted(units.items())) or "nothing"
