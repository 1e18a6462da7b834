"""The toy joined to the ports: each part, and how it is joined to the others."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from mappings.canonical import Fulfilment, PickLine, Product, StockMovement
from mappings.canonical.advices import Acknowledgement, OrderAdvice, ShipmentAdvice, StockSnapshot
from mappings.errors import Unmappable, Unreadable
from toy_system import words
from toy_system.client import Client, signature
from toy_system.settings import Settings
from workers.ports.edi import Document, DocumentSource, RemoteFile
from workers.ports.events import About, Delivery, Refusal
from workers.ports.orders import CancelResult, Manner, SentOrder, WriteContext
from workers.ports.sources import Kind
from workers.ports.warehouse import Parts


class Orders:
    """Account, orders and products, by call."""

    manner = Manner.CALL
    numbered = False
    repeatable = True  # a PUT of the same is the same
    replaces = False
    ack_proof = "2xx"
    answer_patience = 0.0

    def __init__(self, settings: Settings, client: Client, tables: Mapping[str, Any]) -> None:
        self.sites = dict(settings.sites)
        self.answers: dict[str, float] = {}
        self._client = client
        self._couriers: dict[str, str] = tables.get("carriers", {}).get("toy", {})

    def ping(self) -> None:
        self._client.ping()

    def reference_data(self) -> dict[str, Any]:
        return {}

    def write_order(self, fulfilment: Fulfilment, facts: dict[str, Any], context: WriteContext) -> bytes:
        return words.write_order(fulfilment)

    def write_change(self, fulfilment: Fulfilment, facts: dict[str, Any], context: WriteContext) -> bytes:
        raise Unmappable("order", fulfilment.reference, "the toy replaces no order: cancel it and send it anew")

    def send_order(self, wire: bytes) -> str:
        reference = str(json.loads(wire)["order"])
        self._client.put(f"/orders/{reference}", wire)
        return reference

    def release_order(self, their_id: str) -> None:
        pass

    def write_cancel(self, sent: SentOrder, context: WriteContext) -> bytes:
        return words.write_cancellation(sent.wire)

    def cancel_order(self, their_id: str, wire: bytes) -> CancelResult:
        self._client.put(f"/orders/{their_id}", wire)
        return CancelResult.CANCELLED

    def write_product(self, product: Product, facts: dict[str, Any]) -> bytes:
        return json.dumps({"sku": product.code}).encode()

    def send_product(self, code: str, their_id: str | None, wire: bytes, facts: dict[str, Any]) -> str:
        self._client.put(f"/items/{code}", wire)
        return code

    def courier(self, carrier: str, service: str) -> str:
        return words.read_courier(carrier, self._couriers)


class Events:
    """Signed over the raw body, named in a header, and facts in themselves."""

    tells: frozenset[About | Kind] = frozenset({Kind.SHIPMENT, Kind.ORDER_ADVICE})

    def __init__(self, settings: Settings) -> None:
        self._key = settings.signing_key

    def refuse_caller(self, delivery: Delivery) -> Refusal | None:
        return None if "x-toy-signature" in delivery.headers else Refusal.HEADERS

    def refuse_body(self, delivery: Delivery) -> Refusal | None:
        given, wanted = delivery.headers["x-toy-signature"], signature(self._key, delivery.body)
        return None if hmac.compare_digest(given.encode(), wanted.encode()) else Refusal.SIGNATURE

    def name(self, delivery: Delivery) -> str:
        return str(json.loads(delivery.body)["event"])

    def their_id(self, delivery: Delivery) -> str:
        return delivery.headers["x-toy-event-id"]

    def meaning(self, event: str) -> Kind:
        known = {"order.shipped": Kind.SHIPMENT, "order.refused": Kind.ORDER_ADVICE}
        if event not in known:
            raise Unmappable("event", event, "the toy has no such event", kind="unreadable")
        return known[event]


class Answers:
    """What the toy makes of an order, as an event tells it."""

    def read_acknowledgement(self, body: bytes) -> Acknowledgement:
        raise Unmappable("event", "", "the toy acknowledges nothing", kind="unreadable")

    def read_order_advice(self, body: bytes) -> tuple[OrderAdvice, ...]:
        return (words.read_refused(body),)


class Shipments:
    """What left, as an event tells it."""

    def __init__(self, settings: Settings) -> None:
        (self._facility,) = settings.sites

    def origin(self, body: bytes) -> DocumentSource:
        return DocumentSource(self._facility, "event", 0, datetime.fromisoformat(json.loads(body)["at"]))

    def read_shipment(self, body: bytes) -> ShipmentAdvice:
        return words.read_shipped(body, self._facility)

    def with_absent(self, advice: ShipmentAdvice, still_open: Sequence[PickLine]) -> ShipmentAdvice:
        return advice


class Files:
    """A folder with the daily count, and what such a count says."""

    tells = frozenset({Kind.COUNT})
    poll_every = 60.0
    series = "account"
    gap_patience = 60.0

    def __init__(self, client: Client) -> None:
        self._client = client

    def list_new(self, facility: str) -> list[RemoteFile]:
        return [RemoteFile(str(path), path.name) for path in self._client.files()]

    def fetch(self, path: str) -> bytes:
        return Path(path).read_bytes()

    def archive(self, facility: str, path: str) -> None:
        Path(path).unlink(missing_ok=True)

    def numbers_of(self, name: str, data: bytes) -> tuple[tuple[int, ...], bool]:
        return (), True

    def open(self, facility: str, name: str, data: bytes) -> tuple[list[Document], list[Unreadable]]:
        head = json.dumps({"facility": facility, "file": name}).encode()
        return [Document(Kind.COUNT, name, head + b"\n" + data)], []

    def origin(self, body: bytes) -> DocumentSource:
        said = json.loads(body.partition(b"\n")[0])
        return DocumentSource(said["facility"], said["file"], 0, self._at(said["file"]))

    def snapshot_by(self, facility: str) -> tuple[time, ZoneInfo]:
        return time(7), ZoneInfo("Europe/London")

    def read_adjustment(self, body: bytes) -> tuple[list[StockMovement], list[Unreadable]]:
        raise Unmappable("file", "", "the toy tells no adjustments", kind="unreadable")

    def read_count(self, body: bytes) -> tuple[StockSnapshot, list[Unreadable]]:
        origin = self.origin(body)
        return words.read_stock(body.partition(b"\n")[2], origin.file, origin.facility, origin.written), []

    @staticmethod
    def _at(name: str) -> datetime:
        return datetime.strptime(name, "stock_%Y%m%d%H%M.csv").replace(tzinfo=UTC)


def toy(settings: Settings, tables: Mapping[str, Any]) -> Parts:
    """The parts of an account of the toy."""
    client = Client(settings)
    orders, files = Orders(settings, client, tables), Files(client)
    return Parts(
        account=orders,
        orders=orders,
        products=orders,
        dispatches=orders,
        answers=Answers(),
        shipments=Shipments(settings),
        events=Events(settings),
        files=files,
        stock_documents=files,
    )
