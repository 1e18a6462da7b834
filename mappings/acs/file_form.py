"""How ACS's CSV is written: which encoding, which delimiter, which of their columns is which of ours."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a file. ``headers`` maps our column names to theirs where they differ.

    ``encoding`` "auto" goes by the byte order mark, or by the empty halves of UTF-16's letters, then UTF-8, then
    Windows-1252; ``delimiter`` "auto" by the header.
    """

    headers: Mapping[str, str]
    encoding: str = "auto"
    delimiter: str = "auto"


def find_form(file: BinaryIO, form: Form) -> tuple[str, str]:
    """The file's encoding and delimiter, as the form says or as the file shows."""
    encoding = form.encoding if form.encoding != "auto" else _encoding(file)
    return encoding, form.delimiter if form.delimiter != "auto" else _delimiter(file, encoding)


def folded(name: str) -> str:
    """A column's name as it is compared: letters and digits, without regard to case."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", name).casefold() if sign.isalnum())


def _encoding(file: BinaryIO) -> str:
    file.seek(0)
    start = file.read(4)
    for mark, encoding in BOMS:
        if start.startswith(mark):
            return encoding
    if b"\x00" in start[:2]:
        return "utf-16-be" if start.startswith(b"\x00") else "utf-16-le"
    file.seek(0)
    return "utf-8" if _is_utf8(file) else "cp1252"


def _is_utf8(file: BinaryIO) -> bool:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        while text.read(PIECE):
            pass
    except UnicodeError:
        return False
    finally:
        text.detach()
    return True


def _delimiter(file: BinaryIO, encoding: str) -> str:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        first = text.readline()
    except UnicodeError:
        first = ""
    finally:
        text.detach()
    return max(",;\t|", key=first.count)
