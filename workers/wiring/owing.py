"""What stock asks of the merchant's ERP beyond the other flows: what is promised, read as generously as can be."""

from __future__ import annotations

from typing import Protocol

from mappings.khaos import Promise
from workers.wiring.port import Erp


class Owing(Erp, Protocol):
    """An ERP that owes goods to its customers."""

    def read_promises(self, raw: bytes) -> list[Promise]:
        """What every invoice of a status reply promises, whatever else is wrong with it."""

    def read_line_sites(self, raw: bytes) -> dict[str, dict[str, str]]:
        """Site by SKU of the lines of full orders that are of another site than their order; empty: of several."""

    def read_ordered(self, raw: bytes) -> dict[str, dict[str, int]]:
        """Units by SKU of full orders, by code and by associated reference, whatever else is wrong with them."""
