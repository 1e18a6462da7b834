"""How Clarus words a refusal, and how little of it may be kept: the symbol, and words that nobody typed.

Sources: OpenAPI components/responses (401 ``{"error"}``; 403, 404, 422 ``{"errors": [...]}``);
GraphQL answers 200 with ``errors`` (every list operation). 400, 409, 429, 5xx are not declared.
"""

from __future__ import annotations

import json
import re
from typing import Any

from adapters.errors import Garbled, Rejected
from adapters.http import Reply

LONGEST_DETAIL = 120
ALREADY_THERE = re.compile(r"already|been taken|_exists\b", re.IGNORECASE)


def parse(reply: Reply, what: str) -> Any:
    """The JSON of a successful answer, None for an empty one.

    Raises Garbled (perhaps done) for HTML, a truncated text or a redirect; Rejected for a 4xx.
    ``what`` names the call in the message.
    """
    if not reply.body and reply.status // 100 == 2:  # noqa: PLR2004 -- the class of 2xx
        return None
    try:
        return json.loads(reply.body)
    except ValueError:
        kind = "an HTML page" if reply.body.lstrip()[:1] == b"<" else f"{len(reply.body)} bytes that are not JSON"
        raise Garbled(
            f"{what}: Clarus answered HTTP {reply.status} with {kind}; check base_url and rest_prefix"
        ) from None


def refusal(reply: Reply, what: str, sent: bytes | None) -> Rejected:
    """A 4xx answer as Rejected: Clarus's symbol, the HTTP status, and its details without what we typed.

    ``sent`` is our own body: every word that stands in its values is left out of the message, so
    that no name or address is echoed into a log.
    """
    first = _first_error(reply.body)
    symbol = str(first.get("symbol") or "")
    return Rejected(
        f"{what}: Clarus refused with HTTP {reply.status} {symbol or 'without a symbol'}"
        f"{_aside(str(first.get('details') or ''), sent)}",
        symbol=symbol,
        status=reply.status,
    )


def graphql_refusal(errors: Any, what: str, sent: bytes) -> Rejected:
    """GraphQL ``errors`` (HTTP 200) as Rejected with the symbol ``graphql``. Reads only: never done."""
    first = errors[0] if isinstance(errors, list) and errors else {}
    text = first.get("message") if isinstance(first, dict) else first
    return Rejected(
        f"{what}: Clarus's GraphQL answered errors{_aside(str(text or ''), sent)}", symbol="graphql", status=200
    )


def says_already_there(refused: Rejected) -> bool:
    """True when a 422 says that what was to be made is there already. The symbol is unpublished: words decide."""
    return refused.status == 422 and bool(ALREADY_THERE.search(f"{refused.symbol} {refused.what}"))  # noqa: PLR2004


def _first_error(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    errors = told.get("errors") if isinstance(told, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else {}
    return first if isinstance(first, dict) else {}


def _aside(details: str, sent: bytes | None) -> str:
    ours = _words_of(sent)
    kept = [
        "…" if re.search(r"[\d@]", word) or word.strip(".,:;'\"()").lower() in ours else word
        for word in details.split()
    ]
    return f" ({' '.join(kept)[:LONGEST_DETAIL]})" if kept else ""


def _words_of(sent: bytes | None) -> set[str]:
    try:
        tree = json.loads(sent or b"null")
    except ValueError:
        return set()
    words: set[str] = set()
    trees = [tree]
    while trees:
        node = trees.pop()
        if isinstance(node, dict):
            # A GraphQL query text is ours, not a person's; its field names must stay readable.
            trees.extend(value for key, value in node.items() if key not in {"query", "type"})
        elif isinstance(node, list):
            trees.extend(node)
        elif isinstance(node, str):
            words.update(word.strip(".,:;'\"()").lower() for word in node.split())
    return words
