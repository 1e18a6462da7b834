"""What an account at ACS holds, for an audit: its newest stock file names garments, SKUs and orders in hand.

ACS lists neither orders nor products. An order that no garment is set aside for yet stands in no file, and is found
only by its number.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from adapters.acs.client import Acs
from adapters.acs.settings import Settings
from adapters.errors import Garbled, Rejected, Unavailable
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


class AcsHoldings:
    """One account, read only."""

    def __init__(
        self, settings: Settings, client: Acs, reads: AcsOrderReads, files: AcsStockFiles, tables: Mapping[str, Any]
    ) -> None:
        """``tables`` are the merchant's own rows."""
        self._settings, self._client, self._reads, self._files = settings, client, reads, files
        self._reasons = tables.get("adjustment_reasons", {}).get(SYSTEM)

    def orders(self, facts: dict[str, Any]) -> Iterator[OrdersPage]:
        """Orders for which garments are set aside, each read by its number."""
        numbers = {
            row.order_reference
            for row in self._newest()
            if isinstance(row, GarmentRow) and row.order_reference and row.state is GarmentState.RESERVED
        }
        for some in _pages(sorted(numbers), AT_ONCE):
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
        rows = (row for row in self._newest() if isinstance(row, GarmentRow))
        skus = {row.sku for row in rows if row.state is not GarmentState.RETIRED}
        yield from _pages(sorted(skus), SKUS_A_PAGE)

    def misfits(self, facts: dict[str, Any]) -> Iterator[Misfit]:
        """No stock file, words of it that no table knows, services that were not agreed, reasons without an account."""
        if self._files.newest() is None:
            why = "no stock file of the account lies in stock_folder or archive_folder: ask ACS for it, or correct the"
            yield Misfit("stock file", self._settings.account, f"{why} connection's files")
        words: dict[tuple[str, str], str] = {}
        for row in self._newest():
            if isinstance(row, Unreadable) and len(words) < WORDS_TOLD:
                words.setdefault((row.error.field, row.error.value), row.error.why)
        for (field, value), why in sorted(words.items()):
            yield Misfit(f"{field} in the stock file", value, why)
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

    def _newest(self) -> Iterator[GarmentRow | Unreadable]:
        """Rows of the newest stock file; none where there is none. Raises Unmappable for one that is no count."""
        path = self._files.newest()
        if path is None:
            return
        with tempfile.TemporaryFile() as held:
            self._files.copy(path, held)
            yield from self._files.read(held, self._files.survey(held))


def _pages(words: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    rest = iter(words)
    while some := tuple(islice(rest, size)):
        yield some
