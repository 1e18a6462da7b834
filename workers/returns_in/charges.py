"""What finance says of a garment that came back: deposit, charges and costs are dealt with, and for how much."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from workers.ledger.store import Store
from workers.spine.people import CannotDo


def settle(store: Store, order: str, tag: str, amount: str, who: str) -> None:
    """Record that what finance had to do for a garment is done; ``amount`` may be empty. Raises CannotDo."""
    done = store.run(
        "update garment_return set settled_by = %s, settled_at = now(), amount = %s where order_code = %s"
        " and tag = upper(%s) and money is not null and settled_at is null"
        " and (kind = 'hire' or book in ('refurbishment_cost', 'write_down', 'claim'))",
        who,
        _amount(amount),
        order,
        tag.strip(),
    )
    if not done:
        raise CannotDo(f"nothing of {tag} on order {order} is open; `fleet worklist charges` lists what is")


def _amount(word: str) -> Decimal | None:
    if not word.strip():
        return None
    try:
        found = Decimal(word)
    except InvalidOperation:
        found = Decimal(-1)
    if not (found.is_finite() and 0 <= found == round(found, 2)):
        raise CannotDo(f"{word} is no amount of money: write what was charged or released, such as 35.00")
    return found
