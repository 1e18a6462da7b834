"""A ledger in which things happened: messages that were posted, delivered or died, an order of which a part left."""

from __future__ import annotations

import json
from typing import Any

from workers.ledger.store import NewMessage, Store, run_effects

ADDRESS = {"name": "Wilhelmina Quillfeather", "line1": "7 Larkspur Row", "postcode": "LS1 4AB"}


class FullLedger:
    """A ledger in which things happen."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def post(self, reference: str, *, flow: str = "orders-out", connection: str = "leeds", **more: Any) -> int:
        story = more.pop("story", reference.rpartition("-")[0] or reference)
        message = NewMessage(
            flow=flow, connection=connection, kind=more.pop("kind", "order"), reference=reference,
            subject=more.pop("subject", f"order:{reference}"), story=story,
            body={"reference": reference, "address": ADDRESS}, fingerprint=reference, **more,
        )  # fmt: skip
        with self.store.transaction() as db:
            run_effects(db, [message.as_effect()])
        return int(self.one("select id as it from message where reference = %s and flow = %s", reference, flow))

    def one(self, sql: str, *values: Any) -> Any:
        row = self.store.row(sql, *values)
        return row["it"] if row else None

    def deliver(self) -> str:
        claimed = self.store.claim("orders-out", 60)
        assert claimed
        self.store.settle_and_claim(claimed, "delivered", "order 77 over there", {}, [], None, 60)
        return claimed.reference

    def die(self, kind: str, why: str, *, filed: bool = True) -> int:
        """The next message of orders-out dies; its exception's number, 0 while it is not filed."""
        claimed = self.store.claim("orders-out", 60)
        assert claimed
        self.store.settle_and_claim(claimed, "dead", why, {"error_kind": kind, "maybe_sent": None}, [], None, 60)
        if not filed:
            return 0
        self.store.run(
            "select file_exception(%s, %s, %s, 'orders-out', 'leeds', 'operations', 'error', %s, 'mend it', %s, null)",
            kind, claimed.subject, claimed.story, why, claimed.id,
        )  # fmt: skip
        number: int = self.one("select id as it from exception where message_id = %s", claimed.id)
        return number


def open_ledger(store: Store) -> FullLedger:
    """Two connections with two slots each, and this process alive."""
    store.run("insert into connection (name, system) values ('khaos', 'khaos'), ('leeds', 'clarus')")
    store.run("insert into slot select c.name, '*', n from connection c, generate_series(1, 2) n")
    store.run("insert into process (id, name, host, pid) values (%s, 'orders-out@here', 'here', 1)", store.process_id)
    return FullLedger(store)


def with_a_part_shipped(world: FullLedger) -> FullLedger:
    """Order SO1: invoice SI1 went to leeds as SO1-1, of which a part was dispatched and told to Khaos."""
    world.post("SO1-1")
    world.deliver()
    world.store.run(
        "insert into fulfilment (reference, erp, order_code, number, invoice_code, associated_ref, site,"
        " warehouse, facility, state, fingerprint, requested, shipped, shipments, stage, their_id, sent_at) values ("
        "'SO1-1', 'khaos', 'SO1', 1, 'SI1', 'WEB-9', 'Leeds', 'leeds', 'LDS1', 'part_dispatched', 'f', '{\"A\": 3}',"
        " '{\"A\": 1}', 1, 9, '77', now())"
    )
    world.store.run(
        "insert into shipment (reference, fulfilment, number, invoice_code, lines, parcels)"
        " values ('SO1-1/S1', 'SO1-1', 1, 'SI1', '{\"A\": 1}', %s)",
        json.dumps([{"tracking": "RM1GB", "carrier": "ROYALMAIL"}]),
    )
    world.store.run(
        "insert into expectation (subject, what, story, due_at, kind, flow, connection)"
        " values ('order:SO1-1', 'dispatch', 'SO1', now() + interval '1 day', 'dispatch_overdue',"
        " 'orders-out', 'leeds')"
    )
    return world
