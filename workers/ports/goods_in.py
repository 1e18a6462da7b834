"""What the flows ask about goods that come in, of a warehouse that shows its receipts when it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from mappings.canonical import GoodsReceipt


@dataclass(frozen=True, slots=True)
class ReceiptHint:
    """A warehouse's word that something happened to goods in: a receipt, and those of its lines that were named.

    Id or reference may be empty, never both. ``skus`` are worth a count.
    """

    their_id: str
    reference: str
    line_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GoodsInHint:
    """The receipts and SKUs that a webhook about goods in names."""

    receipts: tuple[ReceiptHint, ...]
    skus: tuple[str, ...] = ()


class GoodsIn(Protocol):
    """Receipts of a warehouse that is asked for them. ``read_*`` are pure; the others go over the network."""

    def read_hint(self, event: str, body: bytes) -> GoodsInHint:
        """Understand an event about goods in. Raises Unmappable."""

    def fetch(self, their_id: str, reference: str, line_ids: Sequence[str], facts: dict[str, Any]) -> bytes | None:
        """Re-read one receipt with its lines as far as they are known; None when it is not there."""

    def moved_since(
        self, facility: str, since: datetime, references: Mapping[str, str], facts: dict[str, Any]
    ) -> list[ReceiptHint]:
        """Receipts at which people worked since a moment; ``references`` names them by id, to ask for less."""

    def read(self, raw: bytes, read_at: datetime) -> GoodsReceipt:
        """Understand a re-read receipt. Raises Unmappable."""

    def is_return(self, receipt: GoodsReceipt) -> bool:
        """Whether the warehouse's own kind of receipt says that customers sent these goods back."""
