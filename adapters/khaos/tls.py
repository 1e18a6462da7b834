"""Whom we believe to be the merchant's server: public authorities, a file, one certificate, or anyone.

The service is installed with a self-signed certificate (Guide, installation), so "verify" is the
exception in the field and the three other ways are for it.
"""

from __future__ import annotations

from typing import Any, Literal

from requests.adapters import HTTPAdapter

from adapters.khaos.settings import CaBundle, Pinned


class _Pinning(HTTPAdapter):
    """Compares the server's certificate with one SHA-256 instead of asking who signed it."""

    def __init__(self, sha256: str) -> None:
        self._sha256 = sha256
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, assert_fingerprint=self._sha256)


def trust(tls: Literal["verify", "insecure"] | CaBundle | Pinned) -> tuple[bool | str, HTTPAdapter | None]:
    """``verify`` and the HTTPS adapter for ``adapters.http.Http``, from ``Settings.tls``."""
    if isinstance(tls, Pinned):
        return False, _Pinning(tls.pinned_sha256.replace(":", "").lower())
    if isinstance(tls, CaBundle):
        return tls.ca_bundle, None
    return tls == "verify", None
