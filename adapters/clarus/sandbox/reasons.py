"""Reason codes: those that a tenant starts with, and who may use which."""

from __future__ import annotations

from adapters.clarus.sandbox.books import Books, Record
from adapters.clarus.sandbox.refusal import invalid

# (code, name, type); a code is unique in the tenant, so it has one type only
STARTS_WITH = (
    ("DMG", "Damaged in the warehouse", "negative_adjustment"),
    ("LOST", "Not found", "negative_adjustment"),
    ("EXPIRED", "Past its date", "negative_adjustment"),
    ("FOUND", "Found", "positive_adjustment"),
    ("QC", "Quality check", "hold"),
    ("DMGHOLD", "Damaged, waits for a decision", "hold"),
    ("RELEASE", "Found good", "release"),
    ("SHORT", "No stock", "short_order_lines"),
    ("TRANSFER", "Changed hands", "transfer"),
    ("COUNT", "Stock check", "stock_check"),
)


def add(books: Books, told: Record) -> Record:
    """A reason code; one that is there already is changed."""
    row = books.reason_codes.one(told["code"])
    blank = {"name": told["code"], "description": told["code"], "reason_type": "hold", "active": True, "generic": True}
    if row is None:
        return books.reason_codes.add({**blank, **told})
    row.update({name: value for name, value in told.items() if name != "id"})
    return row


def by_code(books: Books, code: str) -> Record:
    """For the warehouse's own people, who may give any active code for anything; else a 422."""
    row = books.reason_codes.one(code)
    if row is None or not row["active"]:
        raise invalid("reason", f"{code} is not an active reason code: set it up under reason_codes")
    return row


def by_id(books: Books, an_id: int | None, *types: str) -> Record | None:
    """The reason that a call names, which must be active and of one of the types; None where it names none."""
    if an_id is None:
        return None
    row = books.reason_codes.rows.get(str(an_id))
    if row is None:
        raise invalid("reason_code_id", "is unknown")
    if not row["active"] or (types and row["reason_type"] not in types):
        raise invalid("reason_code_id", f"must be active and of type {' or '.join(types) or 'any'}")
    return row
