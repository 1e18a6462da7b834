"""Our private key, read in whichever form it is kept."""

from __future__ import annotations

import io
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_ssh_private_key,
)
from paramiko import Ed25519Key, PKey, RSAKey


def private_key_of(text_or_path: str) -> PKey:
    """The key of a text or a path. Raises ValueError for what is no key, and for one behind a passphrase."""
    text = text_or_path
    if "PRIVATE KEY" not in text_or_path:
        try:
            text = Path(text_or_path).read_text(encoding="utf-8")
        except (OSError, ValueError):
            raise ValueError("is neither a private key nor the path of a file with one that can be read") from None
    whole = text.replace("\\n", "\n").strip() + "\n"  # an environment variable on one line spells its line ends
    load = load_ssh_private_key if "OPENSSH PRIVATE KEY" in whole else load_pem_private_key
    try:
        key = load(whole.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: there is a passphrase
        key = None
    # paramiko reads fewer forms than there are, so it is given the one that it surely reads.
    if isinstance(key, Ed25519PrivateKey):
        return Ed25519Key.from_private_key(_text(key, PrivateFormat.OpenSSH))
    if isinstance(key, RSAPrivateKey):
        return RSAKey.from_private_key(_text(key, PrivateFormat.TraditionalOpenSSL))
    raise ValueError(
        "cannot be read as an Ed25519 or RSA key without passphrase: make one with ssh-keygen -t ed25519 -N '' and"
        " have the partner install its public part"
    )


def _text(key: Ed25519PrivateKey | RSAPrivateKey, form: PrivateFormat) -> io.StringIO:
    return io.StringIO(key.private_bytes(Encoding.PEM, form, NoEncryption()).decode())
