"""The sandbox's own PostStockJournal: no published operation exists, so this one stands for a merchant's."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.records import Refused, now
from adapters.khaos.sandbox.switches import Switches

ARGUMENTS = ("MovementID", "StockCode", "Site", "Quantity", "Reason", "Account", "UnitCost", "EventTime")


def post_stock_journal(books: Books, asked: dict[str, Any], switches: Switches) -> str:
    """Post one movement's value to the ledger, once for each MovementID; ``Quantity`` is below zero for a loss.

    It leaves stock alone unless ``journal_moves_stock`` is on. The same content again changes
    nothing; other content under the same MovementID is refused.
    """
    content = {name: str(asked.get(name, "")).strip() for name in ARGUMENTS}
    movement = content["MovementID"]
    if not movement:
        raise Refused("MovementID is missing", "EInvalidParameter")
    if (known := books.journals.get(movement)) is not None:
        if known["content"] != content:
            raise Refused(f"Movement {movement} was posted before with other content", "EJournalMismatch")
        known["calls"] += 1
        return "ALREADY POSTED"
    site = content["Site"] or books.sites[0]
    if content["StockCode"] not in books.products:
        raise Refused(f"Stock item {content['StockCode']} not found", "EStockNotFound")
    if site not in books.sites:
        raise Refused(f"Site {site} does not exist", "EInvalidSite")
    units = _checked(content)
    books.journals[movement] = {"content": content, "quantity": units, "calls": 1, "at": now()}
    if switches.journal_moves_stock and books.products[content["StockCode"]].on_shelves:
        books.shift(content["StockCode"], site, in_stock=units)
    return "OK"


def _checked(content: dict[str, str]) -> int:
    try:
        units = int(content["Quantity"])
        if content["UnitCost"]:
            Decimal(content["UnitCost"])
        if content["EventTime"]:
            datetime.fromisoformat(content["EventTime"])
    except (ValueError, InvalidOperation) as error:
        raise Refused(f"Quantity, UnitCost or EventTime cannot be read: {error}", "EConvertError") from error
    if not units:
        raise Refused("Quantity is zero", "EInvalidParameter")
    return units
