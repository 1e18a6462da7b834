"""What the flows ask of a warehouse that keeps garments: its stock file, and what happens to a garment by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, BinaryIO, Protocol

from mappings.canonical import GarmentMove, GarmentReturn, GarmentRow, GoodsReceipt, LineKind, Retirement
from mappings.errors import Unreadable
from mappings.garment_decisions import Decision
from mappings.working_days import WorkingDays
from workers.ports.edi import RemoteFile


@dataclass(frozen=True, slots=True)
class GarmentRules:
    """The merchant's rules for its garments there.

    ``credit_above`` and ``write_off_above`` are amounts beyond which a person confirms; None: no limit.
    """

    calendar: WorkingDays
    buffer_hours: int = 0
    credit_above: Decimal | None = None
    write_off_above: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class FileSurvey:
    """A file that may count: its rows, and whether each can be read. ``form`` is the system's own."""

    rows: int
    whole: bool
    form: Any = None


class GarmentFiles(Protocol):
    """The daily file of every garment. ``list_new``, ``copy`` and ``archive`` go over the network."""

    poll_every: float  # seconds between two looks into the folder
    least_share: Decimal  # of the day before's rows; fewer are refused
    lost_after: int  # days in a row without a garment before it is a case
    lists_away: bool  # whether the file names garments that are with customers
    due_by: time  # when the day's file must have come, on the warehouse's clock

    def list_new(self) -> list[RemoteFile]:
        """Files that have stopped growing, oldest first."""

    def copy(self, path: str, into: BinaryIO) -> int:
        """Copies a file of any size, in bounded memory; its bytes."""

    def archive(self, path: str) -> None:
        """Moves it away, once its record is committed. Harmless to repeat."""

    def moment(self, name: str) -> tuple[datetime, date] | None:
        """When a file was written, and the warehouse's day; None for a name that is no stock file's of this account."""

    def survey(self, file: BinaryIO) -> FileSurvey:
        """Read it through once. Raises Unmappable, kind ``stock_file_refused``."""

    def read(self, file: BinaryIO, surveyed: FileSurvey) -> Iterator[GarmentRow | Unreadable]:
        """Every garment of a surveyed file, one at a time, and what could not be read."""


class GarmentStock(Protocol):
    """Garments by their tags: what is said of each, and what is decided about one that came back. All of it is pure."""

    rules: GarmentRules
    files: GarmentFiles | None

    def read_moved(self, body: bytes) -> tuple[GarmentMove, Sequence[Unreadable]]:
        """A garment that passed into another state. Raises Unmappable."""

    def read_retired(self, body: bytes) -> Retirement:
        """A garment that left for good. Raises Unmappable."""

    def read_unclear(self, body: bytes) -> GarmentMove:
        """The garment of an event that cannot be understood, as off sale just before it. Raises Unmappable."""

    def read_returned(self, body: bytes) -> tuple[GarmentReturn, Sequence[Unreadable]]:
        """A garment that came back, received or graded. Raises Unmappable."""

    def decide(self, returned: GarmentReturn, kind: LineKind | None) -> Decision:
        """What a graded return means in stock and money; ``kind`` is its order line's. Raises Unmappable."""

    def as_receipt(self, returned: GarmentReturn, decision: Decision | None, sku: str, facility: str) -> GoodsReceipt:
        """The same as goods in, one unit of a stock code."""
