"""GXO as the flows see it: X12 and item files over SFTP, and what they mean, joined."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import mappings.gxo as words
from adapters.gxo.client import Gxo
from adapters.gxo.settings import Settings
from adapters.x12 import write_interchange
from mappings.canonical import Fulfilment, Product, ReturnAdvice
from workers.ports.outbound_file import Letter, open_letter
from workers.ports.warehouse import Cancelling, Known, Stamp
from workers.systems.gxo.files import GxoFiles

ORDERS, ADVICES = "OW", "AR"  # functional groups of 940 and 943


class GxoWarehouse:
    """One account at GXO, with all its facilities."""

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
            "824": {"received": settings.ack_997_within, "accepted": settings.ack_824_within},
            "997": {"received": settings.ack_997_within},
            "none": {},
        }[settings.ack]
        self.files = GxoFiles(settings, self.client, tables)
        self._us = words.Client(settings.client, settings.client_name or settings.client, settings.warehouse_name)
        self._carriers: Mapping[str, str] = tables.get("carriers", {}).get("gxo", {})
        self._columns: Mapping[str, str] = tables.get("item_columns", {}).get("gxo", {})

    def ping(self) -> None:
        """Look at a folder."""
        self.client.ping()

    def reference_data(self) -> dict[str, Any]:
        """GXO has no ids of its own: facilities and SKUs go by our names. That it can be reached is all there is."""
        self.client.ping()
        return {"facilities": sorted(self.sites)}

    def write_order(self, fulfilment: Fulfilment, facts: dict[str, Any], known: Known) -> bytes:
        """A 940, new."""
        return self._order("N", fulfilment, known)

    def write_change(self, fulfilment: Fulfilment, facts: dict[str, Any], known: Known) -> bytes:
        """A 940 that repeats the whole order as it is now."""
        return self._order("R", fulfilment, known)

    def _order(self, purpose: words.Purpose, fulfilment: Fulfilment, known: Known) -> bytes:
        segments = words.write_940(
            fulfilment,
            purpose=purpose,
            client=self._us,
            services=self.settings.services,
            products=known.products,
            motor=self.settings.motor_services,
            zone=self.settings.facility(fulfilment.facility).zone,
        )
        return self._letter("940", ORDERS, segments, fulfilment.facility, fulfilment.reference, known.stamp())

    def write_cancel(self, reference: str, facility: str, associated_ref: str, known: Known) -> bytes:
        """A 940 that takes the order back."""
        segments = words.write_cancellation(reference, facility, client=self._us, associated_ref=associated_ref)
        return self._letter("940", ORDERS, segments, facility, reference, known.stamp())

    def write_return(self, advice: ReturnAdvice, facts: dict[str, Any], known: Known) -> bytes:
        """A 943."""
        words.write_943(advice, client=self._us, on=date.max)  # what cannot be written takes no number
        stamp = known.stamp()
        day = stamp.at.astimezone(self.settings.facility(advice.facility).zone).date()
        segments = words.write_943(advice, client=self._us, on=day)
        return self._letter("943", ADVICES, segments, advice.facility, advice.reference, stamp)

    def write_product(self, product: Product, facts: dict[str, Any]) -> bytes:
        """A row of an item file."""
        row = words.write_item(product, own=self._columns, currency=self.settings.item_currency)
        return json.dumps(row, ensure_ascii=False).encode()

    def send_order(self, wire: bytes) -> str:
        """Lay the file into the facility's folder; GXO knows the order by our number."""
        letter = open_letter(wire)
        self.client.drop_order(letter.facility, letter.name, letter.data)
        return letter.reference

    def release_order(self, their_id: str) -> None:
        """GXO picks by itself."""

    def cancel_order(self, their_id: str, wire: bytes) -> Cancelling:
        """Lay the cancellation into the folder; GXO answers by a file."""
        self.send_order(wire)
        return Cancelling.ASKED

    def send_return(self, wire: bytes) -> str:
        """Lay the advice into the folder; GXO knows it by our number."""
        letter = open_letter(wire)
        self.client.drop_advice(letter.facility, letter.name, letter.data)
        return letter.reference

    def courier(self, carrier: str, service: str) -> str:
        """Khaos's courier for GXO's carrier service."""
        return words.read_courier(service, self.settings.services, self._carriers)

    def _letter(
        self, set_id: str, group: str, segments: words.Segments, facility: str, reference: str, stamp: Stamp
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
        return Letter(facility, self.settings.name_of(set_id, stamp.number), reference, data).wire
