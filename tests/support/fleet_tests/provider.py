"""A small provider of logins by OpenID Connect: discovery, keys, authorisation and tokens, and wrong ones to order."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "fleet", "a-secret-of-the-desk"
Claims = dict[str, Any]


class Provider:
    """Whoever comes is logged in as ``claims`` say. ``change`` makes an ID token wrong before it is signed."""

    def __init__(self) -> None:
        self.claims: Claims = {"sub": "8271", "name": "Anna B", "groups": ["it"]}
        self.change: Callable[[Claims], Claims] = lambda claims: claims
        self.key = self.signing = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.offers: Claims = {}  # what its metadata says beside
        self.asked: list[dict[str, str]] = []  # queries of the authorisation endpoint
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def turn_key(self) -> None:
        """Sign with another key from now on, and publish that one alone."""
        self.key = self.signing = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig"})

    def discovery(self) -> Claims:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            **self.offers,
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser goes back to, with a code that is good once."""
        self.asked.append(query)
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], login: str) -> tuple[int, Claims]:
        """The ID token for a code, when client, way back and verifier are those of its beginning."""
        begun = self._codes.pop(form.get("code", ""), None)
        if login != f"{CLIENT}:{SECRET}":
            return 401, {"error": "invalid_client"}
        if begun is None or form.get("redirect_uri") != begun["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        shown = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        if begun.get("code_challenge_method") != "S256" or shown.decode() != begun.get("code_challenge"):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": begun["nonce"], **self.claims,
        }  # fmt: skip
        signed = jwt.encode({"alg": "RS256", "kid": self.key.kid}, self.change(claims), self.signing)
        return 200, {"access_token": "unused", "token_type": "Bearer", "id_token": signed}


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self.send_response(302)
                self.send_header("Location", provider.authorize(query))
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif parts.path == "/keys":
                self._answer(200, {"keys": [provider.key.as_dict(private=False)]})
            else:
                self._answer(200, provider.discovery())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            shown = self.headers.get("Authorization", "").removeprefix("Basic ")
            self._answer(*provider.token(form, base64.b64decode(shown).decode()))

        def _answer(self, status: int, body: Claims) -> None:
            sent = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
