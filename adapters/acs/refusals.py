"""ACS's refusals as errors: codes and field names go into the message, never a field's value.

Source: profile, section 2.5.1. Error bodies are unpublished: any body, also none, is taken.
"""

from __future__ import annotations

import json
import re
from typing import Any

from adapters.errors import Rejected
from adapters.http import Reply

CODE = re.compile(r"[a-z][a-z_]{0,40}")
FIELD = re.compile(r"[A-Za-z0-9_.\[\]]{1,60}")
MOST = 5
# Where the body names no code, the status does.
BY_STATUS = {400: "malformed", 404: "not_found", 409: "conflict", 422: "invalid"}


class Refused(Rejected):
    """ACS said no. ``body`` is its whole answer: for the record and ``mappings.acs.read_refusals``, never for logs."""

    def __init__(self, what: str, *, symbol: str, status: int, body: bytes) -> None:
        super().__init__(what, symbol=symbol, status=status, theirs=body.decode(errors="replace"))
        self.body = body


def refusal(reply: Reply, what: str) -> Refused:
    """A 4xx answer as Refused: the first code as the symbol, every code with its field in the message."""
    errors = _errors(reply.body)
    codes = [code for one in errors if CODE.fullmatch(code := str(one.get("Code") or ""))]
    shown = ", ".join(
        f"{one.get('Code')} at {one.get('Field')}"
        for one in errors[:MOST]
        if CODE.fullmatch(str(one.get("Code") or "")) and FIELD.fullmatch(str(one.get("Field") or ""))
    )
    symbol = codes[0] if codes else BY_STATUS.get(reply.status, "")
    aside = f" ({shown})" if shown else ""
    return Refused(
        f"{what}: ACS refused with HTTP {reply.status} {symbol or 'without a code'}{aside}",
        symbol=symbol,
        status=reply.status,
        body=reply.body,
    )


def _errors(body: bytes) -> list[dict[str, Any]]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return []
    errors = payload.get("Errors") if isinstance(payload, dict) else None
    return [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
