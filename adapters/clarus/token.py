"""One OAuth 2 access token for all who ask, renewed before it ends and when Clarus refuses it.

Source: knowledgebase/integrations/api-authentication (client credentials, POST to ``/oauth/token``).
The answer's shape and the token's life are unpublished: RFC 6749 is assumed, an hour where none is given.
Signing in to the web interface as the same user may end a token early, so a 401 in mid-run is normal.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

from adapters.clarus.settings import Settings
from adapters.errors import Garbled, ReachError, Unauthorised, Unavailable
from adapters.http import Http, is_nobodys

ASSUMED_LIFE = 3600.0
REFUSED = "Clarus gave no token (HTTP {status}): check client_id, client_secret and scopes"
EARLY = 120.0  # seconds before its end at which a token is not used any more


@dataclass(frozen=True, slots=True)
class Held:
    """A token and when it is not to be used any more, by the store's ``now``."""

    value: str = field(default="", repr=False)
    ends: float = 0.0


class TokenStore(Protocol):
    """Keeps one token per login for everybody who shares it: an authorisation server may keep only the last alive."""

    def now(self) -> float:
        """Seconds on a clock that all who share the store agree on."""

    def read(self, login: str) -> Held:
        """The token kept for a login; an empty one where there is none."""

    def write(self, login: str, held: Held) -> None:
        """Keep it instead of the one before."""

    def alone(self, login: str) -> AbstractContextManager[None]:
        """While the block lasts nobody else who shares the store is in one for the same login."""


class InProcess:
    """The store of one process: shared by all its connections and threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` counts seconds and never goes back."""
        self.now = clock
        self._held: dict[str, Held] = {}
        self._locks: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)
        self._lock = threading.Lock()

    def read(self, login: str) -> Held:
        """As ``TokenStore``."""
        return self._held.get(login, Held())

    def write(self, login: str, held: Held) -> None:
        """As ``TokenStore``."""
        self._held[login] = held

    @contextmanager
    def alone(self, login: str) -> Iterator[None]:
        """As ``TokenStore``."""
        with self._lock:
            lock = self._locks[login]
        with lock:
            yield


HERE = InProcess()


class Token:
    """Gives an access token to any number of threads; only one of those who share ``store`` fetches."""

    def __init__(self, http: Http, settings: Settings, store: TokenStore = HERE) -> None:
        """Fetches nothing yet."""
        self._http = http
        self._settings = settings
        self._store = store
        account = f"{settings.base_url}{settings.token_path} {settings.subdomain} {settings.client_id}"
        secret = f"{settings.client_secret} {settings.scopes}"
        self._login = f"clarus {hashlib.sha256(f'{account} {secret}'.encode()).hexdigest()[:32]}"

    def current(self) -> str:
        """A token that is good for a while yet. Raises Unauthorised, Unavailable, Throttled or Garbled."""
        held = self._store.read(self._login)
        return held.value if self._good(held) else self.instead_of(held.value)

    def instead_of(self, refused: str) -> str:
        """Another token than ``refused``; fetches only if nobody else has done so meanwhile."""
        with self._store.alone(self._login):
            held = self._store.read(self._login)
            if held.value == refused or not self._good(held):
                self._store.write(self._login, Held())
                held = self._fetch()
                self._store.write(self._login, held)
            return held.value

    @contextmanager
    def fresh(self, refused: str) -> Iterator[str]:
        """The same for one use before which nobody else who shares the store can fetch another and end this one."""
        with self._store.alone(self._login):
            yield self.instead_of(refused)

    def _good(self, held: Held) -> bool:
        return bool(held.value) and self._store.now() < held.ends

    def _fetch(self) -> Held:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret,
        }
        if self._settings.scopes:
            form["scope"] = self._settings.scopes
        try:
            reply = self._http.exchange(
                "POST",
                self._settings.base_url + self._settings.token_path,
                headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
                body=urlencode(form).encode(),
            )
        except Unauthorised:
            raise Unauthorised(REFUSED.format(status=401)) from None
        except ReachError as error:
            error.maybe_done = False  # whatever the token was wanted for has not been sent
            raise
        if is_nobodys(reply):
            raise Unavailable(f"Clarus's web server answers HTTP {reply.status} with a page for a token", answered=True)
        if reply.status // 100 == 4:  # noqa: PLR2004 -- RFC 6749 section 5.2: 400 invalid_client, invalid_scope
            raise Unauthorised(REFUSED.format(status=reply.status))
        try:
            value, life = _given(json.loads(reply.body))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Garbled(
                f"Clarus's token answer (HTTP {reply.status}) holds no access_token that lasts; check token_path",
                maybe_done=False,
            ) from None
        return Held(value, self._store.now() + max(life - EARLY, life / 2))


def _given(payload: Any) -> tuple[str, float]:
    """The token and the seconds for which it lasts. Raises ValueError, or what a senseless payload raises."""
    value, life = payload["access_token"], float(payload.get("expires_in") or ASSUMED_LIFE)
    if not isinstance(value, str) or not value.strip() or not 0 < life < float("inf"):
        raise ValueError(life)
    return value, life
