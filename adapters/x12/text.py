"""What may stand in an element: how a text loses what would break the envelope, and how it becomes ASCII."""

from __future__ import annotations

import unicodedata

from adapters.x12.grammar import Delimiters

SPELLED = {  # letters that Unicode does not take apart into a letter and its accent
    "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th",
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ı": "i", "ħ": "h", "Ħ": "H", "ŋ": "n", "Ŋ": "N",  # noqa: RUF001  the dotless i is meant
    "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "´": "'", "⁄": "/", "·": ".",  # noqa: RUF001  typographic marks are meant
}  # fmt: skip
BREAKS = {"Cc", "Zl", "Zp"}  # line breaks and other control characters
SPELLED_BY_KIND = {"Mn": "", "Cf": "", "Pd": "-", "Zs": " "}  # accents, marks without width, dashes, spaces


class Unwritable(ValueError):
    """A character that has no place on this wire."""


def is_plain(text: str, delimiters: Delimiters) -> bool:
    """Whether a text has printable ASCII alone, and no separator: it may stand as it is."""
    return (
        text.isascii()
        and text.isprintable()
        and delimiters.element not in text
        and delimiters.component not in text
        and delimiters.segment not in text
    )


def cleaned(text: str, delimiters: Delimiters, *, ascii_only: bool = False) -> str:
    """``text`` as it may stand in an element: separators and control characters become a space.

    With ``ascii_only`` letters lose their accents (é is e, ł is l). Spaces at both ends go. Raises Unwritable
    for what has no form: half a surrogate pair, or with ``ascii_only`` a letter of another script.
    """
    if is_plain(text, delimiters):
        return text.strip(" ")
    spelled = "".join(map(_ascii, unicodedata.normalize("NFC", text))) if ascii_only else text
    separators = {delimiters.element, delimiters.component, delimiters.segment}
    kept = "".join(" " if one in separators or unicodedata.category(one) in BREAKS else one for one in spelled)
    if any(unicodedata.category(one) == "Cs" for one in kept):
        raise Unwritable("half a surrogate pair is no character")
    return kept.strip(" ")


def _ascii(one: str) -> str:
    if one.isascii():
        return one
    if (spelled := SPELLED.get(one)) is not None:
        return spelled
    parts = unicodedata.normalize("NFKD", one)
    spelled = "".join(
        part if part.isascii() else SPELLED.get(part, SPELLED_BY_KIND.get(unicodedata.category(part), part))
        for part in parts
    )
    if not spelled.isascii():
        raise Unwritable(f"{one!r} (U+{ord(one):04X}) has no spelling in ASCII")
    return spelled
