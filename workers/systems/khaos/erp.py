"""Khaos Control as the flows see it: its client and its mapping, joined."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import mappings.khaos as words
from adapters.errors import Garbled, TooLong
from adapters.khaos.client import Khaos
from adapters.khaos.courier_folder import lay
from adapters.khaos.courier_settings import ConsignmentFile
from adapters.khaos.settings import Settings
from mappings.canonical import CreditNote, Invoice, Product, SalesOrder, Shipment
from mappings.canonical.consignments import Consigned
from mappings.canonical.journal import JournalEntry
from mappings.canonical.stages import CANCELLED_STAGE
from mappings.errors import Unmappable, Unreadable
from mappings.khaos.consignments import Layout, write_consignments
from mappings.khaos.orders import code_of
from mappings.khaos.services import ServiceLines
from mappings.khaos.values import document
from workers.ports.erp import Listed
from workers.systems.khaos.channel import KhaosChannel

SET_BACK = timedelta(hours=1)  # what clocks are set back by in autumn
MOVED = re.compile(rb' MOVED="[^"]*"')
EVER = datetime(2000, 1, 1, tzinfo=UTC)  # the date filter must be given, and is on the day an order was placed
ONE_DAY = timedelta(days=1)
NEWER = 8  # of a span that is too long for one reply, the newest eighth is asked for by itself: most orders are new
EDITED, EVERY_ITEM, BY_URN, BY_ORDER_CODE = 0, 0, 1, 3


class KhaosErp:
    """The merchant's Khaos Control."""

    def __init__(self, settings: Settings, tables: Mapping[str, Any]) -> None:
        """Connects to nothing yet."""
        del tables
        self.settings = settings
        self.client = Khaos(settings)
        self.ready_stages = tuple(settings.ready_stages)
        self.withdraw_stages = tuple(settings.withdraw_stages)
        self.sites = tuple(settings.sites)
        self.level_semantics: str = settings.level_semantics
        self.issue_point: str = settings.issue_point
        self._services = ServiceLines(settings.service_lines)
        self.channel = KhaosChannel(settings.channel, settings.zone)
        self._ages: dict[tuple[int, ...], list[timedelta]] = {}  # by stages: where a span had to be cut before

    def ping(self) -> None:
        """Ask for the version."""
        self.client.ping()

    def reference_data(self) -> dict[str, Any]:
        """Names and ids of the stock sites."""
        return {"sites": {site.name: site.id for site in self.client.get_site_list().sites}}

    def fetch_status(self, orders: Sequence[str] = ()) -> bytes:
        """Invoices in the stages that we watch, cancelled ones too; or every invoice of some orders."""
        if orders:
            text = self.client.export_order_status(
                ids=orders, mapping_type=BY_ORDER_CODE, confirmed_only=False, include_cancelled=True, show_items=True
            )
            return text.encode()
        now = datetime.now(UTC)
        # bounded by stage, never by age: a back order may be released a year after it was placed
        watched = self._by_stage((*self.ready_stages, *self.withdraw_stages), EVER, now, confirmed_only=True)
        # of the cancelled there is no end; an older one that is out is asked about by its code
        lookback = now - timedelta(days=self.settings.lookback_days)
        cancelled = self._by_stage((CANCELLED_STAGE,), lookback, now, confirmed_only=True)
        return self.join_status([*watched, *cancelled])

    def _by_stage(self, stages: Sequence[int], since: datetime, now: datetime, *, confirmed_only: bool) -> list[bytes]:
        """Invoices in some stages of orders that were placed since a day, by as many replies as they need."""
        ages = self._ages.setdefault(tuple(stages), [])
        cuts = [now - age for age in sorted(ages, reverse=True) if since < now - age]
        orders: dict[str, bytes] = {}  # a day on which two spans meet is in both
        spans = list(pairwise([since, *cuts, now + ONE_DAY]))[::-1]
        while spans:
            begins, ends = spans.pop()
            try:
                text = self.client.export_order_status(
                    confirmed_only=confirmed_only,
                    include_cancelled=confirmed_only,
                    date_from=begins,
                    date_to=ends,
                    stages=stages,
                    show_items=True,
                )
            except TooLong:
                if ends - begins <= 2 * ONE_DAY:
                    raise
                cut = max(begins + ONE_DAY, min(ends - (ends - begins) / NEWER, ends - ONE_DAY))
                ages.append(now - cut)
                spans += [(cut, ends), (begins, cut)]
                continue
            orders.update(self.split_status(text.encode()))
        return list(orders.values())

    def fetch_open(self) -> bytes:
        """Every invoice in an open stage; those without stock (18) are not asked for."""
        return self.join_status(
            self._by_stage(self.settings.open_stages, EVER, datetime.now(UTC), confirmed_only=False)
        )

    @staticmethod
    def split_status(raw: bytes) -> dict[str, bytes]:
        """The part of a status reply that speaks of each order, by order code, as it was sent."""
        parts: dict[str, bytes] = {}
        for order in _tree(raw):
            code = order.get("SORDER_CODE", "")
            parts[code] = parts.get(code, b"") + ET.tostring(order, encoding="utf-8")
        return parts

    @staticmethod
    def split_orders(raw: bytes) -> dict[str, bytes]:
        """The document of each order, by its code or, where the export does not show that, its reference."""
        documents: dict[str, bytes] = {}
        for order in _tree(raw, "SALES_ORDERS").iterfind("SALES_ORDER"):
            named = code_of(order) or order.findtext("ORDER_HEADER/ASSOCIATED_REF", "").strip()
            documents[named] = documents.get(named, b"") + ET.tostring(order, encoding="utf-8")
        return documents

    @staticmethod
    def join_orders(documents: Sequence[bytes]) -> bytes:
        """A reply of some orders only."""
        return b"<SALES_ORDERS>" + b"".join(documents) + b"</SALES_ORDERS>"

    @staticmethod
    def join_status(parts: Sequence[bytes]) -> bytes:
        """A status reply of some orders only."""
        return b"<STATUS_LIST>" + b"".join(parts) + b"</STATUS_LIST>"

    @staticmethod
    def steady(raw: bytes) -> bytes:
        """A status reply without ``MOVED``, which changes with every export and says nothing (reference 2.2.2)."""
        return MOVED.sub(b"", raw)

    def fetch_orders(self, orders: Sequence[str]) -> bytes:
        """Full orders. Raises Garbled when they are no document."""
        raw = self.client.export_orders(orders).encode()
        _tree(raw, "SALES_ORDERS")
        return raw

    def fetch_changed_products(self, since: datetime | None) -> tuple[list[str], datetime | None]:
        """Codes to export (a variant's parent stands for it), and until when they are complete.

        Khaos Control keeps its server's wall clock: what is edited in the hour that clocks are set back stands before
        what was seen already. And a time of the future, by a clock that is wrong, never carries the question past now.
        """
        began = datetime.now(UTC)
        overlap = timedelta(minutes=self.settings.overlap_minutes) + SET_BACK
        changed = self.client.get_stock_list(EDITED, since - overlap if since else None, EVERY_ITEM)
        codes = sorted({item.parent_code or item.stock_code for item in changed})
        moments = [item.last_updated for item in changed if item.last_updated]
        latest = max([*moments, *([since] if since else [])], default=None)
        return codes, min(latest, began) if latest else None

    def fetch_catalogue(self) -> list[Listed]:
        """The whole stock list."""
        listed = self.client.get_stock_list(EDITED, None, EVERY_ITEM)
        return [Listed(one.stock_code, one.parent_code or one.stock_code, one.last_updated) for one in listed]

    def fetch_products(self, codes: Sequence[str]) -> bytes:
        """Product details. Raises Garbled when they are no document."""
        raw = self.client.export_stock(codes).encode()
        _tree(raw, "STOCK_ITEMS")
        return raw

    def read_status(self, raw: bytes) -> tuple[list[Invoice], list[Unreadable]]:
        """Understand a status reply; a hire that is entered as a service is its garment."""
        invoices, unreadable = words.read_invoices(raw.decode())
        return [self._services.of_invoice(one) for one in invoices], unreadable

    def read_promises(self, raw: bytes) -> list[words.Promise]:
        """What a status reply promises, by the codes that Khaos Control has."""
        return words.read_promises(raw.decode())

    def lends(self, code: str) -> str:
        """The garment of a hire that is entered as a service, or nothing."""
        return self._services.garment(code)

    def read_line_sites(self, raw: bytes) -> dict[str, dict[str, str]]:
        """The sites of lines that are not of their order's."""
        found = words.read_line_sites(raw.decode())
        return {
            order: {self.lends(code) or code: site for code, site in sites.items()} for order, sites in found.items()
        }

    def read_ordered(self, raw: bytes) -> dict[str, dict[str, int]]:
        """All units of full orders."""
        return words.read_ordered(raw.decode())

    def read_order_sites(self, raw: bytes) -> dict[str, str]:
        """The site of each full order."""
        return words.read_order_sites(raw.decode())

    def read_orders(self, raw: bytes) -> tuple[list[SalesOrder], list[Unreadable]]:
        """Understand full orders; a hire that is entered as a service is its garment's, and a hire."""
        orders, unreadable = words.read_orders(raw.decode())
        return [self._services.of_order(one) for one in orders], unreadable

    def read_parties(self, raw: bytes, order: str) -> words.Parties | None:
        """Who bought an order."""
        return words.read_parties(raw.decode(), order)

    def read_products(self, raw: bytes) -> tuple[list[Product], list[Unreadable]]:
        """Understand products."""
        return words.read_products(raw.decode())

    def dispatch_route(self) -> str:
        """The bound extension, or none."""
        return "soap_extension" if self.settings.extensions.confirm_shipment else "none"

    def write_shipment(self, shipment: Shipment) -> bytes:
        """The arguments of the bound extension, frozen."""
        return json.dumps(words.write_shipment(self._services.of_shipment(shipment)), sort_keys=True).encode()

    def name_consignments(self, number: int) -> str:
        """By the mask of the settings."""
        return self._file().name.format(number=number)

    def write_consignments(self, together: Sequence[Consigned]) -> bytes:
        """As the settings lay it out."""
        file = self._file()
        layout = Layout(
            columns={str(name): header for name, header in file.columns.items()},
            each_parcel=file.rows == "parcel",
            delimiter=file.delimiter,
            header=file.header,
            encoding=file.encoding,
            line_end={"crlf": "\r\n", "lf": "\n"}[file.line_end],
        )
        return write_consignments(together, layout)

    def lay_consignments(self, name: str, body: bytes) -> bool:
        """Into the folder of the settings."""
        return lay(self._file().folder, name, body)

    def _file(self) -> ConsignmentFile:
        if self.settings.consignment_file is None:
            why = "no courier's folder is set: add the table to the Khaos connection in fleet.toml"
            raise Unmappable("consignment_file", "", why)
        return self.settings.consignment_file

    def send_shipment(self, wire: bytes) -> None:
        """Call the bound extension."""
        self.client.confirm_shipment(json.loads(wire))

    def journal_route(self) -> str:
        """The bound extension, or none: then people load files."""
        return "soap_extension" if self.settings.extensions.post_journal else "none"

    def write_journal(self, entry: JournalEntry) -> bytes:
        """The arguments of the bound extension, frozen."""
        return json.dumps(words.write_journal(entry, self.settings.zone), sort_keys=True).encode()

    def post_journal(self, wire: bytes) -> None:
        """Call the bound extension."""
        self.client.post_journal(json.loads(wire))

    def fetch_levels(self, site: str, skus: Sequence[str], facts: dict[str, Any]) -> dict[str, int]:
        """LEVEL of each SKU that the site shows."""
        if site not in facts["sites"]:
            raise Unmappable(
                "SITE", site, "Khaos Control has no such stock site: correct the name in fleet.toml", kind="wrong_site"
            )
        levels, _unreadable = words.read_levels(self.client.export_stock_status(skus, int(facts["sites"][site])))
        return {level.sku: level.available for level in levels if level.site in ("", site)}

    def set_levels(self, site: str, levels: Mapping[str, int]) -> frozenset[str]:
        """One ImportStockStatus."""
        updated = self.client.import_stock_status(words.write_levels(site, levels))
        return frozenset(item.stock_code for item in updated)

    def fetch_credit_notes(self, customers: Sequence[str]) -> bytes:
        """Everything of these URNs."""
        text = self.client.export_order_status(
            ids=customers, mapping_type=BY_URN, confirmed_only=False, show_items=True
        )
        return text.encode()

    def read_credit_notes(self, raw: bytes) -> tuple[list[CreditNote], list[Unreadable]]:
        """Understand the credit notes of a status reply."""
        return words.read_credit_notes(raw.decode())


def _tree(raw: bytes, root: str = "STATUS_LIST") -> Any:
    try:
        return document(raw.decode(), root)
    except Unmappable as error:
        raise Garbled(f"Khaos Control's reply is no {root}: {error.why}", maybe_done=False) from error
