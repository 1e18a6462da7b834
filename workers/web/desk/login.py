"""Logging in and out: a local account with its second factor, or the login's provider; and a person's own account."""

from __future__ import annotations

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

from workers.access import accounts, audit, sessions
from workers.access.accounts import Account
from workers.access.audit import Actor
from workers.access.limits import Limit
from workers.access.oidc import NotLetIn, Person, Provider
from workers.access.roles import Right, rights_of
from workers.views import saved_filters
from workers.web.desk.door import Visitor, keeper_of, needs
from workers.web.desk.rendering import render
from workers.web.desk.same_as import of_browsers_alone, same_as
from workers.web.doorkeeper import MINUTE, Doorkeeper, Refused, address_of, own_path

log = structlog.get_logger(__name__)

SEE_OTHER = 303
TRIES = 5  # codes that may be wrong before the password is asked for again
WRONG = "Name or password is wrong, or the account is shut."
Anyone = Annotated[Visitor, Depends(needs(Right.SEE))]
Text = Annotated[str, Form(max_length=500)]


def routes(provider: Provider | None) -> APIRouter:
    """``/login`` and what follows it, open to all; ``/logout`` and ``/account`` for who is logged in."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/login")
    async def ask(request: Request, next: str = "/") -> Response:  # noqa: A002  the word of the address
        if await keeper_of(request).session_of(request) is not None:
            return RedirectResponse(own_path(next), SEE_OTHER)
        return _asked(request, provider, own_path(next))

    @router.get("/login/check")
    async def check(request: Request) -> Response:
        """Tell a proxy or Flower whether whoever has this request's cookies may see pages: 204, else 401."""
        session = await keeper_of(request).session_of(request)
        return Response(status_code=204 if session and Right.SEE in rights_of(session.roles) else 401)

    _by_account(router, provider)
    _second_factor(router, provider)
    if provider is not None:
        _by_provider(router, provider)
    _leaving(router, provider)
    _own_account(router)
    return router


def _by_account(router: APIRouter, provider: Provider | None) -> None:
    @router.post("/login")
    @of_browsers_alone("a session is a browser's: a command acts with its system user")
    async def take_password(
        request: Request,
        name: Text = "",
        password: Text = "",
        next: Text = "/",  # noqa: A002  as above
    ) -> Response:
        keeper = keeper_of(request)
        await keeper.session_of(request)
        await keeper.must_come_from_here(request)
        await _count_try(keeper, request, name)
        account = await _by_password(keeper, request, name, password)
        if isinstance(account, str):
            return _asked(request, provider, own_path(next), trouble=account, status=401)
        if account.second_factor:
            facts = {"account": account.name, "next": own_path(next), "tries": 0}
            return await _step(keeper, facts, "/login/code")
        return await _let_in(keeper, request, Person(account.subject, account.name, account.roles), own_path(next))


def _second_factor(router: APIRouter, provider: Provider | None) -> None:
    @router.get("/login/code")
    async def ask_code(request: Request) -> Response:
        await keeper_of(request).session_of(request)
        return render(request, None, "login_code.html", trouble="")

    @router.post("/login/code")
    @of_browsers_alone("as above")
    async def take_code(request: Request, code: Text = "") -> Response:
        keeper = keeper_of(request)
        await keeper.session_of(request)
        await keeper.must_come_from_here(request)
        facts = await keeper.ask(sessions.take_step, keeper.store, request.cookies.get(keeper.cookies.step, ""))
        if facts is None or "account" not in facts:
            return _asked(request, provider, "/", trouble="That took too long. Begin again.", status=401)
        await _count_try(keeper, request, facts["account"])
        account = await keeper.ask(accounts.known, keeper.store, facts["account"])
        if not account.disabled and await keeper.ask(accounts.take_code, keeper.store, account.name, code):
            return await _let_in(keeper, request, Person(account.subject, account.name, account.roles), facts["next"])
        await _refused(keeper, request, f"account {account.name}", "wrong code")
        if facts["tries"] + 1 >= TRIES:
            return _asked(request, provider, facts["next"], trouble="Too many wrong codes. Begin again.", status=401)
        trouble = "This code is wrong, or was used already. Wait for the next one."
        answer = render(request, None, "login_code.html", 401, trouble=trouble)
        return await _keep(keeper, answer, {**facts, "tries": facts["tries"] + 1})


