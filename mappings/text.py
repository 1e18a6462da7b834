"""Partners' text that cannot be stored: characters that no database holds, and that XML forbids."""

from __future__ import annotations

import re

LOST = "\ue0f0"  # in place of a character that XML forbids: adapters and mappings write the same
UNKNOWN = "\ufffd"
NO_VALUE = frozenset(
    {
        "nan", "-nan", "nat", "null", "(null)", "#null!", "none", "nil", "undefined", "n/a", "#n/a", "<na>", "\\n", "-",
        "#ref!", "#value!", "#name?", "#num!", "#div/0!",
    }
)  # fmt: skip
# 536365 as a spreadsheet, or a program, writes it that took codes for numbers
_AS_NUMBER = re.compile(r"(\d+)\.0+|\d(?:\.\d+)?E\+\d+", re.ASCII)

_PARTED = re.compile(r"[,;|\n\r\t]+")
_UNHELD = re.compile("[\x00\ud800-\udfff]")
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9A-Fa-f]{1,16})|([0-9]{1,20}));")
_HIGHEST = 0x10FFFF


def storable(text: str) -> str:
    """``text`` with U+FFFD for NUL, for half a surrogate pair and for LOST: as it may be stored and shown."""
    return _UNHELD.sub(UNKNOWN, text).replace(LOST, UNKNOWN)


def without_placeholder(text: str) -> str:
    """``text`` without spaces around it; empty for a placeholder such as "n/a" that stands for no value."""
    kept = text.strip()
    return "" if kept.lower() in NO_VALUE else kept


def is_placeholder(text: str) -> bool:
    """Whether a text stands for no value, such as "n/a"."""
    return text.strip().lower() in NO_VALUE


def several(text: str) -> tuple[str, ...]:
    """The numbers in a text in which a comma, ``;`` or ``|`` parts them, each once; blanks are a number's own."""
    parts = (without_placeholder(part) for part in _PARTED.split(text))
    return tuple(dict.fromkeys(part for part in parts if part))


def why_no_code(text: str) -> str:
    """Why a cell of a file holds no code, with what to write instead; empty for a code."""
    if is_placeholder(text):
        return f"{text.strip()!r} stands for no value: write the code"
    if found := _AS_NUMBER.fullmatch(text.strip()):
        code = found[1] or "it in full"
        return f"{text.strip()!r} is a number as a spreadsheet writes one: write {code}, and make the column text"
    return ""


def legal(given: str) -> str:
    """``given`` without the characters that XML 1.0 forbids."""
    return _FORBIDDEN.sub("", given)


def readable_xml(xml: str) -> str:
    """``xml`` with LOST for each character that XML 1.0 forbids, written as itself or as a reference."""
    return _REFERENCE.sub(_kept, _FORBIDDEN.sub(LOST, xml))


def _kept(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else int(found[2])
    return LOST if code > _HIGHEST or _FORBIDDEN.match(chr(code)) else found[0]
