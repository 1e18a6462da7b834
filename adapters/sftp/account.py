"""Who we are to an SFTP server and how it proves that it is the right one: keys on both sides, no password."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from adapters.secret import is_withheld

if TYPE_CHECKING:
    from paramiko import PKey

FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
SIGNED_BY = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}  # an RSA key's name is not its signatures' (RFC 8332)
HOST_KEYS = {"ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"}


@dataclass(frozen=True, slots=True)
class Account:
    """One login. ``private_key`` is the key's text or the path of its file; times are in seconds.

    ``host_key`` is the server's: a line ``ssh-ed25519 AAAA…`` as ``ssh-keyscan`` and known_hosts give it, or
    ``SHA256:…``. ``connect_timeout`` bounds each step of connecting, ``deadline`` a whole operation with it.
    """

    host: str
    user: str
    private_key: str = field(repr=False)
    host_key: str
    port: int = 22
    connect_timeout: float = 10.0
    deadline: float = 60.0


@dataclass(frozen=True, slots=True)
class Pin:
    """The one host key that counts, whole or as its fingerprint."""

    type: str
    blob: bytes
    fingerprint: str

    @property
    def algorithms(self) -> tuple[str, ...]:
        """What to ask the server for, so that it shows the pinned one of its keys; empty: whatever it prefers."""
        return SIGNED_BY.get(self.type, (self.type,)) if self.type else ()

    def fits(self, shown: PKey) -> bool:
        """Whether the server showed the pinned key."""
        return shown.asbytes() == self.blob if self.blob else shown.fingerprint == self.fingerprint


def pin_of(host_key: str) -> Pin:
    """Raises ValueError for what is neither a public key nor a fingerprint."""
    key = host_key.strip()
    if FINGERPRINT.fullmatch(key.rstrip("=")):
        return Pin("", b"", key.rstrip("="))
    words = key.split()
    if len(words) > 1 and words[0] in HOST_KEYS:
        try:
            blob = base64.b64decode(words[1], validate=True)
        except binascii.Error:
            blob = b""
        if blob[4:].startswith(words[0].encode()):
            return Pin(words[0], blob, "")
    raise ValueError(
        "is no host key: write 'ssh-ed25519 AAAA…' or 'SHA256:…' as the partner gave it to you by another way than"
        " this connection"
    )


def checked_host_key(host_key: str) -> str:
    """``host_key``, if it can pin. Raises ValueError as ``pin_of``."""
    pin_of(host_key)
    return host_key


def checked_private_key(text_or_path: str) -> str:
    """``text_or_path``, if it can log in or is withheld. Raises ValueError as ``private_key_of``."""
    if is_withheld(text_or_path):
        return text_or_path
    from adapters.sftp.keys import private_key_of  # noqa: PLC0415  it loads paramiko, for which a merchant without files need not wait

    private_key_of(text_or_path)
    return text_or_path
