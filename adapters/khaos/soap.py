"""One SOAP call from end to end, and when the WSDL that it needs is read."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from adapters.errors import Garbled, ReachError, Rejected, Unauthorised, Unavailable
from adapters.faults import holds_fault
from adapters.http import Http, Reply
from adapters.khaos.envelope import read_reply, write_request
from adapters.khaos.settings import ArgumentAuth, BasicAuth, Settings
from adapters.khaos.tls import trust
from adapters.khaos.wsdl import Operation, read_wsdl

# Nothing is served at the address. A refusal of the service itself is a fault; the one document that IIS answers so is
# one that is longer than it takes (404.13).
NOBODY = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE})


class Soap:
    """The service behind ``settings.url``. Reads its WSDL at the first call, and again while that failed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._operations: Mapping[str, Operation] | None = None
        auth = settings.auth
        verify, adapter = trust(settings.tls)
        self._http = Http(
            connect_timeout=settings.connect_timeout,
            deadline=settings.deadline,
            verify=verify,
            auth=(auth.basic.user, auth.basic.password) if isinstance(auth, BasicAuth) else None,
            adapter=adapter,
            longest_wait=settings.longest_wait,
        )
        self._extra = {auth.argument.name: auth.argument.value} if isinstance(auth, ArgumentAuth) else {}

    def offers(self, operation: str) -> bool:
        """Whether the WSDL knows the operation. Raises what reading the WSDL raises."""
        return operation in self._read_operations(time.monotonic() + self.settings.deadline)

    def call(self, operation: str, arguments: Mapping[str, Any], *, write: bool = False) -> Any:
        """The operation's result within ``settings.deadline`` seconds in all; ``write`` when it changes anything.

        Raises:
            Rejected: a fault (``symbol`` its exception class), or the WSDL lacks the operation or an
                argument (``symbol`` ``operation_not_offered``, ``argument_not_offered``). Or this one request is
                answered 404 twice, while the WSDL is there.
            Unavailable, Throttled, Unauthorised, Garbled: as ``adapters.http``. ``maybe_done`` is
                true only of a write whose request may have arrived.
        """
        ends = time.monotonic() + self.settings.deadline
        offered = self._read_operations(ends)
        if operation not in offered:
            self._operations = None  # the service may gain it with an update: look again next time
            raise Rejected(
                f"the service's WSDL has no operation {operation}; compare {self.settings.url}/wsdl/IKosWeb",
                symbol="operation_not_offered",
            )
        declared = offered[operation]
        missing = sorted(set(arguments) - {name for name, _ in declared.arguments})
        if missing:
            raise Rejected(
                f"{operation} of the service takes no {', '.join(missing)}; it takes "
                f"{', '.join(name for name, _ in declared.arguments) or 'nothing'}",
                symbol="argument_not_offered",
            )
        body = write_request(declared, {**arguments, **self._extra}, self.settings.zone)
        try:
            reply = self._post(declared, body, ends)
            if _is_nobodys(reply):
                # the service is being exchanged, then its WSDL is gone as well; else it is back, or means this request
                self._operations = None
                self._read_operations(ends)
                reply = self._post(declared, body, ends)
            return read_reply(_read(reply, operation), operation, self.settings.zone, write=write)
        except ReachError as error:
            error.maybe_done = error.maybe_done and write
            raise

    def _post(self, declared: Operation, body: bytes, ends: float) -> Reply:
        left = ends - time.monotonic()
        if left <= 0:
            took = f"reading the WSDL took the whole deadline of {self.settings.deadline:g} s"
            raise Unavailable(f"{declared.name}: {took}")
        return self._http.exchange(
            "POST",
            f"{self.settings.url}/soap/IKosWeb",
            headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{declared.action}"'},
            body=body,
            deadline=left,
        )

    def _read_operations(self, ends: float) -> Mapping[str, Operation]:
        with self._lock:
            if self._operations is None:
                try:
                    reply = self._http.exchange(
                        "GET", f"{self.settings.url}/wsdl/IKosWeb", deadline=max(0.1, ends - time.monotonic())
                    )
                    if _is_nobodys(reply):
                        raise Unavailable(
                            f"IIS answers HTTP {reply.status} for the service's WSDL: Khaos Control is being updated,"
                            " or `url` is not the service's .exe",
                            answered=True,
                        )
                    self._operations = read_wsdl(_read(reply, "WSDL"))
                except ReachError as error:
                    error.maybe_done = False
                    raise
            return self._operations


def _is_nobodys(reply: Reply) -> bool:
    """Whether nobody was there to take the request; so it had no effect."""
    return reply.status in NOBODY and not holds_fault(reply.body)


def _read(reply: Reply, what: str) -> bytes:
    """The body of a reply that may hold SOAP: 2xx, and whatever has a fault in it."""
    if reply.status >= HTTPStatus.MULTIPLE_CHOICES and holds_fault(reply.body):
        return reply.body  # SOAP 1.2 sends some with 400, and gateways change the status
    if reply.status == HTTPStatus.FORBIDDEN:
        raise Unauthorised(f"{what}: IIS refused our credentials (HTTP 403)")
    if HTTPStatus.MULTIPLE_CHOICES <= reply.status < HTTPStatus.BAD_REQUEST:
        # a page for maintenance, or to log in, stands before the service: no verdict on what was sent
        raise Garbled(f"{what}: HTTP {reply.status} sends us elsewhere; check that `url` is the service's .exe")
    if HTTPStatus.BAD_REQUEST <= reply.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Rejected(
            f"{what}: HTTP {reply.status}; check that `url` is the service's .exe and that IIS serves it",
            status=reply.status,
        )
    if not reply.body.strip():
        raise Garbled(f"{what}: an empty reply")
    return reply.body
