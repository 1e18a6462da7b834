"""GXO's files as the flows see them: folders and sets, with their mapping."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import mappings.gxo as words
from adapters.gxo.client import Gxo
from adapters.gxo.settings import Settings
from adapters.x12 import Envelope, Interchange, envelopes_of
from mappings.canonical import GoodsReceipt, PickLine, Product, StockMovement
from mappings.canonical.advices import (
    Acknowledgement,
    EnvelopeReceipt,
    ItemResult,
    OrderAdvice,
    ShipmentAdvice,
    StockSnapshot,
)
from mappings.errors import Unmappable, Unreadable
from workers.ports.edi import Document, DocumentSource, RemoteFile
from workers.ports.outbound_file import OutboundFile, read_outbound_file
from workers.ports.sources import Kind
from workers.systems.gxo.documents import (
    RESULT,
    content_of,
    documents,
    item_file_of,
    open_interchanges,
    origin_of,
    results,
    results_are_whole,
    segments_of,
)


class GxoFiles:
    """The files of one account at GXO."""

    def __init__(self, settings: Settings, client: Gxo, tables: Mapping[str, Any]) -> None:
        """``tables`` are the merchant's own rows."""
        self._settings = settings
        self._client = client
        self._conditions: Mapping[str, str] = tables.get("stock_conditions", {}).get("gxo", {})
        self._causes: Mapping[str, str] = tables.get("movement_causes", {}).get("gxo", {})
        self._lines: Mapping[str, str] = tables.get("line_statuses", {}).get("gxo", {})
        self._columns: Mapping[str, str] = tables.get("item_columns", {}).get("gxo", {})
        self.tells = frozenset(Kind)
        self.poll_every = settings.poll_interval
        self.post_every = min(settings.poll_interval, 30.0)
        self.series: str = settings.series
        self.gap_patience = settings.gap_patience
        self.answer_patience = settings.ack_824_within

    def list_new(self, facility: str) -> list[RemoteFile]:
        """Files that have stopped growing in ``out`` and, where there is one, ``out/ack``."""
        return [RemoteFile(entry.path, entry.name) for entry in self._client.list_new(facility)]

    def fetch(self, path: str) -> bytes:
        """The whole file."""
        return self._client.fetch(path)

    def archive(self, facility: str, path: str) -> None:
        """Into the facility's archive."""
        self._client.archive(facility, path)

    def numbers_of(self, name: str, data: bytes) -> tuple[tuple[int, ...], bool]:
        """Each ISA13; an item result has none, and what is not for us is in no series of ours."""
        if name.endswith(RESULT):
            return (), results_are_whole(data)
        envelopes, wrong = envelopes_of(data, name)
        ours = [one.control_number for one in envelopes if self._stranger(one, name) is None]
        return tuple(ours), not wrong and len(ours) == len(envelopes)

    def open(self, facility: str, name: str, data: bytes) -> tuple[list[Document], list[Unreadable]]:
        """The sets of every interchange that is for us, or an item result."""
        if name.endswith(RESULT):
            return [results(facility, name, data)], []
        interchanges, bad = open_interchanges(data, name)
        good: list[Document] = []
        for one in interchanges:
            stranger = self._stranger(one, name)
            if stranger is not None:
                bad.append(Unreadable(f"{name} interchange {one.control_number}", stranger))
                continue
            some, spoilt = documents(facility, one)
            good += some
            bad += spoilt
        if len(bad) == 1 and not interchanges:
            raise bad[0].error  # nothing stands beside it: it is the file
        return good, bad

    def _stranger(self, envelope: Envelope | Interchange, name: str) -> Unmappable | None:
        for field, value, wanted in (
            ("ISA06", envelope.sender, self._settings.receiver),
            ("ISA08", envelope.receiver, self._settings.sender),
            ("ISA15", envelope.usage, self._settings.usage),
        ):
            if value != wanted:
                why = f"{name} is not for this connection, which has {wanted}: ask GXO, or correct the connection"
                return Unmappable(field, value, why, kind="unreadable")
        return None

    def origin(self, body: bytes) -> DocumentSource:
        """Where a document stood."""
        return origin_of(body)

    def snapshot_by(self, facility: str) -> tuple[time, ZoneInfo]:
        """By which local time the day's 846 is due (gxo.md 2.1)."""
        facility_settings = self._settings.facility(facility)
        return facility_settings.snapshot_by, facility_settings.zone

    def read_acknowledgement(self, body: bytes) -> Acknowledgement:
        """A 997."""
        return words.read_997(segments_of(body))

    def read_envelope_receipt(self, body: bytes) -> EnvelopeReceipt:
        """A TA1."""
        return words.read_ta1(segments_of(body))

    def read_order_advice(self, body: bytes) -> tuple[OrderAdvice, ...]:
        """An 824."""
        return words.read_824(segments_of(body))

    def read_shipment(self, body: bytes) -> ShipmentAdvice:
        """A 945."""
        return self._here(words.read_945(segments_of(body), own=self._lines))

    def with_absent(self, advice: ShipmentAdvice, still_open: Sequence[PickLine]) -> ShipmentAdvice:
        """By the setting ``final_945``."""
        return words.with_absent(advice, still_open, self._settings.final_945)

    def read_receipt(self, body: bytes) -> tuple[GoodsReceipt, list[Unreadable]]:
        """A 944."""
        segments, origin = segments_of(body), origin_of(body)
        receipt, bad = words.read_944(
            segments, told_at=origin.written, zone=self._zone(words.facility(segments)), own=self._conditions
        )
        return receipt, bad

    def is_return(self, receipt: GoodsReceipt) -> bool:
        """By W1701."""
        return words.is_return(receipt)

    def read_adjustment(self, body: bytes) -> tuple[list[StockMovement], list[Unreadable]]:
        """A 947."""
        segments, origin = segments_of(body), origin_of(body)
        return words.read_947(
            segments,
            told_at=origin.written,
            zone=self._zone(words.facility(segments)),
            own_effects=self._causes,
            own_conditions=self._conditions,
        )

    def read_count(self, body: bytes) -> tuple[StockSnapshot, list[Unreadable]]:
        """An 846; its lines are read as they are asked for."""
        begin = body.index(b"\n") + 1
        counted, bad = words.open_846(body, begin, told_at=origin_of(body).written, own=self._conditions)
        self._zone(counted.facility)
        return counted, bad

    def read_item_results(self, body: bytes) -> tuple[str, list[ItemResult], list[Unreadable]]:
        """A result file."""
        good, bad = words.read_item_results(content_of(body))
        return item_file_of(origin_of(body).file), good, bad

    def write_product(self, product: Product, facts: dict[str, Any]) -> bytes:
        """A row of an item file."""
        row = words.write_item(product, own=self._columns, currency=self._settings.item_currency)
        return json.dumps(row, ensure_ascii=False).encode()

    def write_items(self, facility: str, rows: Sequence[bytes], at: datetime) -> tuple[str, bytes]:
        """An item file of rows that were written before."""
        name, data = words.write_item_file([tuple(json.loads(row)) for row in rows], self._settings.client, at)
        return name, OutboundFile(facility, name, name, data).wire

    def send_items(self, wire: bytes) -> None:
        """Into the facility's folder."""
        letter = read_outbound_file(wire)
        self._client.drop_items(letter.facility, letter.name, letter.data)

    def _zone(self, facility: str) -> ZoneInfo:
        if facility not in self._settings.sites:
            why = f'add "{facility}" = "<its Khaos site>" to the connection\'s sites in fleet.toml'
            raise Unmappable("N104", facility, why, kind="unknown_facility")
        return self._settings.facility(facility).zone

    def _here(self, advice: ShipmentAdvice) -> ShipmentAdvice:
        self._zone(advice.facility)
        return advice
