"""Login by the merchant's own provider: OpenID Connect, the code flow with PKCE (RFC 7636), by authlib.

What the provider says is believed only as an ID token that it signed for this login: issuer, audience, expiry and nonce
are checked. A person's groups give their roles; who has none is not let in.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from workers.access.roles import Role
from workers.config import Desk, Misconfigured, Oidc

PATIENCE = 10.0  # seconds for each answer of the provider
KEPT = 3600.0  # seconds that its addresses and keys are believed
LEEWAY = 60  # seconds that clocks may differ
SIGNED_BY = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]  # no shared key
BACK = "/login/back"  # the path that the provider sends people back to


class NotLetIn(Exception):
    """A login by the provider that fails; the words are for the person, and for the record."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who logged in."""

    subject: str
    name: str
    roles: frozenset[Role]


class Provider:
    """The provider of ``[desk.oidc]``. Asks it for nothing before the first login."""

    def __init__(self, desk: Desk, clock: Callable[[], float] = time.time) -> None:
        """Raises Misconfigured where the section says nothing of it, or a group gives a role that there is not."""
        if desk.oidc is None:
            raise Misconfigured("desk.oidc: is missing; deploy/fleet.example.toml shows it")
        self._settings, self._back, self._clock = desk.oidc, desk.url + BACK, clock
        self._roles = roles_by_group(desk.oidc)
        self._facts: dict[str, Any] = {}
        self._keys: Any = None
        self._asked_at = -KEPT

    def begin(self) -> tuple[str, dict[str, str]]:
        """Where to send a person, and what to keep until they come back. Raises NotLetIn."""
        nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        with self._client() as client:
            url, state = client.create_authorization_url(
                self._address("authorization_endpoint"), code_verifier=verifier, nonce=nonce
            )
        return url, {"state": state, "nonce": nonce, "verifier": verifier}

    def finish(self, kept: Mapping[str, str], answer: Mapping[str, str]) -> Person:
        """Who came back, with what the provider gave them along. Raises NotLetIn."""
        if not hmac.compare_digest(answer.get("state", "").encode(), kept["state"].encode()):
            raise NotLetIn("the answer belongs to another login; begin again")
        if answer.get("iss", self._settings.issuer) != self._settings.issuer:  # RFC 9207
            raise NotLetIn("the answer is another provider's")
        if "error" in answer or not answer.get("code"):
            raise NotLetIn("the provider did not log you in")
        claims = self._claims(self._token(answer["code"], kept["verifier"]), kept["nonce"])
        groups = claims.get(self._settings.groups_claim) or []
        groups = [groups] if isinstance(groups, str) else groups
        roles = frozenset[Role]().union(*(self._roles.get(str(group), frozenset()) for group in groups))
        if not roles:
            raise NotLetIn("none of your groups gives a role here: ask for one, or for a row in [desk.oidc.roles]")
        name = str(claims.get("name") or claims.get("preferred_username") or claims["sub"])
        return Person(f"oidc:{claims['sub']}", name[:200], roles)

    def log_out_at(self) -> str:
        """Where a person ends their session at the provider as well (OpenID Connect RP-Initiated Logout 1.0).

        Empty where its metadata offers no such place, or it cannot be asked.
        """
        try:
            self._address("issuer")
        except NotLetIn:
            return ""
        place = self._facts.get("end_session_endpoint")
        if not isinstance(place, str) or not place.startswith(("https://", "http://")):
            return ""
        back = self._back.removesuffix(BACK) + "/login"
        query = urlencode({"client_id": self._settings.client_id, "post_logout_redirect_uri": back})
        return f"{place}{'&' if '?' in place else '?'}{query}"

    def _client(self) -> Any:
        return OAuth2Session(
            self._settings.client_id,
            self._settings.client_secret,
            scope="openid profile",
            redirect_uri=self._back,
            code_challenge_method="S256",
            default_timeout=PATIENCE,
        )

    def _token(self, code: str, verifier: str) -> Mapping[str, Any]:
        try:
            with self._client() as client:
                found: Mapping[str, Any] = client.fetch_token(
                    self._address("token_endpoint"), code=code, code_verifier=verifier, grant_type="authorization_code"
                )
        except OAuthError as error:
            raise NotLetIn(f"the provider refused the code ({str(error.error)[:40]}); begin again") from None
        except (requests.RequestException, ValueError) as error:
            raise _away(error) from None
        return found

    def _claims(self, token: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        """The claims of the ID token, when it was signed by the provider, for us, for this login, and is not over."""
        if not isinstance(token.get("id_token"), str):
            raise NotLetIn("the provider gave no ID token: the client needs the scope openid")
        registry = JWSRegistry(algorithms=SIGNED_BY, strict_check_header=False)
        try:
            try:
                read = jwt.decode(token["id_token"], self._key_set(), registry=registry)
            except InvalidKeyIdError:  # its keys have changed
                read = jwt.decode(token["id_token"], self._key_set(anew=True), registry=registry)
            claims = CodeIDToken(
                read.claims,
                read.header,
                {
                    "iss": {"essential": True, "value": self._settings.issuer},
                    "aud": {"essential": True, "value": self._settings.client_id},
                    "sub": {"essential": True},
                    "exp": {"essential": True},
                    "nonce": {"essential": True, "value": nonce},
                },
                {"nonce": nonce, "client_id": self._settings.client_id, "access_token": token.get("access_token")},
            )
            claims.validate(now=int(self._clock()), leeway=LEEWAY)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise NotLetIn(f"the provider's ID token is not valid ({type(error).__name__}: {_claim(error)})") from None
        return dict(claims)

    def _key_set(self, *, anew: bool = False) -> KeySet:
        if self._keys is None or anew:
            self._keys = self._get(self._address("jwks_uri"))
        return KeySet.import_key_set(self._keys)

    def _address(self, name: str) -> str:
        if self._clock() - self._asked_at >= KEPT:
            facts = self._get(self._settings.issuer.rstrip("/") + "/.well-known/openid-configuration")
            if facts.get("issuer") != self._settings.issuer:
                raise NotLetIn("[desk.oidc] issuer is not as the provider names itself: write it as it does")
            self._facts, self._keys, self._asked_at = facts, None, self._clock()
        if not isinstance(self._facts.get(name), str):
            raise NotLetIn(f"the provider names no {name}")
        return str(self._facts[name])

    def _get(self, url: str) -> Any:
        try:
            answer = requests.get(url, timeout=PATIENCE, allow_redirects=False)
            answer.raise_for_status()
            found = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise _away(error) from None
        return found if isinstance(found, dict) else {}


def roles_by_group(settings: Oidc) -> dict[str, frozenset[Role]]:
    """The roles that each group gives. Raises Misconfigured for a role that there is not."""
    there = {role.value: role for role in Role}
    for group, names in settings.roles.items():
        for name in names:
            if name not in there:
                raise Misconfigured(f"desk.oidc.roles: {group!r} gives {name!r}; the roles are: {', '.join(there)}")
    return {group: frozenset(there[name] for name in names) for group, names in settings.roles.items()}


def _away(error: Exception) -> NotLetIn:
    return NotLetIn(f"the provider cannot be reached ({type(error).__name__}); log in with a local account")


def _claim(error: Exception) -> str:
    """Which claim is wrong, never its value."""
    return str(getattr(error, "claim", "") or getattr(error, "error", ""))[:40]
