"""People who act on the ledger, and the error for a command that cannot be done."""

from __future__ import annotations

from dataclasses import dataclass


class CannotDo(Exception):
    """A command that cannot be done; the message says why and what to do instead."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts, for the timeline."""

    name: str


@dataclass(frozen=True, slots=True)
class Dismissal:
    """The dismissal of a message's exception, for its queue: the reference, by whom, and why."""

    reference: str
    person: Person
    why: str
