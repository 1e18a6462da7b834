"""People who act on the ledger, and the error for a command that cannot be done."""

from __future__ import annotations

from dataclasses import dataclass

from workers.access.audit import Actor


class CannotDo(Exception):
    """A command that cannot be done; the message says why and what to do instead."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts: the name for the timeline, and who that is proven to be, for the record of what people did."""

    name: str
    proven: Actor | None = None

    @property
    def actor(self) -> Actor:
        """Who is recorded; a person of whom nothing is proven is recorded as such."""
        return self.proven or Actor("unproven", self.name, claimed=self.name)


@dataclass(frozen=True, slots=True)
class Dismissal:
    """The dismissal of a message's exception, for its queue: the reference, by whom, and why."""

    reference: str
    person: Person
    why: str
