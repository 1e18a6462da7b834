"""Messages of a warehouse, each sent once and about one moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from mappings.canonical.model import Canonical, Units
from mappings.canonical.orders import PickLine
from mappings.canonical.stock import StockLine


class Outcome(StrEnum):
    """A warehouse's answer to an order, or to a cancellation."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_ERROR = "accepted_with_error"  # it is stored there, and needs attention
    REFUSED = "refused"


class AdviceReason(StrEnum):
    """Why a warehouse refuses a document, where the reason itself says what became of an earlier one."""

    ALREADY_THERE = "already_there"  # the order is there: an earlier sending had arrived
    NOT_THERE = "not_there"  # it does not know the order
    OTHER = "other"


class OrderAdvice(Canonical):
    """The warehouse's word about one document; what is empty was not said, or nothing is wrong.

    ``code`` is their word for the reason, ``why`` more of it in our words. ``text`` is what they wrote: it may name a
    customer, so it is kept beside the bodies and stands in no reason.

    The control numbers and ``answers_set`` (for example "940") name the document that is answered; they tell an
    answer to an order from one to its cancellation. A partner that names no control number answers by ``reference``
    alone, and ``answers_set`` is "order", "change" or "cancel".
    """

    their_id: str
    reference: str
    facility: str = ""
    outcome: Outcome
    reason: AdviceReason = AdviceReason.OTHER
    code: str = ""
    why: str = ""
    text: str = ""
    group_control: str = ""
    set_control: str = ""
    answers_set: str = ""
    kind: str = ""  # of the exception, where the code has one of its own
    items: tuple[str, ...] = ()  # lines whose SKU alone is the reason: the order waits for those


class SetReceipt(Canonical):
    """Whether one document could be read; ``errors`` are sentences, empty for one that could."""

    set_id: str
    set_control: str
    accepted: bool
    errors: tuple[str, ...] = ()


class Acknowledgement(Canonical):
    """The warehouse's translator has read a group of documents. It says nothing of what the warehouse makes of them.

    ``sets`` are those that were named; of a group that is ``accepted`` the others were accepted as well.
    """

    group_id: str  # theirs, for example "OW"
    group_control: str
    accepted: bool
    sets: tuple[SetReceipt, ...] = ()


class EnvelopeReceipt(Canonical):
    """Whether an interchange of ours was taken as such, before anybody looked at the documents in it.

    ``control`` is its number; ``code`` and ``note`` are the partner's words for what became of it and why.
    """

    control: str
    taken: bool  # without a word against it
    code: str = ""
    note: str = ""


class LineOutcome(StrEnum):
    """The outcome of an order's line."""

    FILLED = "filled"
    SHORT = "short"  # closed: what is missing does not come
    TO_FOLLOW = "to_follow"
    CANCELLED = "cancelled"
    SUBSTITUTED = "substituted"  # closed with another SKU

    @property
    def closed(self) -> bool:
        """Nothing more will leave for the line."""
        return self is not LineOutcome.TO_FOLLOW


class ShipmentLine(Canonical):
    """A line of an order in one shipment: ``shipped`` are units of this shipment alone."""

    line_id: str
    sku: str
    ordered: Units
    shipped: Units
    outcome: LineOutcome
    status_word: str = ""  # theirs; empty for a line without an advice


class Carton(Canonical):
    """One parcel and what lies in it; ``sscc`` is its 18 digits, empty where there is none.

    Where the same goods have several numbers, they stand with the first.
    """

    tracking: str = ""
    sscc: str = ""
    content: tuple[PickLine, ...] = ()


class ShipmentAdvice(Canonical):
    """A shipment: units that left for an order at one time, or the word that nothing will. An order may have several.

    ``their_id`` is the warehouse's shipment, empty where nothing left. ``carrier`` and ``service`` are theirs.
    ``not_used`` are numbers that stand in the message and in none of the cartons, each with the place where it stands:
    somebody must look at them.
    """

    their_id: str = ""
    reference: str
    facility: str
    shipped_on: date | None = None
    lines: tuple[ShipmentLine, ...]
    cartons: tuple[Carton, ...] = ()
    carrier: str = ""
    service: str = ""
    not_used: tuple[str, ...] = ()

    @property
    def shipped(self) -> dict[str, int]:
        """Units by SKU that left with this shipment; only those that did."""
        units: dict[str, int] = {}
        for line in self.lines:
            if line.shipped:
                units[line.sku] = units.get(line.sku, 0) + line.shipped
        return units

    @property
    def closes_order(self) -> bool:
        """Nothing more will leave for any of its lines."""
        return all(line.outcome.closed for line in self.lines)

    @property
    def cancelled(self) -> bool:
        """Nothing left, and every line is cancelled. A shipment of even one unit is never a cancellation."""
        return not self.shipped and all(line.outcome is LineOutcome.CANCELLED for line in self.lines)

    @property
    def substituted(self) -> bool:
        """Another SKU was sent for one that was ordered."""
        return any(line.outcome is LineOutcome.SUBSTITUTED for line in self.lines)


@dataclass(frozen=True, slots=True)
class StockSnapshot:
    """Everything that a facility holds of the merchant's goods at one time; a SKU with nothing stands with zero.

    ``lines`` may be read once only, from the file as it goes: a SKU may stand in several, which add up, and what is
    wrong with the file may show itself at its end.
    """

    number: str
    facility: str
    at: datetime
    lines: Iterable[StockLine]


class ItemResult(Canonical):
    """Whether the warehouse took one item of the catalogue; ``code`` and ``message`` are theirs."""

    sku: str
    accepted: bool
    code: str = ""
    message: str = ""
