"""How Clarus words a refusal, and what of it is a reason: its symbol. Its details echo what somebody typed.

Sources: OpenAPI components/responses (401 ``{"error"}``; 403, 404, 422 ``{"errors": [...]}``);
GraphQL answers 200 with ``errors`` (every list operation). 400, 409, 429, 5xx are not declared.
"""

from __future__ import annotations

import json
import re
from typing import Any

from adapters.errors import Garbled, ReachError, Rejected, Throttled, Unavailable
from adapters.http import Reply
from adapters.text import storable_tree

SYMBOL = re.compile(r"[A-Za-z][\w.:-]{0,60}")  # a sentence is no symbol: it may name a customer
LONGEST_CODE = 40
# Clarus publishes no codes of GraphQL errors, so the words that others use are read, in ``extensions.code`` first.
THROTTLED = re.compile(
    r"throttl|rate.?limit|too.?many.?requests|\b429\b|max.?cost|quota|complexity.budget.exceeded", re.IGNORECASE
)
PASSING = re.compile(r"INTERNAL_?SERVER_?ERROR|UNAVAILABLE|TIME_?OUT|TRANSIENT", re.IGNORECASE)
# An error of these is about the question or about who asks. Any other may be gone at the next try.
VERDICTS = re.compile(
    r"validation|bad_?user_?input|bad_?request|parse|forbidden|unauthenticated|not.?found|undefined|argument|syntax"
    r"|not.?allowed|not.?authori[sz]ed|permission|n.t exist|not exist|invalid|can.t be|must be|required|unknown"
    r"|unsupported|exceeds max|cannot.query",
    re.IGNORECASE,
)
# Words for a token that is not good any more, in place of a 401: a right that is missing is worded otherwise.
TOKEN_CODE = re.compile(
    r"unauthenticated|unauthori[sz]ed|token_?(expired|invalid)|(expired|invalid)_?token", re.IGNORECASE
)
TOKEN_TEXT = re.compile(
    r"^unauthori[sz]ed\W*$|unauthenticated|not (been )?authenticated|authentication (is )?(required|failed)"
    r"|(token|session) (has |is |was )?(expired|invalid|revoked)|(expired|invalid|revoked) (access|bearer) token"
    r"|sign in or sign up|must be (logged|signed) in",
    re.IGNORECASE,
)
ALREADY_THERE = re.compile(r"already|been taken|_exists\b", re.IGNORECASE)


def parse(reply: Reply, what: str) -> Any:
    """The JSON of a successful answer, None for an empty one.

    Raises Garbled (perhaps done) for HTML, a truncated text or a redirect; Rejected for a 4xx.
    ``what`` names the call in the message.
    """
    if not reply.body and reply.status // 100 == 2:  # noqa: PLR2004 -- the class of 2xx
        return None
    try:
        return storable_tree(json.loads(reply.body))
    except (ValueError, RecursionError):
        kind = "an HTML page" if reply.body.lstrip()[:1] == b"<" else f"{len(reply.body)} bytes that are not JSON"
        raise Garbled(
            f"{what}: Clarus answered HTTP {reply.status} with {kind}; check base_url and rest_prefix"
        ) from None


def refusal(reply: Reply, what: str) -> Rejected:
    """A 4xx answer as Rejected: Clarus's symbol and the HTTP status; its details, which echo values, are theirs."""
    first = _first_error(reply.body)
    word = str(first.get("symbol") or "")
    symbol = word if SYMBOL.fullmatch(word) else ""
    context = first.get("context")
    field = str(context.get("field") or "") if isinstance(context, dict) else ""
    at = f" at {field}" if SYMBOL.fullmatch(field) else ""
    return Rejected(
        f"{what}: Clarus refused with HTTP {reply.status} {symbol or 'without a symbol'}{at}",
        symbol=symbol,
        status=reply.status,
        theirs=f"{word} {first.get('details') or ''}".strip() or reply.body.decode(errors="replace"),
    )


def graphql_refusal(errors: Any, what: str) -> ReachError:
    """GraphQL ``errors`` (HTTP 200): Throttled or Unavailable where they may pass, else Rejected (``graphql``).

    One verdict among several errors decides: asking again would not change it. Reads only: never done.
    """
    entries = [_graphql_error(one) for one in (errors if isinstance(errors, list) else [errors])] or [("", "")]
    code, text = next((one for one in entries if _weight(*one) == 0), max(entries, key=lambda one: _weight(*one)))
    named = f" {code}" if code.replace("_", "").isalnum() and len(code) <= LONGEST_CODE else ""
    if _weight(code, text) == 0:
        return Rejected(f"{what}: Clarus's GraphQL answered errors{named}", symbol="graphql", status=200, theirs=text)
    if THROTTLED.search(f"{code} {text}"):
        return Throttled(f"{what}: Clarus's GraphQL asked us to wait{named}", theirs=text)
    return Unavailable(f"{what}: Clarus's GraphQL failed{named}", theirs=text)


def refuses_token(reply: Reply) -> bool:
    """Whether GraphQL refuses our token inside of an answer of 200: then nothing was read."""
    if b'"errors"' not in reply.body:
        return False
    try:
        payload = json.loads(reply.body)
    except (ValueError, RecursionError):
        return False
    errors = payload.get("errors") if isinstance(payload, dict) else None
    told = [_graphql_error(one) for one in (errors if isinstance(errors, list) else [errors])]
    return any(TOKEN_CODE.fullmatch(code) or TOKEN_TEXT.search(text) for code, text in told)


def _graphql_error(one: Any) -> tuple[str, str]:
    """The code and the message of one error, whichever of them it has."""
    if not isinstance(one, dict):
        return "", str(one or "")
    extensions = one.get("extensions")
    code = extensions.get("code") or extensions.get("type") if isinstance(extensions, dict) else None
    return str(code or one.get("type") or ""), str(one.get("message") or "")


def _weight(code: str, text: str) -> int:
    """0: a verdict; 1: it may pass; 2: they ask us to wait. A code that says one is believed before the text."""
    for word in filter(None, (code, text)):
        if VERDICTS.search(word):
            return 0
        if THROTTLED.search(word):
            return 2
        if PASSING.search(word):
            return 1
    return 1


def says_already_there(refused: Rejected) -> bool:
    """True when a 422 says that what was to be made is there already. The symbol is unpublished: words decide."""
    return refused.status == 422 and bool(ALREADY_THERE.search(f"{refused.symbol} {refused.theirs}"))  # noqa: PLR2004


def _first_error(body: bytes) -> dict[str, Any]:
    try:
        payload = storable_tree(json.loads(body))
    except (ValueError, RecursionError):
        return {}
    errors = payload.get("errors") if isinstance(payload, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else {}
    return first if isinstance(first, dict) else {}
