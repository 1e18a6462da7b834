"""Decides about each request of a person or a machine: is there a desk, who asks, may they, and is the request theirs.

Nothing is believed of a caller but what they show: a session's cookie, a form's token, a machine's token. That a
request comes from this machine proves nothing, for a proxy's requests do so as well.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote, urlsplit

import structlog
from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine

from workers.access import accounts, audit, sessions, tokens
from workers.access.audit import Actor
from workers.access.limits import Limit, Limiter
from workers.access.roles import RIGHTS, Right, rights_of
from workers.access.sessions import Session
from workers.access.tokens import Scope
from workers.config.desk import Desk, is_loopback
from workers.ledger.store import Store
from workers.web.ledger_door import present

log = structlog.get_logger(__name__)

T = TypeVar("T")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")
LARGEST_FORM = 4 * 1024 * 1024  # bytes
MINUTE = {"Retry-After": "60"}


class LoginNeeded(Exception):
    """Nobody is logged in; ``after`` is the path to go to when somebody is."""

    def __init__(self, after: str) -> None:
        super().__init__(after)
        self.after = after


class Refused(Exception):
    """A request that is not done. The words are for the person who made it: what is wrong, and what to do."""

    def __init__(self, status: int, title: str, why: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(title)
        self.status, self.title, self.why, self.headers = status, title, why, headers or {}


@dataclass(frozen=True, slots=True)
class Cookies:
    """The names of the cookies. Without https a browser takes no cookie by the name of ``__Host-``."""

    secure: bool

    @property
    def session(self) -> str:
        """Of who is logged in: ``__Host-fleet``, or ``fleet-here`` on this machine alone."""
        return "__Host-fleet" if self.secure else "fleet-here"

    @property
    def step(self) -> str:
        """Of a login under way."""
        return "__Host-fleet-login" if self.secure else "fleet-here-login"


class Doorkeeper:
    """Of one web process. Whatever raises an error of the ledger lets nobody in."""

    def __init__(self, store: Store, engine: Engine, desk: Desk, limiter: Limiter, host: str) -> None:
        """``host`` is what the web process is bound to; ``engine`` is asked first whether the ledger is there."""
        self.store, self.desk, self.limiter = store, desk, limiter
        self.on_loopback = is_loopback(host)
        self.cookies = Cookies(secure=desk.has_https or not self.on_loopback)
        self._engine = engine

    async def ask(self, question: Callable[..., T], *arguments: object) -> T:
        """Ask the ledger, beside the requests of others. Raises within seconds where it is away."""

        def asked() -> T:
            present(self._engine)
            return question(*arguments)

        return await run_in_threadpool(asked)

    async def admit(self, request: Request, right: Right) -> Session:
        """The session of a person who has this right. Raises LoginNeeded or Refused."""
        session = await self.session_of(request)
        if session is None:
            if request.method in SAFE:
                raise LoginNeeded(_path(request))
            raise Refused(401, "Log in first", "Your session has ended. Log in in another tab, come back, and reload.")
        if request.method not in SAFE:
            await self._must_be_theirs(request, session)
        if right not in rights_of(session.roles):
            await self._tell(request, actor_of(session), "denied", f"{request.method} {request.url.path}", right)
            having = ", ".join(role for role, rights in RIGHTS.items() if right in rights)
            raise Refused(
                403,
                "You may not do this",
                f"It needs the right to {right}, which these roles have: {having}. Yours:"
                f" {', '.join(sorted(session.roles)) or 'none'}. Ask an administrator.",
            )
        return session

    async def session_of(self, request: Request) -> Session | None:
        """The session of a request, if there is one. Raises Refused (404) where there is no desk."""
        self._must_be_the_desk(request)
        value = request.cookies.get(self.cookies.session, "")
        session = await self.ask(sessions.find, self.store, value) if value else None
        if session is None and not await self.ask(self._anybody):
            log.warning("nobody can log in: run `fleet accounts add`, or write [desk.oidc] in fleet.toml")
            raise no_desk()
        return session

    def _anybody(self) -> bool:
        return self.desk.oidc is not None or (self.desk.local_accounts and accounts.are_there(self.store))

    def _must_be_the_desk(self, request: Request) -> None:
        """Without ``url`` the desk is for browsers of this machine, by its own name, with nothing between."""
        if self.desk.url:
            return
        forwarded = next((name for name in FORWARDED if name in request.headers), "")
        if self.on_loopback and not forwarded and is_loopback(request.url.hostname or ""):
            return
        log.warning("there is no desk for other machines: write [desk] url in fleet.toml", forwarded=forwarded)
        raise no_desk()

    async def must_come_from_here(self, request: Request) -> None:
        """Raise Refused for a request that acts and that no page of the desk made."""
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        own = self.desk.url or f"http://{request.headers.get('host', '')}"
        if site in {None, "same-origin"} and origin in {None, own} and (site or origin):
            return
        await self._tell(request, audit.NOBODY, "forged request refused", f"{request.method} {request.url.path}", "")
        raise Refused(
            403, "Not sent from the desk", "This request did not come from a page of the desk. Nothing was done."
        )

    async def _must_be_theirs(self, request: Request, session: Session) -> None:
        await self.must_come_from_here(request)
        if not hmac.compare_digest((await _form_token(request)).encode(), session.form_token.encode()):
            who = actor_of(session)
            await self._tell(request, who, "forged request refused", f"{request.method} {request.url.path}", "")
            raise Refused(403, "This page is out of date", "Nothing was done. Go back, reload the page, and try again.")
        if not await run_in_threadpool(self.limiter.allows, Limit.ACT, str(session.number)):
            await self._tell(request, actor_of(session), "too many acts", f"{request.method} {request.url.path}", "")
            raise Refused(429, "Too fast", "More than 60 acts in a minute. Wait a minute, then go on.", MINUTE)

    async def machine(self, request: Request, scope: Scope) -> tokens.Machine:
        """The machine whose bearer token a request shows. Raises Refused (401, 429)."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token.strip().isascii():
            machine = await self.ask(tokens.check, self.store, token.strip(), scope)
            if machine is not None:
                return machine
        await self.count_refused(request, f"token for {scope}")
        raise Refused(
            401,
            "A token is needed",
            f"Send 'Authorization: Bearer TOKEN' with a token for {scope}: `fleet tokens add NAME {scope}` makes one.",
            {"WWW-Authenticate": 'Bearer realm="fleet"'},
        )

    async def count_refused(self, request: Request, what: str) -> None:
        """Count a wrong token of an address. Raises Refused (429) when there were too many."""
        if await self.too_many_wrong(request, what):
            raise Refused(429, "Too many wrong tokens", "Wait a minute, and send the right one.", MINUTE)

    async def too_many_wrong(self, request: Request, what: str) -> bool:
        """Count a wrong token of an address, and tell whether there were too many; an excess is recorded."""
        address = address_of(request)
        if await run_in_threadpool(self.limiter.allows, Limit.TOKEN_FROM, address):
            log.warning("a token was refused", what=what, address=address)
            return False
        await self._tell(request, audit.NOBODY, "too many wrong tokens", what, "")
        return True

    async def _tell(self, request: Request, actor: Actor, action: str, thing: str, reason: str) -> None:
        """Log and record what was refused, once a minute for each caller and thing: nobody fills the record so."""
        address = address_of(request)
        log.warning("a request was refused", action=action, thing=thing, subject=actor.subject, address=address)
        if await run_in_threadpool(self.limiter.allows, Limit.TELL, f"{address} {actor.subject} {action} {thing}"):
            who = Actor(actor.subject, actor.name, address=address)
            await self.ask(lambda: audit.record(self.store, who, action, thing, reason=reason))