def _by_provider(router: APIRouter, provider: Provider) -> None:
    @router.get("/login/provider")
    async def go(request: Request, next: str = "/") -> Response:  # noqa: A002  as above
        keeper = keeper_of(request)
        await keeper.session_of(request)
        try:
            url, kept = await run_in_threadpool(provider.begin)
        except NotLetIn as why:
            log.warning("the login's provider cannot be used", why=str(why))
            return _asked(request, provider, own_path(next), trouble=str(why), status=503)
        return await _step(keeper, {**kept, "next": own_path(next)}, url)

    @router.get("/login/back")
    async def come_back(request: Request) -> Response:
        keeper = keeper_of(request)
        await keeper.session_of(request)
        facts = await keeper.ask(sessions.take_step, keeper.store, request.cookies.get(keeper.cookies.step, ""))
        if facts is None or "nonce" not in facts:
            await _refused(keeper, request, "provider", "no login was under way")
            return _asked(request, provider, "/", trouble="That took too long, or came twice. Begin again.", status=401)
        try:
            person = await run_in_threadpool(provider.finish, facts, dict(request.query_params))
        except NotLetIn as why:
            await _refused(keeper, request, "provider", str(why))
            return _asked(request, provider, facts["next"], trouble=f"You were not let in: {why}.", status=401)
        return await _let_in(keeper, request, person, facts["next"])


def _leaving(router: APIRouter, provider: Provider | None) -> None:
    @router.post("/logout")
    @of_browsers_alone("as above")
    async def log_out(request: Request, visitor: Anyone) -> Response:
        keeper = keeper_of(request)
        await keeper.ask(sessions.end, keeper.store, visitor.session)
        await keeper.ask(audit.record, keeper.store, visitor.actor, "logged out", f"session {visitor.session}")
        elsewhere = ""
        if provider is not None and visitor.actor.subject.startswith("oidc:"):
            elsewhere = await run_in_threadpool(provider.log_out_at)
        answer: Response = RedirectResponse("/login", SEE_OTHER)
        if elsewhere:  # a link, for a browser follows no form to another host: the Content-Security-Policy says so
            answer = render(request, None, "logged_out.html", elsewhere=elsewhere)
        _forget(keeper, answer, keeper.cookies.session)
        return answer


def _own_account(router: APIRouter) -> None:
    @router.get("/account")
    async def account(request: Request, visitor: Anyone) -> Response:
        return await _account(request, visitor)

    @router.post("/account/sessions/{number}/end")
    @same_as("sessions revoke")
    async def end_session(request: Request, number: int, visitor: Anyone) -> Response:
        keeper = keeper_of(request)
        if await keeper.ask(sessions.end, keeper.store, number, visitor.actor.subject):
            await keeper.ask(audit.record, keeper.store, visitor.actor, "session ended", f"session {number}")
        return RedirectResponse("/account", SEE_OTHER)

    @router.post("/account/password")
    @of_browsers_alone("a person chooses their own; `fleet accounts reset` makes a new one")
    async def change_password(
        request: Request, visitor: Anyone, old: Text = "", new: Text = "", again: Text = ""
    ) -> Response:
        keeper = keeper_of(request)
        scheme, _, name = visitor.actor.subject.partition(":")
        if scheme != "local":
            raise Refused(404, "Nothing is here", "Your password is kept by your login's provider.")
        await _count_try(keeper, request, name)
        if await keeper.ask(accounts.check_password, keeper.store, name, old) is None:
            await _refused(keeper, request, f"account {name}", "wrong password for a change")
            return await _account(request, visitor, "The old password is wrong.", 401)
        if new != again:
            return await _account(request, visitor, "The two new passwords differ.", 422)
        try:
            await keeper.ask(accounts.change_password, keeper.store, name, new)
        except accounts.Refused as why:
            return await _account(request, visitor, f"{str(why)[0].upper()}{str(why)[1:]}.", 422)
        others = await keeper.ask(lambda: sessions.end_all(keeper.store, visitor.actor.subject, but=visitor.session))
        after = {"sessions_ended": others}
        await keeper.ask(
            lambda: audit.record(keeper.store, visitor.actor, "password changed", f"account {name}", after=after)
        )
        return RedirectResponse("/account", SEE_OTHER)


async def _account(request: Request, visitor: Visitor, trouble: str = "", status: int = 200) -> Response:
    keeper = keeper_of(request)
    standing = await keeper.ask(sessions.standing, keeper.store, visitor.actor.subject)
    local = visitor.actor.subject.startswith("local:")
    own = await keeper.ask(saved_filters.saved, keeper.store, visitor.name)
    shown = {"standing": standing, "local": local, "trouble": trouble, "filters": own}
    return render(request, visitor, "account.html", status, **shown)


