"""ACS's set-up files and the answers to them as the flows see them, over SFTP."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

import mappings.acs as words
from adapters.acs.file_settings import FileSettings
from adapters.acs.files import AcsFiles
from adapters.acs.settings import Settings
from mappings.canonical import GarmentItem
from mappings.canonical.advices import ItemResult
from mappings.errors import Unmappable, Unreadable
from workers.ports.edi import Document, RemoteFile
from workers.ports.outbound_file import OutboundFile, read_outbound_file
from workers.ports.sources import Kind


class AcsSetupFiles:
    """Set-up files of one account; the folder of their results is the only one whose documents are opened here."""

    tells = frozenset({Kind.GARMENT_RESULTS})
    series = "account"
    gap_patience = 0.0

    def __init__(self, settings: Settings, files: FileSettings, client: AcsFiles) -> None:
        """Connects to nothing yet."""
        self._settings = settings
        self._files = files
        self._client = client
        (self._facility,) = settings.sites
        self.poll_every = files.poll_interval
        self.post_every = files.poll_interval
        self.answer_patience = settings.answer_within
        self.withdraws = bool(files.setup_status_column)

    def check_item(self, item: GarmentItem) -> None:
        """By the columns that ACS needs."""
        words.write_setup_row(item)

    def write_setup(self, items: Sequence[GarmentItem], number: int, at: datetime) -> tuple[str, bytes]:
        """One row a garment."""
        day = at.astimezone(self._settings.calendar.zone).date()
        column = self._files.setup_status_column
        name, data = words.write_setup_file(items, self._settings.account, day, number, status_column=column)
        return name, OutboundFile(self._facility, name, name, data).wire

    def send_setup(self, wire: bytes) -> None:
        """Into the set-up folder."""
        letter = read_outbound_file(wire)
        self._client.drop_setup(letter.name, letter.data)

    def read_setup_results(self, body: bytes) -> tuple[str, list[ItemResult], list[Unreadable]]:
        """A result file. A garment that was set up before is there."""
        head, _, data = body.partition(b"\n")
        good, bad = words.read_setup_result(data)
        results = [one.model_copy(update={"accepted": words.is_there(one)}) for one in good]
        return self._answered(json.loads(head)["file"]), results, bad

    def _answered(self, name: str) -> str:
        """The set-up file behind a result's name."""
        suffix = self._files.result_suffix
        return f"{name[: -len(suffix)]}.csv" if name.lower().endswith(suffix.lower()) else name

    def list_new(self, facility: str) -> list[RemoteFile]:
        """Results that have stopped growing."""
        return [RemoteFile(entry.path, entry.name) for entry in self._client.setup_results()]

    def fetch(self, path: str) -> bytes:
        """The whole file."""
        return self._client.fetch(path)

    def archive(self, facility: str, path: str) -> None:
        """Into the archive."""
        self._client.archive(path)

    def numbers_of(self, name: str, data: bytes) -> tuple[tuple[int, ...], bool]:
        """Results are in no series; one that names no garment, or that cannot be read in full, is a stub."""
        try:
            good, bad = words.read_setup_result(data)
        except Unmappable:
            return (), False
        return (), bool(good) and not bad

    def open(self, facility: str, name: str, data: bytes) -> tuple[list[Document], list[Unreadable]]:
        """A file is one document, known by its name and its content: it may be laid again with more in it."""
        head = json.dumps({"facility": facility, "file": name}).encode()
        key = hashlib.sha256(name.encode() + data).hexdigest()
        return [Document(Kind.GARMENT_RESULTS, key, head + b"\n" + data)], []
