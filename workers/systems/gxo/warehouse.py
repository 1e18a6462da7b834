"""GXO as the flows see it: X12 and item files over SFTP, and what they mean, joined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any

import mappings.gxo as words
from adapters.gxo.client import Gxo
from adapters.gxo.settings import Settings
from adapters.x12 import write_interchange
from mappings.canonical import Fulfilment, ReturnAdvice
from workers.ledger.expected import Expected
from workers.ports.orders import CancelResult, ControlNumber, Manner, SentOrder, WriteContext
from workers.ports.outbound_file import OutboundFile, read_outbound_file
from workers.ports.warehouse import Parts
from workers.systems.gxo.files import GxoFiles
from workers.systems.gxo.past import GxoPast

ORDERS, ADVICES = "OW", "AR"  # functional groups of 940 and 943


class GxoWarehouse:
    """One account at GXO, with all its facilities."""

    manner = Manner.FILE
    numbered = True
    repeatable = True  # the same bytes under the same name: GXO takes a file once
    ack_proof = "2xx"

    def __init__(self, settings: Settings, tables: Mapping[str, Any]) -> None:
        """Connects to nothing yet."""
        self.settings = settings
        self.client = Gxo(settings)
        self.sites = dict(settings.sites)
        self.replaces = settings.changes == "replace"
        self.answers = {
            "824": {
                Expected.RECEIVED.value: settings.ack_997_within,
                Expected.ACCEPTED.value: settings.ack_824_within,
            },
            "997": {Expected.RECEIVED.value: settings.ack_997_within},
            "none": {},
        }[settings.ack]
        self.answer_patience = settings.ack_824_within
        self.files = GxoFiles(settings, self.client, tables)
        self.past = GxoPast(settings, self.client)
        self._us = words.Client(settings.client, settings.client_name or settings.client, settings.warehouse_name)
        self._carriers: Mapping[str, str] = tables.get("carriers", {}).get("gxo", {})

    def ping(self) -> None:
        """Look at a folder."""
        self.client.ping()

    def reference_data(self) -> dict[str, Any]:
        """GXO has no ids of its own: facilities and SKUs go by our names. That it can be reached is all there is."""
        self.client.ping()
        return {"facilities": sorted(self.sites)}

    def write_order(self, fulfilment: Fulfilment, facts: dict[str, Any], context: WriteContext) -> bytes:
        """A 940, new."""
        return self._order("N", fulfilment, context)(context.stamp())

    def draw_up_order(
        self, fulfilment: Fulfilment, facts: dict[str, Any], context: WriteContext
    ) -> Callable[[ControlNumber], bytes]:
        """The same, but for its number."""
        return self._order("N", fulfilment, context)

    def write_change(self, fulfilment: Fulfilment, facts: dict[str, Any], context: WriteContext) -> bytes:
        """A 940 that repeats the whole order as it is now."""
        return self._order("R", fulfilment, context)(context.stamp())

    def _order(
        self, purpose: words.Purpose, fulfilment: Fulfilment, context: WriteContext
    ) -> Callable[[ControlNumber], bytes]:
        segments = words.write_940(
            fulfilment,
            purpose=purpose,
            client=self._us,
            services=self.settings.services,
            products=context.products,
            deliver_on=fulfilment.required_by,
            motor=self.settings.motor_services,
            zone=self.settings.facility(fulfilment.facility).zone,
        )
        return partial(self._letter, "940", ORDERS, segments, fulfilment.facility, fulfilment.reference)

    def write_cancel(self, sent: SentOrder, context: WriteContext) -> bytes:
        """A 940 that takes the order back."""
        segments = words.write_cancellation(
            sent.reference, sent.facility, client=self._us, associated_ref=sent.associated_ref
        )
        return self._letter("940", ORDERS, segments, sent.facility, sent.reference, context.stamp())

    def write_return(self, advice: ReturnAdvice, facts: dict[str, Any], context: WriteContext) -> bytes:
        """A 943."""
        words.write_943(advice, client=self._us, on=date.max)  # what cannot be written takes no number
        stamp = context.stamp()
        day = stamp.at.astimezone(self.settings.facility(advice.facility).zone).date()
        segments = words.write_943(advice, client=self._us, on=day)
        return self._letter("943", ADVICES, segments, advice.facility, advice.reference, stamp)

    def send_order(self, wire: bytes) -> str:
        """Lay the file into the facility's folder; GXO knows the order by our number."""
        return self._send_order(wire, new=False)

    def send_new_order(self, wire: bytes) -> str:
        """Lay it under a name whose number was never given before: one request fewer."""
        return self._send_order(wire, new=True)

    def _send_order(self, wire: bytes, *, new: bool) -> str:
        letter = read_outbound_file(wire)
        self.client.drop_order(letter.facility, letter.name, letter.data, new=new)
        return letter.reference

    def release_order(self, their_id: str) -> None:
        """GXO picks by itself."""

    def cancel_order(self, their_id: str, wire: bytes) -> CancelResult:
        """Lay the cancellation into the folder; GXO answers by a file."""
        self.send_order(wire)
        return CancelResult.ASKED

    def send_return(self, wire: bytes) -> str:
        """Lay the advice into the folder; GXO knows it by our number."""
        letter = read_outbound_file(wire)
        self.client.drop_advice(letter.facility, letter.name, letter.data)
        return letter.reference

    def courier(self, carrier: str, service: str) -> str:
        """Khaos's courier for GXO's carrier service."""
        return words.read_courier(service, self.settings.services, self._carriers)

    def _letter(
        self, set_id: str, group: str, segments: words.Segments, facility: str, reference: str, stamp: ControlNumber
    ) -> bytes:
        data = write_interchange(
            [(set_id, segments)],
            sender=self.settings.sender,
            receiver=self.settings.receiver,
            control_number=stamp.number,
            at=stamp.at,
            group_id=group,
            usage=self.settings.usage,
            ascii_only=self.settings.ascii_only,
        )
        return OutboundFile(facility, self.settings.name_of(set_id, stamp.number), reference, data).wire


def gxo(settings: Settings, tables: Mapping[str, Any]) -> Parts:
    """The parts of an account at GXO: everything by file, and nothing can be asked."""
    account = GxoWarehouse(settings, tables)
    files = account.files
    return Parts(
        account=account,
        orders=account,
        item_files=files,
        returns=account,
        dispatches=account,
        envelope_answers=files,
        answers=files,
        shipments=files,
        receipts=files,
        stock_documents=files,
        files=files,
        past=account.past,
    )