def _asked(
    request: Request, provider: Provider | None, after: str, *, trouble: str = "", status: int = 200
) -> HTMLResponse:
    desk = keeper_of(request).desk
    values: dict[str, Any] = {"after": after, "trouble": trouble, "local": desk.local_accounts}
    return render(request, None, "login.html", status, provider=provider is not None, **values)


async def _by_password(keeper: Doorkeeper, request: Request, name: str, password: str) -> Account | str:
    """The account, or what to say instead. A name that is no account's is not recorded: it may be a password."""
    if not keeper.desk.local_accounts:
        return "Local accounts are shut ([desk] local_accounts): log in with the provider."
    account = await keeper.ask(accounts.check_password, keeper.store, name, password)
    if account is None:
        there = await keeper.ask(accounts.is_there, keeper.store, name)
        await _refused(
            keeper, request, f"account {name.strip().lower()}" if there else "an unknown account", "wrong password"
        )
        return WRONG
    if not account.second_factor and keeper.cookies.secure:
        await _refused(keeper, request, f"account {account.name}", "it has no second factor")
        return (
            "This account has no second factor, so it is for this machine alone:"
            f" `fleet accounts add` makes one with a second factor, `fleet accounts disable {account.name}` shuts this."
        )
    return account


async def _count_try(keeper: Doorkeeper, request: Request, name: str) -> None:
    """Count a try of an address and at an account. Raises Refused (429) when there were too many."""
    address, account = address_of(request), name.strip().lower()
    by_address = await run_in_threadpool(keeper.limiter.allows, Limit.LOGIN_FROM, address)
    by_account = await run_in_threadpool(keeper.limiter.allows, Limit.LOGIN_AS, account)
    if by_address and by_account:
        return
    there = await keeper.ask(accounts.is_there, keeper.store, account)
    thing = f"account {account}" if there else "an unknown account"
    log.warning("too many logins are tried", address=address, thing=thing)
    if await run_in_threadpool(keeper.limiter.allows, Limit.TELL, f"login {address} {account}"):
        who = Actor("nobody", "nobody", address=address)
        await keeper.ask(audit.record, keeper.store, who, "too many logins", thing)
    raise Refused(429, "Too many tries", "Wait a minute, then try again.", MINUTE)


async def _refused(keeper: Doorkeeper, request: Request, thing: str, why: str) -> None:
    address = address_of(request)
    log.warning("a login was refused", thing=thing, why=why, address=address)
    who = Actor("nobody", "nobody", address=address)
    await keeper.ask(lambda: audit.record(keeper.store, who, "login refused", thing, reason=why))


async def _let_in(keeper: Doorkeeper, request: Request, person: Person, after: str) -> Response:
    """Begin a session by a new id; the one that was there ends."""
    address = address_of(request)

    def begin() -> str:
        old = sessions.find(keeper.store, request.cookies.get(keeper.cookies.session, ""))
        if old is not None:
            sessions.end(keeper.store, old.number)
        value = sessions.begin(keeper.store, person.subject, person.name, person.roles, address)
        scheme, _, name = person.subject.partition(":")
        if scheme == "local":
            accounts.note_login(keeper.store, name)
        actor = Actor(person.subject, person.name, address=address)
        audit.record(keeper.store, actor, "logged in", person.subject, after={"roles": sorted(person.roles)})
        return value

    value = await keeper.ask(begin)
    answer = RedirectResponse(own_path(after), SEE_OTHER)
    answer.set_cookie(
        keeper.cookies.session, value, secure=keeper.cookies.secure, httponly=True, samesite="lax", path="/"
    )
    _forget(keeper, answer, keeper.cookies.step)
    return answer


async def _step(keeper: Doorkeeper, facts: dict[str, Any], to: str) -> Response:
    return await _keep(keeper, RedirectResponse(to, SEE_OTHER), facts)


async def _keep(keeper: Doorkeeper, answer: Response, facts: dict[str, Any]) -> Response:
    value = await keeper.ask(sessions.begin_step, keeper.store, facts)
    answer.set_cookie(
        keeper.cookies.step, value, max_age=sessions.STEP_TIME,
        secure=keeper.cookies.secure, httponly=True, samesite="lax", path="/",
    )  # fmt: skip
    return answer


def _forget(keeper: Doorkeeper, answer: Response, name: str) -> None:
    answer.delete_cookie(name, secure=keeper.cookies.secure, httponly=True, samesite="lax", path="/")
