"""Who may see the desk and the figures: with a password whoever has it, without one only this machine's own users."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress

from fastapi import HTTPException, Request

from workers.config import environment

USER = "fleet"
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
ASK = {"WWW-Authenticate": 'Basic realm="fleet", charset="UTF-8"'}


def guard(request: Request) -> None:
    """A dependency of every page that people read. Raises 401 (no or wrong password) or 403 (not from here).

    ``WEB_PASSWORD`` is the password of the user ``fleet``. Without one, the request must come from this
    machine and name it so: a page elsewhere that resolves its own name to 127.0.0.1 is refused.
    """
    password = environment().web_password
    if password:
        authorization = request.headers.get("authorization", "")
        if not hmac.compare_digest(credentials(authorization), f"{USER}:{password}".encode()):
            raise HTTPException(401, "the user is fleet, the password is that of WEB_PASSWORD", headers=ASK)
    elif not _from_here(request):
        raise HTTPException(403, "set WEB_PASSWORD to open the desk to other machines and names")


def credentials(header: str) -> bytes:
    """User and password of a Basic header (RFC 7617), as ``user:password``; empty when there are none."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(value.strip(), validate=True)
    except binascii.Error:
        return b""


def _from_here(request: Request) -> bool:
    try:
        near = request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
    return near and (request.url.hostname or "") in LOOPBACK_NAMES
