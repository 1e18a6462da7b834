"""Whether an incoming event is ACS's: its signature over the raw body, by either of two keys, and not too old.

Source: profile, section 2.5.2: ``X-ACS-Signature: sha256=HMAC(secret, timestamp + "." + raw body)``. A repeated
delivery is signed anew, so a stale signature is never a late one.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence

EVENT_ID = "x-acs-event-id"
TIMESTAMP = "x-acs-timestamp"
SIGNATURE = "x-acs-signature"
SCHEME = "sha256="
LONGEST_TIMESTAMP = 12  # digits


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The header's value for a body, as ACS makes it."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"{SCHEME}{digest}"


def check(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, *, now: float, window: float) -> str | None:
    """None when the event is ACS's, else why not. ``now`` is Unix time, ``window`` in seconds, to both sides.

    Header names are compared without regard to case. Every key is tried, in constant time, so that a key can be
    changed while events come in; the answer holds no key and no signature.
    """
    by_name = {name.lower(): value.strip() for name, value in headers.items()}
    timestamp, signature = by_name.get(TIMESTAMP, ""), by_name.get(SIGNATURE, "")
    if not secrets:
        return "no key is set: add webhook_secrets to the connection"
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= LONGEST_TIMESTAMP):
        return f"the header {TIMESTAMP} is missing or no Unix time"
    if not signature.startswith(SCHEME):
        return f"the header {SIGNATURE} is missing or does not begin with {SCHEME}"
    given = signature.lower().encode(errors="backslashreplace")
    fits = [hmac.compare_digest(sign(secret, timestamp, body).encode(), given) for secret in secrets]
    if not any(fits):
        return "the signature is by none of our keys: compare webhook_secrets with ACS's"
    if abs(now - int(timestamp)) > window:
        return f"the signature is more than {window:g} s old or early: set the clocks, or raise event_window"
    return None
