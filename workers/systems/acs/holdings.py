"""What an account at ACS holds, for an audit: its newest stock file names garments, SKUs and orders in hand.

ACS lists neither orders nor products. An order that no garment is set aside for yet stands in no file, and is found
only by its number.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from adapters.acs.client import Acs
from adapters.acs.settings import Settings
from adapters.errors import Garbled, Rejected, Unavailable
from adapters.sftp.files import Entry
from mappings.acs import write_service
from mappings.adjustments import read_adjustment, reason_unmapped
from mappings.canonical import GarmentRow, GarmentState, RetiredFor, WarehouseOrder
from mappings.errors import Unmappable, Unreadable
from workers.ports.holdings import Misfit, OrdersPage
from workers.systems.acs.garments import AcsStockFiles
from workers.systems.acs.order_reads import AcsOrderReads

SYSTEM = "acs"
AT_ONCE, SKUS_A_PAGE = 20, 500
WORDS_TOLD = 50  # distinct words of the file that no table knows
REASONS = {RetiredFor.BEYOND_REPAIR: "BER"}  # finance's rows name the others as we do
EX_HIRED = "EX_HIRED"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a stock file shows: orders that garments are set aside for, SKUs, and words that no table knows."""

    orders: set[str] = field(default_factory=set)
    skus: set[str] = field(default_factory=set)
    words: dict[tuple[str, str], str] = field(default_factory=dict)

    def take(self, row: GarmentRow | Unreadable) -> None:
        """Add a row of the file."""
        if isinstance(row, Unreadable):
            if len(self.words) < WORDS_TOLD:
                self.words.setdefault((row.error.field, row.error.value), row.error.why)
            return
        if row.order_reference and row.state is GarmentState.RESERVED:
            self.orders.add(row.order_reference)
        if row.state is not GarmentState.RETIRED:
            self.skus.add(row.sku)


class AcsHoldings:
    """One account, read only."""

    lists_orders = False

    def __init__(
        self, settings: Settings, client: Acs, reads: AcsOrderReads, files: AcsStockFiles, tables: Mapping[str, Any]
    ) -> None:
        """``tables`` are the merchant's own rows."""
        self._settings, self._client, self._reads, self._files = settings, client, reads, files
        self._reasons = tables.get("adjustment_reasons", {}).get(SYSTEM)
        self._read: tuple[Entry, Shown] | None = None

    def orders(self, facts: dict[str, Any]) -> Iterator[OrdersPage]:
        """Orders for which garments are set aside, each read by its number."""
        for some in _pages(sorted(self._shown().orders), AT_ONCE):
            yield self._page(some)

    def _page(self, numbers: Sequence[str]) -> OrdersPage:
        good: list[WarehouseOrder] = []
        bad: list[Unreadable] = []
        for number in numbers:
            try:
                body = self._client.get_order(number)
                good += [self._reads.read_order(body, datetime.now(UTC))] if body is not None else []
            except Unmappable as error:
                bad.append(Unreadable(number, error))
            except (Garbled, Rejected, Unavailable) as error:
                if isinstance(error, Unavailable) and not error.answered:
                    raise
                bad.append(Unreadable(number, Unmappable("order", number, f"ACS does not show it: {error.what}")))
        return OrdersPage(tuple(good), tuple(bad))

    def products(self, facts: dict[str, Any]) -> Iterator[tuple[str, ...]]:
        """SKUs of garments that are not retired: only those may stand on an order."""
        yield from _pages(sorted(self._shown().skus), SKUS_A_PAGE)

    def misfits(self, facts: dict[str, Any]) -> Iterator[Misfit]:
        """No stock file, words of it that no table knows, services that were not agreed, reasons without an account."""
        if self._files.newest() is None:
            why = "no stock file of the account lies in stock_folder or archive_folder: ask ACS for it, or correct the"
            yield Misfit("stock file", self._settings.account, f"{why} connection's files")
        for (column, value), why in sorted(self._shown().words.items()):
            yield Misfit(f"{column} in the stock file", value, why)
        for courier in sorted(self._settings.services):
            try:
                write_service(courier, self._settings.services, self._settings.allowed_services)
            except Unmappable as error:
                yield Misfit("service", courier, error.why)
        ends = [reason for reason in RetiredFor if reason is not RetiredFor.SOLD]
        for code in sorted({EX_HIRED, *(REASONS.get(reason, reason.value.upper()) for reason in ends)}):
            try:
                if not read_adjustment(SYSTEM, code, self._reasons).account:
                    raise reason_unmapped(SYSTEM, code)
            except Unmappable as error:
                yield Misfit("reason", code, error.why)

    def _shown(self) -> Shown:
        """Read the newest stock file, once; nothing where there is none. Raises Unmappable for one that is no count."""
        newest = self._files.newest()
        if newest is None:
            return Shown()
        if self._read is None or self._read[0] != newest:
            shown = Shown()
            with tempfile.TemporaryFile() as held:
                self._files.copy(newest.path, held)
                for row in self._files.read(held, self._files.survey(held)):
                    shown.take(row)
            self._read = newest, shown
        return self._read[1]


def _pages(words: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    rest = iter(words)
    while some := tuple(islice(rest, size)):
        yield some
