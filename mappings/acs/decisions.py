"""The consequences of a grade, in stock and in money: by hire or sale, grade and disposition. A hire never credits.

Source: acs.md 3.5; stock-and-money, sections 5 and 6; ``mappings/acs/tables/decisions.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from mappings.acs.tables import table
from mappings.canonical import Disposition, GarmentState, Grade, LineKind
from mappings.errors import Unmappable
from mappings.garment_decisions import Booking, Decision, Money

__all__ = ["Booking", "Decision", "Money", "decide", "settled_kind"]

TABLE = "mappings/acs/tables/decisions.toml"
KIND = "unknown_grade"
ANY, NONE = "*", ""

Rows = Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]]  # hire or sale -> grade -> disposition -> row


CHARGE_IF_RECOMMENDED = "charge_if_recommended"
SALE = {Money.CREDIT.value, Money.CREDIT_LESS.value, Money.HOLD.value, Money.PERSON.value}
HIRE = {Money.RELEASE.value, CHARGE_IF_RECOMMENDED, Money.CHARGE.value, Money.HOLD.value, Money.PERSON.value}
STATES = [one.value for one in GarmentState if one not in {GarmentState.SOLD, GarmentState.RETIRED}]
ALLOWED = {LineKind.SALE: SALE, LineKind.HIRE: HIRE}


def decide(
    kind: LineKind | None,
    grade: Grade,
    disposition: Disposition | None,
    *,
    charge_recommended: bool = False,
    own: Rows | None = None,
) -> Decision:
    """Look up the row of one graded garment; ``own`` are the rows of ``[tables.return_decisions.acs]``.

    ``kind`` None, where the warehouse does not know hire from sale, is held: it is settled by finding its order line.

    Raises:
        Unmappable: kind ``unknown_grade``, for a grade without a row, and for a row with a word that is none.
    """
    if kind is None:
        return Decision(GarmentState.UNKNOWN, Money.HOLD, Booking.NOTHING, None, "no order line")
    at, row = _row(kind, grade, disposition, own or {})
    name = f'[tables.return_decisions.acs.{kind}.{grade}] "{at}"'
    stock, word, book = str(row.get("stock", "")), str(row.get("money", "")), str(row.get("book", ""))
    if stock not in STATES:
        raise _wrong(name, "stock", stock, STATES)
    if word not in ALLOWED[kind]:
        raise _wrong(name, "money", word, sorted(ALLOWED[kind]))
    if book not in set(Booking):
        raise _wrong(name, "book", book, list(Booking))
    money = _charge(charge_recommended) if word == CHARGE_IF_RECOMMENDED else Money(word)
    less = _less(name, row) if money is Money.CREDIT_LESS else None
    if money is Money.CREDIT_LESS and less is None:
        money = Money.PERSON  # how much less is the merchant's policy: none is guessed
    return Decision(GarmentState(stock), money, Booking(book), less, f"{kind}/{grade}/{at}")


def settled_kind(stated: LineKind | None, ordered: LineKind | None) -> LineKind | None:
    """Whether a garment came back from a hire or a sale: the order's line decides, and a hire on either side is one.

    None, which is held, for a garment whose order line was not found: a warehouse's word alone credits nobody.
    """
    if LineKind.HIRE in {stated, ordered}:
        return LineKind.HIRE
    return ordered


def _row(kind: LineKind, grade: Grade, disposition: Disposition | None, own: Rows) -> tuple[str, Mapping[str, Any]]:
    ours, theirs = DECISIONS.get(kind, {}).get(grade, {}), own.get(kind, {}).get(grade, {})
    wanted = NONE if disposition is None else disposition.value
    for at in (wanted, ANY):
        if at in ours or at in theirs:
            return at, {**ours.get(at, {}), **theirs.get(at, {})}
    why = f'add a row "{ANY}" to [tables.return_decisions.acs.{kind}.{grade}] of fleet.toml, or to {TABLE}'
    raise Unmappable("Grade", grade, why, kind=KIND)


def _charge(recommended: bool) -> Money:
    return Money.CHARGE if recommended else Money.RELEASE


def _less(name: str, row: Mapping[str, Any]) -> Decimal | None:
    value = row.get("less")
    if value is None:
        return None
    try:
        less = Decimal(str(value))
    except InvalidOperation:
        less = Decimal(-1)
    if not (less.is_finite() and 0 < less <= 100):  # noqa: PLR2004  per cent
        raise _wrong(name, "less", str(value), ["a number above 0 and up to 100, per cent"])
    return less


def _wrong(name: str, field: str, value: str, words: list[Any]) -> Unmappable:
    return Unmappable(field, value, f"write {field} = one of {', '.join(map(str, words))} into {name}", kind=KIND)


DECISIONS: Rows = table("decisions")
