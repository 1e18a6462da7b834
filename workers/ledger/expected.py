"""Expectations by the word in ``expectation.what``: their text while awaited, and when missed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Expected(StrEnum):
    """The words. SQL functions of the ledger write some of them, so they never change."""

    SKU_CONFIRMED = "sku_confirmed"
    DISPATCH = "dispatch"
    REST = "rest"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    ITEM_RESULTS = "item results"
    FILE = "file"
    ISSUED = "issued"
    NAMED_NOTE = "named note"


@dataclass(frozen=True, slots=True)
class Words:
    """``awaited`` is what the next event is; ``missed`` the reason of the exception when it has not come.

    In it ``{missing}`` is which SKUs are not confirmed, ``{shown}`` how the warehouse showed the order last.
    """

    awaited: str
    missed: str


IN_WORDS: dict[str, Words] = {
    Expected.SKU_CONFIRMED: Words(
        "the warehouse confirms every SKU of it", "the warehouse has not confirmed every SKU of it: {missing}"
    ),
    Expected.DISPATCH: Words("the warehouse dispatches it", "sent to the warehouse and not dispatched in time{shown}"),
    Expected.REST: Words(
        "the warehouse dispatches the rest of it",
        "a part of it left, and the rest has not been dispatched in time{shown}",
    ),
    Expected.RECEIVED: Words(
        "the warehouse says that it could read it",
        "sent to the warehouse, which has not said that it could read it",
    ),
    Expected.ACCEPTED: Words(
        "the warehouse accepts or refuses it", "sent to the warehouse, which has neither accepted nor refused it"
    ),
    Expected.CHANGED: Words(
        "the warehouse says whether it took the change",
        "changed in Khaos Control, and the warehouse has not said whether it took the change",
    ),
    Expected.CANCELLED: Words(
        "the warehouse says what became of the cancellation",
        "its cancellation was asked for, and the warehouse has not said what became of it",
    ),
    Expected.ITEM_RESULTS: Words(
        "the warehouse answers the item file, item by item",
        "an item file that the warehouse has not answered, or not for every item",
    ),
    Expected.ISSUED: Words(
        "Khaos Control issues its invoice",
        "it left the warehouse and Khaos Control shows that, and its invoice has not been issued",
    ),
    Expected.NAMED_NOTE: Words(
        "Khaos Control shows the credit note that a person named",
        "a person named its credit note, and Khaos Control has not shown a note of that code to this customer",
    ),
    Expected.FILE: Words("their file of that number", "a number of the warehouse's series that has not come"),
}


def in_words(what: str) -> Words:
    """The words of an expectation; one without a row, a sentence already, stands for itself."""
    return IN_WORDS.get(what, Words(what, what))
