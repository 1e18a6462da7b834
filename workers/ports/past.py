"""What can be seen of the past in the folders of a partner by file: our files and its own, taken or not. Only read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from mappings.errors import Unreadable
from workers.ports.edi import RemoteFile


@dataclass(frozen=True, slots=True)
class LaidOrder:
    """An order in a file of ours, as it was laid: ``units`` by SKU; empty where the file takes the order back."""

    reference: str
    facility: str
    number: int
    units: dict[str, int] = field(default_factory=dict)
    cancels: bool = False


@dataclass(frozen=True, slots=True)
class Laid:
    """What a file of ours holds, and what of it could not be made out."""

    orders: tuple[LaidOrder, ...]
    unreadable: tuple[Unreadable, ...] = ()


class Past(Protocol):
    """The folders of one account, looked at again. Everything goes over the network, and nothing is moved."""

    def numbers_laid(self, facility: str) -> frozenset[int]:
        """The control numbers of files of ours that lie in a facility's folders, by their names."""

    def orders_laid(self, facility: str, above: int) -> Iterator[Laid]:
        """Orders in files of ours whose number is above one, file by file, by rising number."""

    def archived(self, facility: str, since: datetime) -> list[RemoteFile]:
        """Files of the partner's that lie in the archive and were written since, oldest first."""
