"""Access tokens of the sandbox: the client credentials grant (RFC 6749 section 4.4), form or JSON, body or Basic."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import time
from typing import Any
from urllib.parse import parse_qsl

CLIENT_ID = "sandbox-client"


class Tokens:
    """Issues tokens and knows which still hold."""

    def __init__(self, secret: str, life: float) -> None:
        """``life`` is in seconds."""
        self._secret = secret
        self._life = life
        self._ends: dict[str, float] = {}

    def issue(self, body: bytes, content_type: str, authorization: str) -> tuple[int, dict[str, Any]]:
        """Status and body of the answer to a token request."""
        told = _form(body, content_type)
        client, secret = _basic(authorization) or (told.get("client_id"), told.get("client_secret"))
        if told.get("grant_type") != "client_credentials":
            return 400, {"error": "unsupported_grant_type"}
        if client != CLIENT_ID or secret != self._secret:
            return 401, {"error": "invalid_client"}
        token = secrets.token_urlsafe(32)
        self._ends[token] = time.monotonic() + self._life
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": int(self._life)}

    def good(self, authorization: str) -> bool:
        """Whether a request's Authorization header carries a token that holds."""
        scheme, _, token = authorization.partition(" ")
        return scheme == "Bearer" and self._ends.get(token, 0.0) > time.monotonic()

    def drop_all(self) -> None:
        """As when someone signs in to the web interface as the same user."""
        self._ends.clear()


def _form(body: bytes, content_type: str) -> dict[str, Any]:
    try:
        if "json" in content_type:
            told = json.loads(body)
            return told if isinstance(told, dict) else {}
        return dict(parse_qsl(body.decode()))
    except ValueError:
        return {}


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, value = authorization.partition(" ")
    if scheme != "Basic":
        return None
    try:
        client, _, secret = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return client, secret
