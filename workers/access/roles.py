"""The roles of people who use the fleet, and the rights that each of them gives.

A route of the desk names one right; a person has the rights of all their roles. A role is given by a group of the
login's provider or to a local account; nobody has one by default.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Right(StrEnum):
    """One thing that a person may or may not do."""

    SEE = "see"  # every page, without customers' data
    SEE_CUSTOMERS = "see customers"  # names, addresses, bodies; searching by them; each look is recorded
    EXPORT = "export"  # lists as CSV
    SOLVE = "solve exceptions"  # assign, note, snooze, retry, dismiss
    EDIT = "edit messages"  # a message's body, before it is sent again
    MOVE_ORDERS = "move orders"  # hold, release, send elsewhere, send again, read again
    ADVISE_RETURNS = "announce returns"
    DECIDE_RETURNS = "decide returns"  # grade, credit, refund, stop
    KEEP_BOOKS = "keep books"  # journal entries: map and export; received goods booked; stock differences; charges
    CONFIRM_JOURNALS = "confirm journals"  # never the person who exported them
    CHANGE_TABLES = "change tables"  # rows of carriers, countries, units …
    CHANGE_ROUTING = "change routing"
    OPEN_GATES = "open gates"  # open, pause and resume a connection
    FIND_PEOPLE = "find people"  # find, export and erase what is kept of one person
    READ_AUDIT = "read audit"
    MANAGE_ACCESS = "manage access"  # accounts, sessions and tokens of others


class Role(StrEnum):
    """What a person is to the fleet."""

    VIEWER = "viewer"
    SUPPORT = "support"
    OPERATIONS = "operations"
    CUSTOMER_SERVICE = "customer service"
    FINANCE = "finance"
    MERCHANDISING = "merchandising"
    PRIVACY = "privacy"
    ADMIN = "admin"


R = Right
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({R.SEE}),
    Role.SUPPORT: frozenset({R.SEE, R.SEE_CUSTOMERS, R.EXPORT, R.SOLVE, R.EDIT, R.MOVE_ORDERS, R.CHANGE_TABLES}),
    Role.OPERATIONS: frozenset(
        {
            *(R.SEE, R.SEE_CUSTOMERS, R.EXPORT, R.SOLVE, R.EDIT, R.MOVE_ORDERS, R.ADVISE_RETURNS, R.DECIDE_RETURNS),
            *(R.CHANGE_TABLES, R.CHANGE_ROUTING, R.OPEN_GATES),
        }
    ),
    Role.CUSTOMER_SERVICE: frozenset({R.SEE, R.SEE_CUSTOMERS, R.MOVE_ORDERS, R.ADVISE_RETURNS}),
    Role.FINANCE: frozenset({R.SEE, R.EXPORT, R.SOLVE, R.DECIDE_RETURNS, R.KEEP_BOOKS, R.CONFIRM_JOURNALS}),
    Role.MERCHANDISING: frozenset({R.SEE, R.EXPORT, R.SOLVE, R.CHANGE_TABLES}),
    Role.PRIVACY: frozenset({R.SEE, R.SEE_CUSTOMERS, R.FIND_PEOPLE, R.READ_AUDIT}),
    Role.ADMIN: frozenset(
        {R.SEE, R.EXPORT, R.SOLVE, R.OPEN_GATES, R.CHANGE_TABLES, R.CHANGE_ROUTING, R.READ_AUDIT, R.MANAGE_ACCESS}
    ),
}


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """The rights of all these roles together."""
    return frozenset[Right]().union(*(RIGHTS[role] for role in roles))
