"""ACS's garments as the flows see them: the daily file of tags, and events about one garment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Any, BinaryIO

import mappings.acs as words
from adapters.acs.file_settings import FileSettings
from adapters.acs.files import AcsFiles
from adapters.acs.settings import Settings
from adapters.sftp.files import Entry
from mappings.acs import EventKind, Grades, States
from mappings.canonical import GarmentMove, GarmentReturn, GarmentRow, GoodsReceipt, LineKind, Retirement
from mappings.errors import Unmappable, Unreadable
from mappings.garment_decisions import Decision
from mappings.stock_files import read_name
from workers.ports.edi import RemoteFile
from workers.ports.garment_stock import FileSurvey, GarmentFiles, GarmentRules
from workers.systems.acs.agreement import calendar_of


class AcsGarments:
    """The garments of one account. ``tables`` are the merchant's own rows."""

    def __init__(self, settings: Settings, tables: Mapping[str, Any]) -> None:
        self._account = settings.account
        self._states = States(tables.get("stock_conditions", {}).get("acs", {}))
        self._grades = Grades(tables.get("grades", {}).get("acs", {}))
        self._decisions = tables.get("return_decisions", {}).get("acs", {})
        self.rules = GarmentRules(
            calendar=calendar_of(settings),
            buffer_hours=settings.hire.buffer_hours,
            credit_above=settings.credit_above,
            write_off_above=settings.write_off_above,
        )
        self.stock_files = (
            AcsStockFiles(settings, settings.files, self._states, self._grades) if settings.files else None
        )
        self.files: GarmentFiles | None = self.stock_files

    def read_moved(self, body: bytes) -> tuple[GarmentMove, Sequence[Unreadable]]:
        """``item.disposition_changed``."""
        return words.read_moved(words.read_event(body, self._account), self._states, self._grades)

    def read_retired(self, body: bytes) -> Retirement:
        """``item.retired``."""
        return words.read_retired(words.read_event(body, self._account), self._grades)

    def read_unclear(self, body: bytes) -> GarmentMove:
        """An ``item.*`` event with a word that has no row."""
        return words.read_unclear(words.read_event(body, self._account))

    def read_returned(self, body: bytes) -> tuple[GarmentReturn, Sequence[Unreadable]]:
        """``item.received`` and ``item.graded``."""
        event = words.read_event(body, self._account)
        if event.kind is EventKind.ITEM_RECEIVED:
            return words.read_received(event, self._states)
        if event.kind is EventKind.ITEM_GRADED:
            return words.read_graded(event, self._states, self._grades)
        raise Unmappable("EventType", event.kind_word, "this event is of no return", kind="unknown_event")

    def decide(self, returned: GarmentReturn, kind: LineKind | None) -> Decision:
        """By hire or sale, grade and disposition: ``mappings/acs/tables/decisions.toml``."""
        if returned.grade is None:
            raise Unmappable("Grade", "", "ask ACS for the garment's grade", kind="unknown_grade")
        settled = words.settled_kind(returned.kind, kind)
        return words.decide(
            settled,
            returned.grade,
            returned.disposition,
            charge_recommended=returned.charge_recommended,
            own=self._decisions,
        )

    def as_receipt(self, returned: GarmentReturn, decision: Decision | None, sku: str, facility: str) -> GoodsReceipt:
        """One unit, known by order and tag."""
        return words.as_receipt(returned, decision, sku=sku, facility=facility)


class AcsStockFiles:
    """The daily stock file of one account."""

    def __init__(self, settings: Settings, files: FileSettings, states: States, grades: Grades) -> None:
        self._account, self._zone = settings.account, settings.calendar.zone
        self._settings = files
        self._files = AcsFiles(files)
        self._states, self._grades = states, grades
        headers = {str(column): name for column, name in files.stock_headers.items()}
        self._form = words.Form(headers, encoding=files.stock_encoding, delimiter=files.stock_delimiter)
        self.poll_every = files.poll_interval
        self.least_share = files.least_share
        self.lost_after = files.lost_after
        self.lists_away = files.lists_away
        self.due_by = files.stock_by

    def list_new(self) -> list[RemoteFile]:
        """What lies in ``stock_folder``."""
        return [RemoteFile(entry.path, entry.name) for entry in self._files.stock_files()]

    def newest(self) -> Entry | None:
        """The newest stock file that lies there or in the archive; None where there is none."""
        found = [(moment, one.path, one) for one in self._files.stock_files_ever() if (moment := self.moment(one.name))]
        return max(found, key=itemgetter(0, 1))[2] if found else None

    def copy(self, path: str, into: BinaryIO) -> int:
        """By SFTP."""
        return self._files.copy(path, into)

    def archive(self, path: str) -> None:
        """Into ``archive_folder``."""
        self._files.archive(path)

    def moment(self, name: str) -> tuple[datetime, date] | None:
        """By ``stock_name``, on the warehouse's clock."""
        return read_name(name, self._settings.stock_name, self._account, self._zone)

    def survey(self, file: BinaryIO) -> FileSurvey:
        """Headers, encoding, doubled tags."""
        found = words.survey(file, self._form)
        return FileSurvey(found.rows, found.whole, found)

    def read(self, file: BinaryIO, surveyed: FileSurvey) -> Iterator[GarmentRow | Unreadable]:
        """Row by row."""
        return words.read_garments(file, self._form, surveyed.form, states=self._states, grades=self._grades)
