"""One exchange with Clarus: its three headers, a fresh token once after a 401, answers read or refused.

Source: api-reference/introduction (headers on every REST and GraphQL call, envelope, errors).
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from adapters.clarus.graphql import ids_as_text
from adapters.clarus.operations import OPERATIONS
from adapters.clarus.refusals import graphql_refusal, parse, refusal, refuses_token
from adapters.clarus.settings import Settings
from adapters.clarus.token import HERE, Token, TokenStore
from adapters.errors import Garbled, Unauthorised, Unavailable
from adapters.http import Http, Reply, is_nobodys

TRIES = 3  # of each kind, after a 401


class Wire:
    """Sends what it is given to one tenant of Clarus. May be used from many threads."""

    def __init__(self, settings: Settings, tokens: TokenStore = HERE) -> None:
        """Connects to nothing yet. ``tokens`` is where its token is kept for all who share the login."""
        self._settings = settings
        self._http = Http(
            connect_timeout=settings.connect_timeout, deadline=settings.deadline, longest_wait=settings.longest_wait
        )
        self._token = Token(self._http, settings, tokens)

    def ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The ``data`` of one GraphQL read. Raises Rejected(symbol="graphql") for its ``errors``."""
        body = json.dumps({"query": query, "variables": variables}, separators=(",", ":")).encode()
        payload = self._judge(self._exchange("POST", self._settings.base_url + "/graphql", body), "read")
        if isinstance(payload, dict) and payload.get("errors"):
            raise graphql_refusal(payload["errors"], "read")
        if not isinstance(payload, dict) or not isinstance(payload.get("data"), dict):
            raise Garbled("read: Clarus's GraphQL answer has no data", maybe_done=False)
        data: dict[str, Any] = payload["data"]
        return data

    def send(self, name: str, body: bytes | None, **places: str) -> Any:
        """Sends one operation of OPERATIONS; its JSON with ids as str, None for an answer without a body."""
        operation = OPERATIONS[name]
        url = self._settings.base_url + self._settings.rest_prefix + operation.at(**places)
        return ids_as_text(self._judge(self._exchange(operation.verb, url, body), name))

    def make(self, name: str, body: bytes) -> str:
        """Sends one operation that creates a record; the record's id."""
        payload = self.send(name, body)
        data = payload.get("data", payload) if isinstance(payload, dict) else None
        made = data.get("id") if isinstance(data, dict) else None
        if made in (None, ""):
            raise Garbled(f"{name}: Clarus's answer has no data.id; look it up before sending again")
        return str(made)

    @staticmethod
    def _judge(reply: Reply, name: str) -> Any:
        if reply.status == HTTPStatus.REQUEST_TIMEOUT:
            raise Unavailable(f"{name}: Clarus had not read the request in time (HTTP 408)", maybe_done=True)
        if reply.status // 100 == 4:  # noqa: PLR2004 -- the class of 4xx
            raise refusal(reply, name)
        if reply.status // 100 != 2:  # noqa: PLR2004 -- the class of 2xx
            raise Garbled(f"{name}: Clarus answered HTTP {reply.status}, which it does not document; check base_url")
        return parse(reply, name)

    def _exchange(self, verb: str, url: str, body: bytes | None) -> Reply:
        """A 401 is refused before any effect. Another process may have fetched a token, which may end ours: so we
        try with what is there by then, and at last with one that is used in the moment in which it is fetched.
        """
        token = self._token.current()
        for _ in range(TRIES):
            try:
                return self._once(verb, url, body, token)
            except Unauthorised:
                token, refused = self._token.current(), token
            if token == refused:
                break
        for _ in range(TRIES):
            with self._token.fresh(token) as token:
                try:
                    return self._once(verb, url, body, token)
                except Unauthorised:
                    continue
        raise Unauthorised("Clarus refused a fresh token (HTTP 401): check subdomain, and the rights of the API user")

    def _once(self, verb: str, url: str, body: bytes | None, token: str) -> Reply:
        reply = self._http.exchange(verb, url, headers=self._headers(token), body=body)
        if is_nobodys(reply):
            why = f"Clarus's web server answers HTTP {reply.status} with a page: its service is away, or base_url wrong"
            raise Unavailable(why, maybe_done=verb != "GET" and not url.endswith("/graphql"), answered=True)
        if url.endswith("/graphql") and refuses_token(reply):
            raise Unauthorised("Clarus's GraphQL refused our token")
        return reply

    def _headers(self, token: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {token}",
            "X-Clarus-Subdomain": self._settings.subdomain,
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
