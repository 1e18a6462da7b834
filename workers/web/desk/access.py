"""Who may come in: accounts, people who are logged in, and tokens of machines, for whoever manages access.

Each form acts by the function of its command: ``fleet accounts``, ``fleet sessions``, ``fleet tokens``. A secret is
shown once, on the page that answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Engine

from workers.access import accounts, audit, sessions, tokens
from workers.access.roles import Right, Role
from workers.access.tokens import Scope
from workers.ledger.store import Store
from workers.spine.people import CannotDo
from workers.web.desk.acting import Field, act, cannot, store_of
from workers.web.desk.door import Visitor, needs
from workers.web.desk.rendering import render
from workers.web.desk.same_as import same_as
from workers.web.desk.words import LARGEST, Part, plain

Managing = Annotated[Visitor, Depends(needs(Right.MANAGE_ACCESS))]
Roles = Annotated[list[str], Form()]
HERE = "/access"
DEEDS = {name: f"accounts {name}" for name in ("roles", "disable", "enable")}  # each, and the command of the same
REFUSED = (accounts.Refused, tokens.Refused, CannotDo)


def routes(_engine: Engine) -> APIRouter:
    """One page, and an address for each act."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get(HERE)
    def page(request: Request, visitor: Managing) -> HTMLResponse:
        store = store_of(request)
        return render(
            request,
            visitor,
            "access.html",
            accounts=accounts.listed(store),
            sessions=sessions.standing(store),
            tokens=tokens.listed(store),
            roles=list(Role),
            scopes=list(Scope),
        )

    _accounts(router)
    _sessions(router)
    _tokens(router)
    return router


def _accounts(router: APIRouter) -> None:
    @router.post("/access-acts/accounts/add")
    @same_as("accounts add")
    def add(request: Request, visitor: Managing, name: Field = "", role: Roles = []) -> Response:  # noqa: B006  FastAPI copies it
        def do(store: Store) -> accounts.NewSecrets:
            wanted = _roles(role)
            new = accounts.add(store, plain(name), wanted)
            after = {"roles": sorted(wanted), "second_factor": True}
            audit.record(store, visitor.actor, "account added", f"account {new.name}", after=after)
            return new

        return _secret(request, visitor, do)

    @router.post("/access-acts/accounts/reset")
    @same_as("accounts reset")
    def reset(request: Request, visitor: Managing, name: Field = "") -> Response:
        def do(store: Store) -> accounts.NewSecrets:
            new = accounts.reset(store, _another(visitor, name))
            audit.record(store, visitor.actor, "account reset", f"account {new.name}")
            return new

        return _secret(request, visitor, do)

    @router.post("/access-acts/accounts/change/{deed}")
    @same_as(*DEEDS.values())
    def change(request: Request, visitor: Managing, deed: Part, name: Field = "", role: Roles = []) -> Response:  # noqa: B006  as above
        store = store_of(request)

        def do() -> None:
            account = _another(visitor, name)
            if deed == "roles":
                wanted = _roles(role)
                old = accounts.set_roles(store, account, wanted)
                before, after = {"roles": sorted(old.roles)}, {"roles": sorted(wanted)}
                thing = f"account {old.name}"
                audit.record(store, visitor.actor, "roles changed", thing, before=before, after=after)
            elif deed in ("disable", "enable"):
                old = accounts.set_disabled(store, account, disabled=deed == "disable")
                audit.record(store, visitor.actor, f"account {deed}d", f"account {old.name}")
            else:
                raise CannotDo(f"there is no act {deed!r}")

        return act(request, visitor, HERE, _refusals_told(do))


def _sessions(router: APIRouter) -> None:
    @router.post("/access-acts/sessions/revoke", response_class=Response)
    @same_as("sessions revoke")
    def revoke(request: Request, visitor: Managing, number: Field = "") -> Response:
        store = store_of(request)

        def do() -> None:
            row = sessions.end(store, _number(number))
            if row is None:
                raise CannotDo("this session has ended already")
            thing = f"session {row['number']} of {row['subject']}"
            audit.record(store, visitor.actor, "session revoked", thing, after={"ended": 1})

        return act(request, visitor, HERE, do)


def _tokens(router: APIRouter) -> None:
    @router.post("/access-acts/tokens/add")
    @same_as("tokens add")
    def add(request: Request, visitor: Managing, name: Field = "", scope: Field = "") -> Response:
        try:
            if scope not in set(Scope):
                raise CannotDo(f"a token is for one of: {', '.join(Scope)}")
            store = store_of(request)
            number, token = tokens.add(store, plain(name), Scope(scope))
            thing = f"token {number} of {plain(name)}"
            audit.record(store, visitor.actor, "token added", thing, after={"scope": scope})
        except REFUSED as error:
            return cannot(request, visitor, HERE, str(error))
        shown = {"name": thing, "password": "", "otpauth": "", "token": token}
        return render(request, visitor, "secret.html", 200, **shown)

    @router.post("/access-acts/tokens/revoke", response_class=Response)
    @same_as("tokens revoke")
    def revoke(request: Request, visitor: Managing, number: Field = "") -> Response:
        store = store_of(request)

        def do() -> None:
            row = tokens.revoke(store, _number(number))
            audit.record(store, visitor.actor, "token revoked", f"token {row['number']} of {row['name']}")

        return act(request, visitor, HERE, _refusals_told(do))


def _secret(request: Request, visitor: Visitor, do: Callable[[Store], accounts.NewSecrets]) -> Response:
    """The page that shows a new secret, this once; or why there is none."""
    try:
        new = do(store_of(request))
    except REFUSED as error:
        return cannot(request, visitor, HERE, str(error))
    name = f"account {new.name}"
    shown = {"name": name, "password": new.password, "otpauth": new.otpauth, "token": ""}
    return render(request, visitor, "secret.html", 200, **shown)


def _refusals_told(do: Callable[[], None]) -> Callable[[], None]:
    def done() -> None:
        try:
            do()
        except (accounts.Refused, tokens.Refused) as error:
            raise CannotDo(str(error)) from None

    return done


def _another(visitor: Visitor, name: str) -> str:
    """The account's name. Raises CannotDo for one's own: who shuts the door behind themselves cannot open it."""
    account = plain(name).lower()
    if accounts.subject_of(account) == visitor.actor.subject:
        raise CannotDo("this is your own account: another administrator changes it")
    return account


def _roles(names: list[str]) -> frozenset[Role]:
    there = {role.value for role in Role}
    if unknown := sorted(set(names) - there):
        raise CannotDo(f"there is no role {unknown[0]!r}: the roles are {', '.join(Role)}")
    return frozenset(Role(name) for name in names)


def _number(text: str) -> int:
    text = plain(text)
    return int(text) if text.isascii() and text.isdigit() and int(text) <= LARGEST else 0
