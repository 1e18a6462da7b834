"""What a person says of suppliers' goods: that Khaos Control's delivery note has booked them."""

from __future__ import annotations

from workers.ledger.store import Store
from workers.spine.people import CannotDo

ALL = 2**31 - 1


def book(store: Store, line: int, who: str, units: int = 0) -> int:
    """Confirm that so many units of a received line are booked, 0 for all that are left. Returns how many were.

    Raises CannotDo where nothing of the line is left to be booked.
    """
    row = store.row("select book_line(%s, %s, %s, 'confirmed by hand') as n", line, units or ALL, who)
    booked = int(row["n"]) if row else 0
    if not booked:
        raise CannotDo(f"line {line} has nothing left to be booked; `fleet received list` shows the numbers")
    return booked
