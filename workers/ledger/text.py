"""Which characters the ledger can hold: Postgres refuses NUL and half a surrogate pair, in text and in JSON's escapes.

Every text on its way into the ledger passes here, whoever wrote it: a partner's refusal, a note, a document. What
cannot be held is replaced by U+FFFD, so that one odd character never keeps an outcome from being stored.
"""

from __future__ import annotations

import re
from typing import Any

from psycopg import Connection
from psycopg.types.string import StrDumperUnknown

REPLACEMENT = "\ufffd"
UNHOLDABLE = re.compile("[\x00\ud800-\udfff]")
ESCAPED = re.compile(  # an escaped backslash, a whole pair, and then what no text can hold
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})"
)
IN_COPY = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
ESCAPE_LENGTH = len("\\u0000")


def clean(text: str) -> str:
    """Return the text with each character that the ledger cannot hold replaced, also where JSON escapes it."""
    if "\\u" in text:
        text = ESCAPED.sub(_holdable, text)
    return text if text.isascii() and "\x00" not in text else UNHOLDABLE.sub(REPLACEMENT, text)


def copied(text: str) -> str:
    """Return the cleaned text as it stands in a line of COPY in text format, for lines that are written as a block."""
    if text.isprintable() and "\\" not in text:
        return text
    return clean(text).translate(IN_COPY)


def _holdable(found: re.Match[str]) -> str:
    return "\\ufffd" if len(found[0]) == ESCAPE_LENGTH else found[0]


class CleanText(StrDumperUnknown):
    """psycopg's way of writing text, with what the ledger cannot hold replaced."""

    def dump(self, obj: str) -> Any:
        """Return the bytes of the cleaned text."""
        return super().dump(clean(obj))


def clean_what_is_written(connection: Connection[Any]) -> None:
    """Have every text that the connection writes cleaned: parameters and lines of COPY alike."""
    connection.adapters.register_dumper(str, CleanText)
