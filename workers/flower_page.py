"""Flower, kept fresh and shut: it asks its workers again and again, and shows nobody anything without a login.

By itself it asks for queues only when it starts, which is before workers are up; it takes a blank login for one; its
figures are open, and so is every page under any name of the host.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import requests
from flower import command
from flower.app import Flower
from tornado.httputil import HTTPServerRequest
from tornado.ioloop import PeriodicCallback
from tornado.web import RequestHandler

from workers.broker.celery_app import fleet_app
from workers.config import environment
from workers.config.desk import is_loopback
from workers.observability import flower_letters

ASK_EVERY, ASK_LATER = 5_000, 60_000  # milliseconds: while workers start, and from then on
FIRST = 24  # times
OPEN = "/healthcheck"  # it says that it answers, and nothing else
COOKIES = ("__Host-fleet", "fleet-here")  # of who is logged in at the desk (workers/web/doorkeeper.py)
REMEMBERED = 30.0  # seconds that a look at a session is good for
PATIENCE = 2.0  # seconds for the desk to answer
HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "frame-ancestors 'none'; object-src 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Server": "fleet",
}


class Door:
    """Who may see Flower: whoever shows its login, or is logged in at the desk in the same browser."""

    def __init__(
        self, logins: Sequence[str], host: str, desk: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``logins`` are ``name:password``; Flower is bound to ``host``; ``desk`` is the web process's URL, or ''."""
        self._logins = [login.encode() for login in logins]
        self._on_loopback = is_loopback(host)
        self._desk, self._clock = desk, clock
        self._seen: dict[str, tuple[bool, float]] = {}

    def refuse(self, request: HTTPServerRequest) -> int:
        """The status of a request that is not let in; 0 for one that is.

        Bound to this machine it answers to this machine's own names alone: a page elsewhere may resolve its name to it.
        """
        if self._on_loopback and not is_loopback(request.host_name):
            return 403
        if request.path == OPEN or self._shows_login(request) or self._is_at_the_desk(request):
            return 0
        return 401

    def _shows_login(self, request: HTTPServerRequest) -> bool:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        try:
            shown = base64.b64decode(value.strip(), validate=True) if scheme.lower() == "basic" else b""
        except ValueError:
            return False
        return any(hmac.compare_digest(shown, login) for login in self._logins)

    def _is_at_the_desk(self, request: HTTPServerRequest) -> bool:
        """Tell whether the desk knows who is logged in by these cookies. While it is away, nobody is."""
        shown = "; ".join(f"{name}={request.cookies[name].value}" for name in COOKIES if name in request.cookies)
        if not self._desk or not shown:
            return False
        now = self._clock()
        self._seen = {cookies: seen for cookies, seen in self._seen.items() if seen[1] > now}
        if shown not in self._seen:
            self._seen[shown] = (self._ask(shown), now + REMEMBERED)
        return self._seen[shown][0]

    def _ask(self, cookies: str) -> bool:
        try:
            answer = requests.get(
                f"{self._desk}/login/check", headers={"Cookie": cookies}, timeout=PATIENCE, allow_redirects=False
            )
        except requests.RequestException:
            return False
        return answer.status_code == 204  # noqa: PLR2004  HTTP's


class NotLetIn(RequestHandler):
    """The answer to whoever is not let in."""

    def initialize(self, status: int) -> None:
        """Take the status."""
        self.status = status

    def prepare(self) -> None:
        """Answer, whatever was asked."""
        self.set_status(self.status)
        for name, value in HEADERS.items():
            self.set_header(name, value)
        if self.status == 401:  # noqa: PLR2004  HTTP's
            self.set_header("WWW-Authenticate", 'Basic realm="flower"')
            self.finish("Log in at the desk in this browser, or with the login of FLOWER_BASIC_AUTH.\n")
        else:
            self.finish("Flower answers here under the names 127.0.0.1 and localhost alone.\n")


class Fresh(Flower):  # type: ignore[misc]
    """Flower that asks its workers again and again, so that its broker page names every queue, behind a door."""

    door: Door

    def start(self, *arguments: Any, **options: Any) -> None:
        """Start, and keep asking."""
        flower_letters.show(self)
        self.asked = 0
        self.asking = PeriodicCallback(self.ask, ASK_EVERY)
        self.asking.start()
        super().start(*arguments, **options)

    def ask(self) -> None:
        """Ask every worker: answering costs each of them more than anything else that it does while it is idle."""
        self.asked += 1
        if self.asked >= FIRST:
            self.asking.callback_time = ASK_LATER
        self.update_workers()

    def find_handler(self, request: HTTPServerRequest, **options: Any) -> Any:
        """Let a request in, or answer it here: no handler of Flower's runs before."""
        if status := self.door.refuse(request):
            return self.get_handler_delegate(request, NotLetIn, {"status": status})
        request.headers["Authorization"] = "Basic " + base64.b64encode(self.inner.encode()).decode()
        return super().find_handler(request, **options)

    inner = ""  # the login that Flower itself asks for: who was let in has it


def logins(value: str, host: str) -> list[str]:
    """The logins of FLOWER_BASIC_AUTH: ``name:password``, several parted by commas.

    Without any, on this machine alone, a random one is made and written to stderr. Raises SystemExit with what to do.
    """
    given = [login.strip() for login in value.split(",")] if value.strip() else []
    if any(not all(login.partition(":")[::2]) for login in given):
        sys.exit("FLOWER_BASIC_AUTH: write name:password, several parted by commas; neither may be empty")
    if given:
        return given
    if not is_loopback(host):
        sys.exit(
            f"FLOWER_BASIC_AUTH is not set, and FLOWER_HOST is {host}: set it to name:password, or bind to 127.0.0.1"
        )
    made = f"fleet:{secrets.token_urlsafe(12)}"
    sys.stderr.write(f"Flower's login, until it ends: {made.replace(':', ', password ', 1)}; or log in at the desk\n")
    return [made]


def address(arguments: Sequence[str]) -> str:
    """What Flower is bound to: its option ``--address``; without it, every address."""
    return next((one.partition("=")[2] for one in reversed(arguments) if one.startswith("--address=")), "0.0.0.0")  # noqa: S104  Flower's default


def desk() -> str:
    """Where the web process answers, which knows who is logged in; '' where nothing says so."""
    given = environment()
    if given.flower_desk or not (is_loopback(given.web_host) and given.web_port):
        return given.flower_desk.rstrip("/")
    return f"http://{f'[{given.web_host}]' if ':' in given.web_host else given.web_host}:{given.web_port}"


def broker() -> str:
    """The broker's URL. Where the environment has it, no other setting and no partner's secret is read."""
    if url := environment().broker_url:
        return url
    from workers.wiring.systems import configuration  # noqa: PLC0415  it reads every connection's secrets

    return configuration().fleet.broker_url


def main() -> None:
    """Become Flower. Raises SystemExit where it would be open."""
    host = address(sys.argv[1:])
    Fresh.door = Door(logins(environment().flower_basic_auth, host), host, desk())
    Fresh.inner = f"fleet:{secrets.token_urlsafe(24)}"
    os.environ["FLOWER_BASIC_AUTH"] = Fresh.inner  # Flower opens its API only behind a login of its own
    command.Flower = Fresh
    fleet_app(broker()).start(["flower", *sys.argv[1:]])


if __name__ == "__main__":
    main()
