"""RFID tags as they are compared. Source: acs.md 2.5.3: EPC-96, 24 hexadecimal digits, upper case."""

from __future__ import annotations

import re

from mappings.errors import Unmappable

TAG = re.compile(r"[0-9A-F]{24}")


def read_tag(word: str, field: str = "RFID") -> str:
    """The tag in upper case. Raises Unmappable for what is no tag."""
    tag = word.strip().upper()
    if not TAG.fullmatch(tag):
        raise Unmappable(field, word, "a tag has 24 hexadecimal digits: ask ACS which garment this is")
    return tag
