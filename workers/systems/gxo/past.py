"""GXO's folders looked at again: our files by their numbers, our orders by what stands in them, GXO's own by age.

GXO moves what it took from ``in`` to the archive, and the fleet moves there what it took from ``out`` (profile 2.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

import mappings.gxo as words
from adapters.gxo.client import Gxo
from adapters.gxo.settings import Settings
from adapters.sftp.files import Entry
from mappings.errors import Unmappable, Unreadable
from workers.ports.edi import RemoteFile
from workers.ports.past import Laid, LaidOrder
from workers.systems.gxo.documents import RESULT, open_interchanges

ORDERS, OURS = "940", ("940", "943")
A_NUMBER = 123456789  # in place of one, to see what stands around it in a file's name
AGAIN = r"(?:\.\d+)?"  # behind a name that was taken in the archive


class GxoPast:
    """The folders of one account, read only."""

    def __init__(self, settings: Settings, client: Gxo) -> None:
        """Connects to nothing yet."""
        self._settings = settings
        self._client = client
        self._names = {one: self._name_of(one) for one in OURS}

    def _name_of(self, set_id: str) -> re.Pattern[str]:
        mask = re.escape(self._settings.name_of(set_id, A_NUMBER))
        return re.compile(mask.replace(str(A_NUMBER), r"(\d{1,9})") + AGAIN)

    def numbers_laid(self, facility: str) -> frozenset[int]:
        """By the names of files in ``in`` and in the archive."""
        return frozenset(number for number, _ in self._ours(facility, OURS))

    def orders_laid(self, facility: str, above: int) -> Iterator[Laid]:
        """Each 940 in ``in`` and in the archive."""
        for number, entry in sorted(self._ours(facility, (ORDERS,)), key=lambda one: (one[0], one[1].name)):
            if number > above:
                yield self._opened(facility, entry)

    def archived(self, facility: str, since: datetime) -> list[RemoteFile]:
        """What is neither a file of ours nor older; one whose age the server does not tell is among them."""
        ours = (*self._names.values(), re.compile(rf"item_.*(?<!{re.escape(RESULT)})\.csv{AGAIN}"))
        return [
            RemoteFile(entry.path, entry.name)
            for entry in self._client.lying(facility, self._settings.archive_folder)
            if not any(name.fullmatch(entry.name) for name in ours)
            and (entry.changed is None or entry.changed >= since)
        ]

    def _ours(self, facility: str, sets: tuple[str, ...]) -> Iterator[tuple[int, Entry]]:
        for folder in (self._settings.in_folder, self._settings.archive_folder):
            for entry in self._client.lying(facility, folder):
                for one in sets:
                    if found := self._names[one].fullmatch(entry.name):
                        yield int(found[1]), entry

    def _opened(self, facility: str, entry: Entry) -> Laid:
        interchanges, bad = open_interchanges(self._client.fetch(entry.path), entry.name)
        orders: list[LaidOrder] = []
        for interchange in interchanges:
            if interchange.sender != self._settings.sender:
                continue
            for one in (one for group in interchange.groups for one in group.sets if one.id == ORDERS):
                try:
                    reference, units, cancels = words.read_940(one.segments)
                except Unmappable as error:
                    bad.append(Unreadable(f"{entry.name} {one.control_number}", error))
                else:
                    orders.append(LaidOrder(reference, facility, interchange.control_number, units, cancels))
        return Laid(tuple(orders), tuple(bad))
