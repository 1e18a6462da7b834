"""The section ``[desk]``: where people find the desk, and who says who they are."""

from __future__ import annotations

import ipaddress
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from adapters.secret import Secret
from workers.config.strict import Strict

Guarded = Literal["address", "quantity", "sku"]


class Oidc(Strict):
    """The login's provider, by OpenID Connect: the code flow with PKCE."""

    issuer: str = Field(description="as the provider's discovery document names it")
    client_id: str
    client_secret: Secret
    groups_claim: str = Field("groups", description="the claim of the ID token that lists a person's groups")
    roles: dict[str, tuple[str, ...]] = Field(description="group -> the roles that it gives")

    @field_validator("issuer")
    @classmethod
    def _shut_to_listeners(cls, url: str) -> str:
        return _secure(url, "the provider's issuer")


class Desk(Strict):
    """The section ``[desk]``."""

    url: str = Field("", description="where browsers find it; empty: on this machine alone, and no links to it")
    second_person: tuple[Guarded, ...] = Field((), description="edits that another person must approve")
    local_accounts: bool = True
    oidc: Oidc | None = None

    @field_validator("url")
    @classmethod
    def _an_origin(cls, url: str) -> str:
        if not url:
            return url
        url = _secure(url.rstrip("/"), "the desk's url")
        if urlsplit(url).path:
            raise ValueError(
                f"{url!r} has a path: the desk needs a name of its own, for example https://desk.example.com"
            )
        return url

    @model_validator(mode="after")
    def _the_provider_knows_the_way_back(self) -> Desk:
        if self.oidc is not None and not self.url:
            raise ValueError("url is missing: the provider of desk.oidc sends people back to it")
        return self

    @property
    def has_https(self) -> bool:
        """Whether browsers reach it by https alone."""
        return self.url.startswith("https://")


def is_loopback(host: str) -> bool:
    """Tell whether a host's name or address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _secure(url: str, what: str) -> str:
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in {"http", "https"} or parts.query or parts.fragment or parts.username:
        raise ValueError(f"{url!r} is no address: write {what} as https://name")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(f"{url!r} is open to listeners: write {what} with https://")
    return url
