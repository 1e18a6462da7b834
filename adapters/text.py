"""Cleans partners' text on its way in: characters that XML forbids, or that JSON carries and a database cannot hold.

A character that XML forbids becomes LOST, which ``mappings`` knows as well: what holds one is named there by its code,
and its neighbours go their way. In JSON it becomes U+FFFD.
"""

from __future__ import annotations

import re
from typing import Any

LOST = "\ue0f0"  # of the private use area: no partner writes it
UNKNOWN = "\ufffd"

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9A-Fa-f]{1,16})|([0-9]{1,20}));")
_UNHELD = re.compile("[\x00\ud800-\udfff]")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")  # UTF-16, in which every other byte is a NUL
HIGHEST = 0x10FFFF


def xml_text(text: str) -> str:
    """``text`` with LOST for each character that XML 1.0 forbids, written as itself or as a reference."""
    return _REFERENCE.sub(_kept, _FORBIDDEN.sub(LOST, text))


def xml_bytes(body: bytes) -> bytes:
    """The same of a document's bytes; a byte that is none of its encoding's is lost as well."""
    if body.startswith(_WIDE):
        return body
    declared = _DECLARED.match(body[:200].removeprefix(b"\xef\xbb\xbf"))
    if declared and declared[1].lower() not in {b"utf-8", b"utf8", b"us-ascii"}:
        text = body.decode("latin-1")  # each byte as one character, to be encoded back as it was
        return _REFERENCE.sub(_kept, re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", LOST, text)).encode(
            "latin-1", "xmlcharrefreplace"
        )
    text = body.decode("utf-8", "surrogateescape")
    read = xml_text(text)
    return body if read == text else read.encode()


def without_lost(text: str) -> str:
    """``text`` for a person to read."""
    return text.replace(LOST, UNKNOWN)


def storable(text: str) -> str:
    """``text`` with U+FFFD for NUL and for half a surrogate pair, which no database holds."""
    return _UNHELD.sub(UNKNOWN, text)


def storable_tree(value: Any) -> Any:
    """The same of every text in a JSON value, names of members among them."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(key): storable_tree(one) for key, one in value.items()}
    if isinstance(value, list):
        return [storable_tree(one) for one in value]
    return value


def _kept(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else int(found[2])
    if code > HIGHEST or _FORBIDDEN.match(chr(code)):
        return LOST
    return found[0]
