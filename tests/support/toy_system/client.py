"""The toy's calls, one attempt each, its folder, and how it signs."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from adapters.errors import Rejected
from adapters.http import Http
from toy_system.settings import Settings

OK = 200


class Client:
    """One account."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._http = Http(deadline=settings.deadline)

    def put(self, path: str, body: bytes) -> None:
        """PUT a document; the same again changes nothing."""
        self._call("PUT", path, body)

    def ping(self) -> None:
        """A harmless read."""
        self._call("GET", "/ping", None)

    def _call(self, method: str, path: str, body: bytes | None) -> None:
        headers = {"X-Api-Key": self._settings.api_key}
        reply = self._http.exchange(method, f"{self._settings.url}{path}", headers=headers, body=body)
        if reply.status != OK:
            raise Rejected(f"the toy answers {reply.status}", status=reply.status, symbol="", maybe_done=False)

    def files(self) -> list[Path]:
        """What lies in the folder, oldest first."""
        return sorted(Path(self._settings.folder).glob("*.csv"))


def signature(key: str, body: bytes) -> str:
    """Of the raw body."""
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
