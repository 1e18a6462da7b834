"""Which of a warehouse's orders is an order of Khaos Control's: found by any reference, proven by quantities."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mappings.canonical import NamedLine, WarehouseOrder, WarehouseStatus
from workers.domain.fulfilment import FulfilmentRow, Units

SHORTEST = 4  # characters of a code that a longer reference holds: shorter ones are there by chance
MOST_WORDS = 8  # of a reference
NUMBERS = 5  # of an order that were given before, by another integration or by a ledger that was lost


@dataclass(frozen=True, slots=True)
class There:
    """An order at a warehouse as another integration may have sent it; ``their_id`` is empty where it has none."""

    reference: str
    their_id: str
    units: Units
    cancelled: bool = False
    number: int = 0  # our control number of the file that it was laid in; 0: none
    facility: str = ""  # the building that it stands in; empty where that is not shown
    named_lines: tuple[NamedLine, ...] = ()  # its lines by the ids that dispatches name


@dataclass(frozen=True, slots=True)
class Match:
    """What became of looking for one fulfilment: the order that it is, or why a person must look; neither: absent."""

    row: FulfilmentRow
    there: There | None = None
    why: str = ""


def names(order_code: str, invoice_code: str, associated_ref: str, forms: Sequence[str] = ()) -> dict[str, str]:
    """Every reference that an invoice may have at a warehouse, and the sort of each."""
    codes = {"order": order_code, "invoice": invoice_code, "associated": associated_ref}
    sorts = {
        **{form.format(**codes): f"form {form}" for form in forms},
        **{f"{order_code}-{number}": "our number" for number in range(1, NUMBERS + 1)},
        associated_ref: "associated reference",
        invoice_code: "invoice",
        order_code: "order code",
    }
    return {name: sort for name, sort in sorts.items() if name}


def references(row: FulfilmentRow, forms: Sequence[str] = ()) -> tuple[str, ...]:
    """Every reference that an order may have there; ``forms`` are the merchant's own, as ``KC-{order}``."""
    return (
        row.reference,
        *sorted(set(names(row.order_code, row.invoice_code, row.associated_ref, forms)) - {row.reference}),
    )


def parts_of(reference: str) -> Iterator[str]:
    """The pieces of a reference between its separators, alone and joined: ``KC/SO02075`` holds ``SO02075``."""
    words = list(re.finditer(r"[^\W_]+", reference))[:MOST_WORDS]
    for first, begin in enumerate(words):
        for end in words[first:]:
            piece = reference[begin.start() : end.end()]
            if piece != reference and len(piece) >= SHORTEST and any(one.isdigit() for one in piece):
                yield piece


def names_at(there: There) -> set[str]:
    """Every name that an order at a warehouse may have for us: its reference, what that holds, and its own id there.

    Capitals and small letters are one: another integration may have written codes its own way.
    """
    return folded((there.reference, there.their_id, *parts_of(there.reference)))


def folded(names_given: Iterable[str]) -> set[str]:
    """Names as they are compared."""
    return {one.casefold() for one in names_given}


def shown(order: WarehouseOrder) -> There:
    """A warehouse's order, as far as matching goes."""
    units = {line.sku: line.ordered for line in order.lines}
    return There(
        order.reference,
        order.their_id,
        units,
        cancelled=order.status is WarehouseStatus.CANCELLED,
        facility=order.facility,
        named_lines=order.named_lines,
    )


def match(rows: Iterable[FulfilmentRow], found: Sequence[There], forms: Sequence[str] = ()) -> list[Match]:
    """Match fulfilments with what was found. An order that fits two of them is neither's: a person looks."""
    wanted = list(rows)
    named = [(one, names_at(one)) for one in found]
    fits = {
        row.reference: [one for one, names_there in named if not names_there.isdisjoint(folded(references(row, forms)))]
        for row in wanted
    }
    return [_judge(row, fits, wanted) for row in wanted]


def _judge(row: FulfilmentRow, fits: dict[str, list[There]], every: Sequence[FulfilmentRow]) -> Match:
    candidates = fits[row.reference]
    if not candidates:
        return Match(row)
    same = [
        one
        for one in candidates
        if one.units == row.requested and not one.cancelled and one.facility in ("", row.facility)
    ]
    if len(same) == 1 and len(candidates) == 1:
        rivals = [other for other in every if other is not row and same[0] in fits[other.reference]]
        if not rivals:
            return Match(row, same[0])
        return Match(row, why=f"{same[0].reference} at the warehouse fits {len(rivals) + 1} invoices of the order")
    said = "; ".join(_words(one) for one in candidates)
    wanted = ", ".join(f"{units} x {sku}" for sku, units in sorted(row.requested.items()))
    return Match(row, why=f"Khaos Control wants {wanted} from {row.facility}; at the warehouse stands {said}")


def _words(one: There) -> str:
    units = ", ".join(f"{units} x {sku}" for sku, units in sorted(one.units.items())) or "nothing"
    where = f" in {one.facility}" if one.facility else ""
    return f"{one.reference}{where} with {units}{' (cancelled)' if one.cancelled else ''}"
