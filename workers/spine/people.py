"""People who act on the ledger: who they are, and a wish of theirs that cannot be met."""

from __future__ import annotations

from dataclasses import dataclass


class CannotDo(Exception):
    """A person's wish that cannot be met; the message says why and what to do instead."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts, for the timeline."""

    name: str


@dataclass(frozen=True, slots=True)
class Dismissal:
    """What the queue of a message hears when its exception is dismissed: its reference, by whom, and why."""

    reference: str
    person: Person
    why: str
