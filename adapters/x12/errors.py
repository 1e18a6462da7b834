"""Where in a file the trouble stands: the one error of reading X12."""

from __future__ import annotations

from adapters.errors import Garbled
from adapters.x12.grammar import SEGMENT_ID

MEND = "have the sender mend it and send it again"


class X12Error(Garbled):
    """A file, or one transaction set in it, that is not X12 as its own envelope promises.

    ``position`` counts segments from the file's ISA, which is 1; ``segment`` is the segment's id, "" where there
    stands none; ``element`` counts from 1 behind the id, 0 where the whole segment is meant. Nothing of the text
    is repeated: it may be a person's name or address. ``todo`` says what helps.
    Reading has no effect over there: ``maybe_done`` is false.
    """

    def __init__(self, file: str, position: int, segment: str, element: int, why: str, todo: str = MEND) -> None:
        at = f", element {element}" if element else ""
        segment_id = segment if SEGMENT_ID.fullmatch(segment) else ""
        super().__init__(
            f"{file}: segment {position} ({segment_id or 'no id'}){at}: {why}; {todo}",
            maybe_done=False,
        )
        self.file = file
        self.position = position
        self.segment = segment_id
        self.element = element
        self.why = why
