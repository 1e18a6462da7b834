"""Every call to ACS's order API: put from frozen bytes, and get. One attempt each, no loop of retries.

Source: profile, section 2.5.1: PUT creates, changes and cancels, and is idempotent by the order's number. Errors are
those of ``adapters.errors``.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from adapters.acs.refusals import refusal
from adapters.acs.settings import Settings
from adapters.errors import Garbled, Throttled, Unauthorised, Unavailable
from adapters.http import Http, Reply, is_nobodys, retry_after

APIM_KEY = "Ocp-Apim-Subscription-Key"
NOBODY = "FLEET-PING"  # an order that never is: reading it proves address and credentials


@dataclass(frozen=True, slots=True)
class Taken:
    """ACS took an order. ``body`` is whatever it answered, JSON, text or nothing: to be kept, not to be relied on."""

    status: int
    body: bytes


class Acs:
    """One account at ACS. May be used from many threads."""

    def __init__(self, settings: Settings) -> None:
        """Connects to nothing yet."""
        self.settings = settings
        basic = (settings.user, settings.password) if settings.auth == "basic" else None
        self._http = Http(connect_timeout=settings.connect_timeout, deadline=settings.deadline, auth=basic)
        self._headers = {"Content-Type": "application/json", "Accept": "application/json, text/plain, */*"}
        if settings.auth == "apim_key":
            self._headers[APIM_KEY] = settings.subscription_key

    def ping(self) -> None:
        """Reads an order that is not there. Raises as every call does when ACS cannot be used."""
        self.get_order(NOBODY)

    def put_order(self, number: str, body: bytes) -> Taken:
        """Creates, changes or cancels the order, as ``body`` says. The same body again changes nothing at ACS.

        Raises:
            Refused: 400, 404, 409 (symbol ``too_late``) and 422, with ACS's first code as the symbol: not done.
            Unavailable: 408, 5xx and time-outs, perhaps done; Throttled, Unauthorised: not done.
            Garbled: a redirect, perhaps done.
        """
        what = f"put order {number}"
        reply = self._judge(self._exchange("PUT", number, body), what)
        return Taken(reply.status, reply.body)

    def get_order(self, number: str) -> bytes | None:
        """The order as ACS shows it, unread; None where ACS says that it has no such order.

        Raises as ``put_order``; Garbled, not done, for an answer without a body.
        """
        what = f"get order {number}"
        reply = self._exchange("GET", number, None)
        if reply.status == HTTPStatus.NOT_FOUND:
            return None
        body = self._judge(reply, what).body
        if not body.strip():
            raise Garbled(f"{what}: ACS answered HTTP {reply.status} without a body", maybe_done=False)
        return body

    def _exchange(self, verb: str, number: str, body: bytes | None) -> Reply:
        url = f"{self.settings.base_url}/orders/{quote(number, safe='')}{self.settings.suffix}"
        try:
            reply = self._http.exchange(verb, url, headers=self._headers, body=body)
        except Unauthorised:
            which = "user and password" if self.settings.auth == "basic" else "subscription_key"
            raise Unauthorised(
                f"ACS refused our credentials (HTTP 401): renew {which} of the connection, or correct auth"
            ) from None
        if is_nobodys(reply):
            why = f"ACS's web server answers HTTP {reply.status} with a page: its service is away, or base_url is wrong"
            raise Unavailable(why, maybe_done=verb != "GET", answered=True)
        return reply

    @staticmethod
    def _judge(reply: Reply, what: str) -> Reply:
        """The reply, if it is a 2xx."""
        match reply.status:
            case HTTPStatus.FORBIDDEN if (wait := retry_after(reply.headers)) is not None:
                # Azure API Management answers a used-up quota so.
                raise Throttled(f"{what}: ACS's quota is used up (HTTP 403)", retry_after=wait)
            case HTTPStatus.FORBIDDEN:
                raise Unauthorised(f"{what}: ACS forbids it (HTTP 403): ask for the right, or correct base_url")
            case HTTPStatus.REQUEST_TIMEOUT:
                raise Unavailable(f"{what}: ACS had not read the request in time (HTTP 408)", maybe_done=True)
        if 200 <= reply.status < 300:  # noqa: PLR2004  the class of 2xx
            return reply
        if 400 <= reply.status < 500:  # noqa: PLR2004  the class of 4xx
            raise refusal(reply, what)
        raise Garbled(f"{what}: ACS answered HTTP {reply.status}: correct base_url and suffix of the connection")
