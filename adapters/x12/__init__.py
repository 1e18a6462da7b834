"""X12 4010 on the wire: interchanges to plain segments and back. No segment has a meaning here."""

from adapters.x12.envelopes import Envelope, envelope_of, envelopes_of
from adapters.x12.errors import X12Error
from adapters.x12.grammar import Delimiters
from adapters.x12.outside import Receipt
from adapters.x12.reading import Group, Interchange, TransactionSet, read_interchange, read_interchanges
from adapters.x12.text import cleaned
from adapters.x12.tokens import Lines
from adapters.x12.writing import Segments, write_interchange

__all__ = [
    "Delimiters",
    "Envelope",
    "Group",
    "Interchange",
    "Lines",
    "Receipt",
    "Segments",
    "TransactionSet",
    "X12Error",
    "cleaned",
    "envelope_of",
    "envelopes_of",
    "read_interchange",
    "read_interchanges",
    "write_interchange",
]
