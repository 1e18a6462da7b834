"""One OAuth 2 access token per process, renewed before it ends and once when Clarus refuses it.

Source: knowledgebase/integrations/api-authentication (client credentials, POST to ``/oauth/token``).
The answer's shape and the token's life are unpublished: RFC 6749 is assumed, an hour when not told.
Signing in to the web interface as the same user may end a token early, so a 401 in mid-run is normal.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from urllib.parse import urlencode

from adapters.clarus.settings import Settings
from adapters.errors import Garbled, ReachError, Unauthorised
from adapters.http import Http

ASSUMED_LIFE = 3600.0
REFUSED = "Clarus gave no token (HTTP {status}): check client_id, client_secret and scopes"
EARLY = 120.0  # seconds before its end at which a token is not used any more


class Token:
    """Gives an access token to any number of threads; only one of them fetches."""

    def __init__(self, http: Http, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` counts seconds and never goes back."""
        self._http = http
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._value = ""
        self._ends = 0.0

    def current(self) -> str:
        """A token that is good for a while yet. Raises Unauthorised, Unavailable, Throttled or Garbled."""
        with self._lock:
            if not self._value or self._clock() >= self._ends:
                self._fetch()
            return self._value

    def instead_of(self, refused: str) -> str:
        """Another token than ``refused``; fetches only if no other thread has done so meanwhile."""
        with self._lock:
            if self._value == refused or self._clock() >= self._ends:
                self._fetch()
            return self._value

    def _fetch(self) -> None:
        self._value = ""
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
        if reply.status // 100 == 4:  # noqa: PLR2004 -- RFC 6749 section 5.2: 400 invalid_client, invalid_scope
            raise Unauthorised(REFUSED.format(status=reply.status))
        try:
            told = json.loads(reply.body)
            value, life = str(told["access_token"]), float(told.get("expires_in") or ASSUMED_LIFE)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Garbled(
                f"Clarus's token answer (HTTP {reply.status}) holds no access_token; check token_path", maybe_done=False
            ) from None
        self._value = value
        self._ends = self._clock() + max(life - EARLY, life / 2)
