"""What couriers told: consignment references by invoice and box, and what happens to the invoice for them.

Source: the vendor's repository kc-courier-services, README. The same invoice must always get the same references: an
answer that says otherwise is counted as a contradiction and changes nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.khaos.sandbox.books import LOG_LENGTH, Books
from adapters.khaos.sandbox.invoicing import OPEN_STAGES, Consignment, leave
from adapters.khaos.sandbox.records import Invoice, now
from adapters.khaos.sandbox.switches import Switches


@dataclass(frozen=True)
class Part:
    """The references of one invoice, or of one of its boxes (``item_id``)."""

    item_id: str
    consignment: str
    tracking: str = ""
    label: bool = False


@dataclass(frozen=True)
class Told:
    """One courier's answer for one invoice; without errors it is a success. ``spoke`` is false for no answer at all."""

    via: str
    parts: tuple[Part, ...] = ()
    errors: tuple[str, ...] = ()
    spoke: bool = True


@dataclass
class CourierBook:
    """Every answer, and the first good references of each invoice."""

    answers: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=LOG_LENGTH))
    first: dict[str, tuple[tuple[str, str, str], ...]] = field(default_factory=dict)
    contradictions: int = 0

    def take(self, books: Books, invoice: Invoice, told: Told, switches: Switches) -> dict[str, Any]:
        """Book the answer; the first good one ships the invoice. Returns success, references and errors."""
        refs = tuple((part.item_id, part.consignment, part.tracking) for part in told.parts)
        errors = list(told.errors)
        known = self.first.get(invoice.id)
        if known is not None and told.spoke and refs != known:
            self.contradictions += 1
            errors.append(f"invoice {invoice.code} was given {known} before")
        elif known is None and not errors and invoice.stage not in OPEN_STAGES:
            errors.append(f"invoice {invoice.code} is in stage {invoice.stage} now and cannot be shipped")
        elif known is None and not errors:
            self.first[invoice.id] = refs
            leave(books, invoice, _consignment(invoice, told.parts), switches)
        answer = {
            "success": not errors,
            "consignment": told.parts[0].consignment if told.parts else "",
            "tracking": told.parts[0].tracking if told.parts else "",
            "errors": errors,
        }
        label = bool(told.parts) and all(part.label for part in told.parts)
        row = {"invoice": invoice.code, "invoice_id": invoice.id, "via": told.via, "label": label, "at": now()}
        self.answers.append({**row, **answer, "boxes": len([part for part in told.parts if part.item_id])})
        return answer


def _consignment(invoice: Invoice, parts: Sequence[Part]) -> Consignment:
    boxes = [{"COURIER": invoice.courier, "CONSIGNMENT_REF": p.consignment} for p in parts if p.item_id]
    return Consignment(reference=parts[0].consignment, tracking=parts[0].tracking, boxes=boxes)
