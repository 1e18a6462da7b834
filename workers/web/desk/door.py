"""The desk's door: who asks, and whether they may. Every route of the desk names the right that it needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import Request

from workers.access.audit import NOBODY, Actor
from workers.access.roles import Right, Role, rights_of
from workers.access.tokens import Scope
from workers.spine.people import Person
from workers.web.doorkeeper import Doorkeeper, actor_of, address_of


@dataclass(frozen=True, slots=True)
class Visitor:
    """The person who asks: proven name, roles, and the word that their forms must carry against forged requests."""

    name: str
    roles: frozenset[Role]
    form_token: str = ""
    actor: Actor = NOBODY  # for the record of what people did
    session: int = 0  # its number

    @property
    def rights(self) -> frozenset[Right]:
        """What they may do."""
        return rights_of(self.roles)

    @property
    def person(self) -> Person:
        """The person whom the timeline names, and who that is proven to be."""
        return Person(self.name, self.actor)

    def may(self, right: Right) -> bool:
        """Tell whether they may do this."""
        return right in self.rights


def needs(right: Right) -> Callable[[Request], Awaitable[Visitor]]:
    """Make the dependency of a route that needs ``right``; it gives the visitor.

    As in ``visitor: Annotated[Visitor, Depends(needs(Right.SOLVE))]``. Without a login the request ends at the login's
    page; without the right, with a forged request, or too often, at a page that says so.
    """

    async def visitor(request: Request) -> Visitor:
        session = await keeper_of(request).admit(request, right)
        actor = actor_of(session, address_of(request))
        return Visitor(session.name, session.roles, session.form_token, actor, session.number)

    visitor.right = right  # type: ignore[attr-defined]  # a test asks each route for it
    return visitor


def token_or(scope: Scope, right: Right) -> Callable[[Request], Awaitable[Actor]]:
    """Make the dependency of a route for machines with a token for ``scope``, and for people with ``right``.

    It gives who asks.
    """

    async def caller(request: Request) -> Actor:
        keeper = keeper_of(request)
        if "authorization" in request.headers or keeper.cookies.session not in request.cookies:
            machine = await keeper.machine(request, scope)
            return Actor(machine.subject, machine.name, address=address_of(request))
        return actor_of(await keeper.admit(request, right), address_of(request))

    caller.right = right  # type: ignore[attr-defined]  # as above
    return caller


def keeper_of(request: Request) -> Doorkeeper:
    """The doorkeeper of this web process."""
    keeper: Doorkeeper = request.app.state.doorkeeper
    return keeper
