"""The desk's door: who asks, and whether they may. Every route of the desk names the right that it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request

from workers.access.roles import Right, Role, rights_of
from workers.spine.people import Person
from workers.web.guard import USER, guard


@dataclass(frozen=True, slots=True)
class Visitor:
    """The person who asks: proven name, roles, and the word that their forms must carry against forged requests."""

    name: str
    roles: frozenset[Role]
    form_token: str = ""

    @property
    def rights(self) -> frozenset[Right]:
        """What they may do."""
        return rights_of(self.roles)

    @property
    def person(self) -> Person:
        """The person whom the timeline names."""
        return Person(self.name)

    def may(self, right: Right) -> bool:
        """Tell whether they may do this."""
        return right in self.rights


def needs(right: Right) -> Callable[[Request], Visitor]:
    """Make the dependency of a route that needs ``right``; it gives the visitor.

    As in ``visitor: Annotated[Visitor, Depends(needs(Right.SOLVE))]``.
    """

    def visitor(request: Request) -> Visitor:
        guard(request)
        return Visitor(USER, frozenset(Role))

    visitor.right = right  # type: ignore[attr-defined]  # a test asks each route for it
    return visitor
