"""What moved in a building: transactions read one by one, and why each moved.

Source: GraphQL list transactions of the OpenAPI file; ``mappings/clarus/tables/movements.toml``. The
list of subtypes is open, and the sign of a quantity is unpublished: the cause gives the direction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mappings.canonical import Cause, StockMovement
from mappings.clarus.tables import table
from mappings.clarus.values import moment, needed, quantity, text, whole, within
from mappings.errors import Unmappable, Unreadable

ARRIVING = frozenset({Cause.ADJUSTED_UP, Cause.RECEIVED, Cause.UNDISPATCHED})  # their place is where they came to
REVERSIBLE = ARRIVING | {Cause.HELD, Cause.RELEASED}  # below zero these would say the opposite: not read
UNCOUNTED = frozenset({Cause.INSIDE, Cause.UNKNOWN})  # may carry no quantity


def read_movements(
    nodes: Iterable[Mapping[str, Any]], facility: str = "", own: Mapping[str, str] | None = None
) -> tuple[list[StockMovement], list[Unreadable]]:
    """Every movement of units among the nodes of the list transactions, in their order.

    ``facility`` is the building that was asked about (a node names none), ``own`` the merchant's rows
    of ``[tables.movement_causes.clarus]``. A subtype without a row has the cause UNKNOWN and keeps
    its word. What moved no unit (an attribute's change) is left out. What cannot be read stands under
    its id: ``fractional_quantity``, else ``unmappable``.

    Raises:
        Unmappable: a row of ``own`` has a meaning that is none of ours.
    """
    causes = {**_CAUSES, **{key.strip().upper(): _cause(key, meaning) for key, meaning in (own or {}).items()}}
    good: list[StockMovement] = []
    bad: list[Unreadable] = []
    for node in nodes:
        word = text(node.get("subtype"))
        cause = causes.get(word.upper(), Cause.UNKNOWN)
        try:
            units = _units(node.get("quantity"), cause)
            if units:
                good.append(_movement(node, facility, cause, word, units))
        except Unmappable as error:
            bad.append(Unreadable(text(node.get("id")), error))
    return good, bad


def _movement(node: Mapping[str, Any], facility: str, cause: Cause, word: str, units: int) -> StockMovement:
    left, came = within(node.get("location_from"), "code"), within(node.get("location_to"), "code")
    return StockMovement(
        movement_id=needed(node.get("id"), "transactions.id"),
        facility=facility,
        sku=needed(within(node.get("product"), "code"), "transactions.product.code"),
        cause=cause,
        cause_word=word,
        units=units,
        reason=within(node.get("reason_code"), "code"),
        location=(came or left) if cause in ARRIVING else (left or came),
        moved_at=moment(node.get("created_at"), "transactions.created_at"),
    )


def _units(value: Any, cause: Cause) -> int:
    if value is None and cause in UNCOUNTED:
        return 0
    signed = quantity(value, "transactions.quantity")
    return whole(value if signed >= 0 or cause in REVERSIBLE else -value, "transactions.quantity")


def _cause(key: str, meaning: str) -> Cause:
    try:
        return Cause(meaning)
    except ValueError:
        choices = "|".join(one.value for one in Cause)
        why = f"correct the row `{key}` in [tables.movement_causes.clarus] of fleet.toml: it may mean {choices}"
        raise Unmappable("movement_causes", str(meaning), why) from None


_CAUSES = {word.upper(): _cause(word, meaning) for word, meaning in table("movements.toml")["causes"].items()}
