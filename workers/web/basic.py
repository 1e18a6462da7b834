"""User and password of a Basic header, as Khaos Control sends them to the doors that it calls."""

from __future__ import annotations

import base64


def credentials(header: str) -> bytes:
    """User and password of a Basic header (RFC 7617), as ``user:password``; empty when there are none."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(value.strip(), validate=True)
    except ValueError:  # binascii.Error is one; so is what a letter beyond ASCII raises
        return b""