def no_desk() -> Refused:
    """The answer where there is no desk: it does not say why, the log does."""
    return Refused(404, "Nothing is here", "There is no such page.")


def address_of(request: Request) -> str:
    """Where a request came from; a proxy on this machine says so by X-Forwarded-For."""
    return request.client.host if request.client else ""


def actor_of(session: Session, address: str = "") -> Actor:
    """The person of a session, for the record of what people did."""
    return Actor(session.subject, session.name, address=address or session.address)


def own_path(path: str) -> str:
    """A path of the desk to go to after a login; anything else is the front page."""
    parts = urlsplit(path)
    plain = path.isprintable() and path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path
    return path if plain and not parts.scheme and not parts.netloc else "/"


def _path(request: Request) -> str:
    path, query = quote(request.url.path), request.url.query
    return f"{path}?{query}" if query else path


async def _form_token(request: Request) -> str:
    """The word of a form's field ``form_token``, or of the header X-Form-Token. Raises Refused for an immense form."""
    if shown := request.headers.get("x-form-token"):
        return shown
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return ""
    length = request.headers.get("content-length", "")
    if not length.isascii() or not length.isdigit() or int(length[:12]) > LARGEST_FORM:
        raise Refused(413, "Too large", "A form may have 4 MiB. Nothing was done.")
    value = (await request.form()).get("form_token")
    return value if isinstance(value, str) else ""
