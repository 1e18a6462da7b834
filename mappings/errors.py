"""What a mapping says when it will not guess."""

from __future__ import annotations

from dataclasses import dataclass

from mappings.text import storable


class Unmappable(Exception):
    """A value that no table knows, or a field that must be there and is not.

    ``field`` names the field in the partner's words, ``value`` what stood there (never a name or
    an address), ``why`` what to do: which table, which row. ``kind`` is the exception's kind.
    """

    def __init__(self, field: str, value: str, why: str, *, kind: str = "unmappable") -> None:
        field, value, why = storable(field), storable(value), storable(why)
        super().__init__(f"{field}={value!r}: {why}")
        self.field = field
        self.value = value
        self.why = why
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One entry of a reply that could not be read; its neighbours were. ``subject`` names it."""

    subject: str
    error: Unmappable

    def __post_init__(self) -> None:
        object.__setattr__(self, "subject", storable(self.subject))
