"""A ledger in the middle of a working day: orders in every state, stock, returns, entries, files and exceptions.

Everything in it is made up. Moments are reckoned from the database's clock, so the day is always today.
"""

from __future__ import annotations

import json

from workers.ledger.store import Store

LONG_REASON = (
    "the warehouse refused the order: SKU WALNUT-SERVING-TRAY/LARGE-OILED-2026-EDITION is longer than the 30 characters"
    " that its item file takes"
)
SITES = (("Leeds", "leeds", "LDS1"), ("Daventry", "daventry", "GBDV01"), ("Wardrobe", "wardrobe", "MAIN"))
SKUS = ("MUG-BLUE", "MUG-SAND", "BOWL-OAK", "LINEN-NAPKIN/4", "TRAY-WALNUT", "CANDLE-FIG", "GW01-10")

# number, place, state, days ago, told status, units, shipped, parcels, confirmed, due in hours (null: nothing awaited)
Parcels = list[tuple[str, str]]  # carrier and tracking number
ORDERS: tuple[tuple[int, int, str, float, str, int, int, Parcels, bool, float | None], ...] = (
    (1, 0, "dispatched", 2.2, "dispatched", 3, 3, [("DPD", "15501234567890"), ("DPD", "15501234567891")], True, None),
    (2, 0, "dispatched", 0.3, "dispatched", 1, 1, [("ROYALMAIL", "RM123456785GB")], False, None),
    (3, 0, "sent", 0.2, "in_progress", 2, 0, [], False, 2),
    (4, 0, "sent", 0.2, "in_progress", 4, 0, [], False, 3),
    (5, 0, "sent", 0.15, "waiting", 1, 0, [], False, 5),
    (6, 0, "sent", 0.1, "", 1, 0, [], False, 5),
    (7, 0, "new", 0.05, "", 2, 0, [], False, None),
    (8, 0, "new", 0.04, "", 6, 0, [], False, None),
    (9, 0, "part_dispatched", 1.1, "in_progress", 5, 2, [("DPD", "15501234567999")], False, 4),
    (10, 1, "dispatched", 3.4, "", 2, 2, [("EVRI", "H00ABC0123456789")], True, None),
    (11, 1, "sent", 2.0, "", 3, 0, [], False, -20),
    (12, 1, "sent", 1.2, "", 1, 0, [], False, -3),
    (13, 1, "sent", 0.2, "", 2, 0, [], False, 6),
    (14, 1, "new", 0.1, "", 2, 0, [], False, None),
    (15, 1, "closed_short", 1.3, "", 3, 2, [("DHL", "JD014600001234567890")], False, None),
    (16, 2, "sent", 0.4, "picking", 1, 0, [], False, 7),
    (17, 2, "dispatched", 6.0, "dispatched", 1, 1, [("DPD", "15501239990001")], True, None),
    (18, 2, "flagged", 0.6, "accepted", 2, 0, [], False, 8),
    (19, 0, "cancelled", 0.9, "cancelled", 1, 0, [], False, None),
    (20, 0, "cancelling", 0.3, "waiting", 1, 0, [], False, None),
)
EXCEPTIONS = (  # order, kind, owner, severity, hours ago, reason, next step
    (
        8,
        "sku_refused",
        "merchandising",
        "error",
        5,
        LONG_REASON,
        "Give the product a shorter code in Khaos Control, or name the code that the warehouse uses.",
    ),
    (
        7,
        "bad_address",
        "customer service",
        "error",
        2,
        "the address has no postcode, and DPD needs one for GB",
        "Ask the customer for the postcode, correct the address in Khaos Control, then retry.",
    ),
    (
        11,
        "dispatch_overdue",
        "operations",
        "error",
        20,
        "sent to the warehouse and not dispatched in time",
        "Ask Daventry what keeps the order, then tell the customer.",
    ),
    (
        12,
        "dispatch_overdue",
        "operations",
        "warning",
        3,
        "sent to the warehouse and not dispatched in time",
        "Ask Daventry what keeps the order, then tell the customer.",
    ),
    (
        15,
        "short_pick",
        "operations",
        "warning",
        26,
        "2 of 3 left: 1 of BOWL-OAK was not found on its shelf",
        "Split the invoice in Khaos Control and decide whether the rest is sent later.",
    ),
    (
        18,
        "changed_after_send",
        "operations",
        "error",
        6,
        "the address was changed after the order had been accepted",
        "Call the warehouse, or cancel the order there and send it again.",
    ),
)


def seed(store: Store) -> None:
    """Fill an empty ledger with the day."""
    _house(store)
    _catalogue(store)
    for order in ORDERS:
        _order(store, *order)
    for number, kind, owner, severity, hours, reason, step in EXCEPTIONS:
        _exception(store, f"SO{2100 + number:05}", f"order:SO{2100 + number:05}-1", kind, owner, severity, hours,
                   reason, step)  # fmt: skip
    _exception(store, "TRAY-WALNUT", "stock:Leeds:TRAY-WALNUT", "stock_differs", "finance", "warning", 30,
               "count 31 and movements 33 differ by 2 units", "Have it counted again, or adopt the count.")  # fmt: skip
    store.run("select name_groups(1000)")
    _not_ready(store)
    _stock(store)
    _returns(store)
    _journal(store)
    _files(store)


def _house(store: Store) -> None:
    store.run(
        "insert into connection (name, system) values ('khaos', 'khaos'), ('leeds', 'clarus'), ('daventry', 'gxo'),"
        " ('wardrobe', 'acs')"
    )
    store.run(
        "update connection set shut_kind = 'unavailable', shut_since = now() - interval '9 minutes',"
        " shut_reason = 'HTTP 503 from the warehouse' where name = 'daventry'"
    )
    store.run("insert into slot select c.name, '*', n from connection c, generate_series(1, 4) n")
    for name in ("orders-out", "dispatch-in", "stock-in", "returns-in", "sku-sync", "beat", "control", "web"):
        store.run(
            "insert into process (id, name, host, pid, beat_at) values (gen_random_uuid(), %s, 'a', 1, now() +"
            " interval '1 day')",
            f"{name}@a",
        )
    for place, (site, connection, facility) in enumerate(SITES):
        store.run(
            "insert into home (site, connection, facility, told, counted_at) values (%s, %s, %s, %s, now() -"
            " interval '5 hours')",
            site, connection, facility, place == 1,
        )  # fmt: skip
        store.run("insert into stock_site (site, home, purpose) values (%s, %s, 'sell')", site, site)
    for name, hours_ago, every in (
        ("count:Leeds", 5, "1 day"), ("files:GBDV01", 0.01, "1 minute"), ("orders:khaos", 0.001, "10 seconds"),
        ("stock-files:wardrobe", 0.1, "10 minutes"),
    ):  # fmt: skip
        store.run(
            "insert into schedule (name, every, due_at, last_start, last_end) values (%s, cast(%s as interval),"
            " now() + cast(%s as interval), now() - %s * interval '1 hour', now() - %s * interval '1 hour')",
            name, every, every, hours_ago, hours_ago,
        )  # fmt: skip


def _catalogue(store: Store) -> None:
    for sku in (*SKUS, "WALNUT-SERVING-TRAY/LARGE-OILED-2026-EDITION"):
        store.run(
            "insert into product (erp, code, for_warehouse, body, record_id) values ('khaos', %s, true, %s, 1)",
            sku, json.dumps({"description": sku.replace("-", " ").capitalize(), "sell_price": "14.50"}),
        )  # fmt: skip
        for _, connection, _ in SITES[:2]:
            state = "refused" if len(sku) > 30 else "confirmed"
            store.run("insert into sku (connection, code, state) values (%s, %s, %s)", connection, sku, state)


def _order(store: Store, number: int, place: int, state: str, days: float, status: str, units: int, shipped: int,
           parcels: Parcels, confirmed: bool, due: float | None) -> None:  # fmt: skip
    site, connection, facility = SITES[place]
    order, sku = f"SO{2100 + number:05}", SKUS[number % len(SKUS)]
    reference, invoice = f"{order}-1", f"INV{5100 + number:05}"
    sent = state != "new"
    ago = f"{days * 86400:.0f} seconds"
    store.run(
        "insert into fulfilment (reference, erp, order_code, number, invoice_code, associated_ref, site, warehouse,"
        " facility, route_reason, state, fingerprint, requested, shipped, shipments, confirmed, stage, their_id,"
        " sent_at, accepted_at, changed_at, status_there, courier) values"
        " (%s, 'khaos', %s, 1, %s, %s, %s, %s, %s, 'the order is of this site', %s, 'f', %s, %s, %s, %s, 9, %s,"
        " case when %s then now() - cast(%s as interval) end,"
        " case when %s then now() - 0.9 * cast(%s as interval) end, now() - 0.1 * cast(%s as interval), %s, %s)",
        reference, order, invoice, f"WEB-{90100 + number}", site, connection, facility, state,
        json.dumps({sku: units}), json.dumps({sku: shipped} if shipped else {}), 1 if parcels else 0, confirmed,
        str(770100 + number) if sent else None, sent, ago, sent and (status != "" or place > 0),
        ago, ago, status,
        "DPD Next Day" if number % 2 else "Royal Mail Tracked 48",
    )  # fmt: skip
    steps = [
        ("read", f"invoice {invoice} is released"),
        *([("delivered", f"order {770100 + number} at {site}")] if sent else []),
    ]
    if parcels:
        steps.append(("dispatched", f"{shipped} of {units} units left in {len(parcels)} parcels"))
        store.run(
            "insert into shipment (reference, fulfilment, number, invoice_code, lines, parcels, told_at, confirmed_at)"
            " values (%s, %s, 1, %s, %s, %s, now() - 0.5 * cast(%s as interval),"
            " case when %s then now() - 0.4 * cast(%s as interval) end)",
            f"{reference}/S1", reference, invoice, json.dumps({sku: shipped}),
            json.dumps([{"tracking": t, "carrier": c} for c, t in parcels]), ago, confirmed, ago,
        )  # fmt: skip
    if confirmed:
        steps.append(("confirmed", "Khaos Control shows the dispatch"))
    for place_in, (step, note) in enumerate(steps):
        store.run(
            "insert into timeline (at, story, subject, flow, connection, step, note) values"
            " (now() - %s * cast(%s as interval), %s, %s, %s, %s, %s, %s)",
            1 - 0.3 * place_in, ago, order, f"order:{reference}", "orders-out" if place_in < 2 else "dispatch-in",
            connection, step, note,
        )  # fmt: skip
    if due is not None:
        store.run(
            "insert into expectation (subject, what, story, due_at, kind, flow, connection, missed_at) values"
            " (%s, 'dispatch', %s, now() + %s * interval '1 hour', 'dispatch_overdue', 'orders-out', %s,"
            " case when %s < 0 then now() end)",
            f"order:{reference}", order, due, connection, due,
        )  # fmt: skip
    body = {
        "reference": reference, "lines": [{"sku": sku, "quantity": units, "unit_price": "14.50"}],
        "address": {"name": "Wilhelmina Quillfeather", "line1": "7 Larkspur Row", "town": "Leeds",
                    "postcode": "LS1 4AB", "country": "GB", "email": "wilhelmina@example.com"},
    }  # fmt: skip
    store.run(
        "select post('orders-out', %s, 'order', %s, 'f', %s, %s, %s, null, %s)",
        connection, reference, f"order:{reference}", order, json.dumps(body),
        json.dumps({"state": "held"} if number == 8 else {}),
    )  # fmt: skip
    if sent:
        store.run("select finish(id, 'delivered', 'over there', 'fleet') from message where reference = %s", reference)
    elif number == 7:
        store.run("update message set state = 'dead', error_kind = 'bad_address', error = 'no postcode'"
                  " where reference = %s",
                  reference)  # fmt: skip


def _exception(store: Store, story: str, subject: str, kind: str, owner: str, severity: str, hours: float, reason: str,
               step: str) -> None:  # fmt: skip
    row = store.row("select id, connection from message where story = %s and flow = 'orders-out'", story)
    store.run(
        "insert into exception (kind, subject, story, flow, connection, owner, severity, reason, next_step, message_id,"
        " first_at, last_at) values (%s, %s, %s, 'orders-out', %s, %s, %s, %s, %s, %s,"
        " now() - %s * interval '1 hour', now() - 0.5 * %s * interval '1 hour')",
        kind, subject, story, row["connection"] if row else "leeds", owner, severity, reason, step,
        row["id"] if row else None, hours, hours,
    )  # fmt: skip


def _not_ready(store: Store) -> None:
    for number, stage, sku in ((1, 18, "TRAY-WALNUT"), (2, 17, "MUG-BLUE"), (3, 19, "BOWL-OAK"), (4, 9, "CANDLE-FIG")):
        store.run(
            "insert into demand (erp, invoice_code, order_code, sku, units, stage, shipped) values"
            " ('khaos', %s, %s, %s, 2, %s, false)",
            f"INV{5900 + number:05}", f"SO{2900 + number:05}", sku, stage,
        )  # fmt: skip
        store.run(
            "insert into order_site (erp, order_code, site) values ('khaos', %s, 'Leeds')", f"SO{2900 + number:05}"
        )


def _stock(store: Store) -> None:
    causes = (("received", 40, "", "PO-7781"), ("dispatched", 3, "", ""), ("adjusted_down", 2, "DAMAGED", ""),
              ("adjusted_up", 1, "FOUND", ""), ("dispatched", 5, "", ""))  # fmt: skip
    for place, sku in enumerate(SKUS[:6]):
        store.run(
            "insert into position (home, sku, good, other, began_at, ended_at) values ('Leeds', %s, %s, %s,"
            " now() - interval '5 hours', now() - interval '5 hours')",
            sku, 31 + place * 7, json.dumps({"damaged": 1} if place % 2 else {}),
        )  # fmt: skip
        store.run(
            "insert into level (site, sku, home, purpose, sent, sent_at, shown, shown_at) values ('Leeds', %s, 'Leeds',"
            " 'sell', %s, now() - interval '2 hours', %s, now() - interval '1 hour')",
            sku, 31 + place * 7, 31 + place * 7 - (2 if place == 2 else 0),
        )  # fmt: skip
        for number, (cause, units, reason, _) in enumerate(causes):
            store.run(
                "insert into movement (connection, movement_id, home, sku, cause, cause_word, units, reason, location,"
                " moved_at) values ('leeds', %s, 'Leeds', %s, %s, %s, %s, %s, 'A-01-03', now() - %s * interval '1"
                " hour')",
                f"M{place}{number}", sku, cause, cause.upper(), units, reason, 60 - number * 11,
            )  # fmt: skip
    for document, sku, units, hours in (("receipt 12", "TRAY-WALNUT", 33, 90), ("order 771", "TRAY-WALNUT", -2, 20)):
        store.run(
            "insert into told_move (home, document, sku, condition, units, number, written, told_at) values"
            " ('Daventry', %s, %s, 'good', %s, 1, now() - %s * interval '1 hour', now() - %s * interval '1 hour')",
            document, sku, units, hours, hours,
        )  # fmt: skip
    store.run(
        "insert into told_sku (home, sku, agreed, counted, book_moved, counted_number, counted_at, agreed_at, differs)"
        " values ('Daventry', 'TRAY-WALNUT', '{\"good\": 33}', '{\"good\": 29}', '{\"good\": -2}', 9,"
        " now() - interval '7 hours', now() - interval '4 days', true)"
    )
    store.run(
        "insert into told_count (home, document, number, written, at, lines, differing) values ('Daventry', 'SNAP9', 9,"
        " now() - interval '7 hours', now() - interval '7 hours', 812, 1)"
    )
    store.run(
        "insert into received_line (connection, their_id, line_id, purchase_order, home, sku, received, booked,"
        " received_at) values ('leeds', '88', '1', 'PO-7781', 'Leeds', 'MUG-BLUE', 40, 0, now() - interval '60 hours'),"
        " ('leeds', '88', '2', 'PO-7781', 'Leeds', 'BOWL-OAK', 24, 10, now() - interval '60 hours')"
    )


def _returns(store: Store) -> None:
    rows = (
        ("RT0000001", "SO02101", "MUG-SAND", "good", "credited", "CN00812"),
        ("RT0000002", "SO02110", "LINEN-NAPKIN/4", "damaged", "graded", None),
        ("RT0000003", "SO02117", "LINEN-NAPKIN/4", "", "received", None),
    )
    for number, (reference, order, sku, condition, state, note) in enumerate(rows, 1):
        store.run(
            "insert into return_line (reference, connection, receipt, line_id, order_code, erp, home, sku, units,"
            " condition, state, credit_note, credited_at, received_at) values (%s, 'leeds', %s, '1', %s, 'khaos',"
            " 'Leeds',"
            " %s, 1, %s, %s, %s, case when %s then now() - interval '5 hours' end, now() - interval '30 hours')",
            reference, f"R{number}", order, sku, condition, state, note, note is not None,
        )  # fmt: skip
    store.run(
        "insert into credit_note (erp, code, reference, order_code, lines, issued_on) values ('khaos', 'CN00812',"
        " 'RT0000001', 'SO02101', '{\"MUG-SAND\": 1}', current_date)"
    )
    store.run(
        "insert into return_advice (reference, order_code, connection, facility, body, state, made_by) values"
        " ('RMA0000007', 'SO02102', 'leeds', 'LDS1', '{}', 'sent', 'Wanda')"
    )


def _journal(store: Store) -> None:
    for number, (sku, cause, units, state, cost) in enumerate(
        (("MUG-SAND", "adjusted_down", -2, "ready", 4.1), ("BOWL-OAK", "adjusted_up", 1, "uncosted", None),
         ("TRAY-WALNUT", "adjusted_down", -2, "unmapped", None), ("MUG-BLUE", "held", -1, "loaded", 3.9)), 1,
    ):  # fmt: skip
        store.run(
            "insert into journal (connection, movement_id, site, sku, cause, units, their_reason, reason, account,"
            " unit_cost, value, indicative, event_at, mover, state) values ('leeds', %s, 'Leeds', %s, %s, %s,"
            " 'DAMAGED', %s, %s, %s, %s, false, now() - %s * interval '9 hours', 'level', %s)",
            f"M{number}2", sku, cause, units, *(("", "") if state == "unmapped" else ("Damaged", "7410")), cost,
            None if cost is None else cost * units, number, state,
        )  # fmt: skip


def _files(store: Store) -> None:
    for number, (name, effect, hours) in enumerate(
        (("940_000000001.edi", "taken", 30), ("945_GBDV01_20261129_000481.edi", "taken", 4),
         ("947_GBDV01_20261129_000482.edi", "taken", 2), ("947_GBDV01_20261129_000482.edi", "repeated", 1)), 480,
    ):  # fmt: skip
        store.run(
            "insert into partner_file (connection, facility, series, name, sha256, number, readable, effect, size,"
            " taken_at) values ('daventry', 'GBDV01', 'GBDV01', %s, %s, %s, true, %s, 2048, now() - %s * interval"
            " '1 hour')",
            name, f"sha-{number}", number, effect, hours,
        )  # fmt: skip
    store.run(
        "insert into expectation (subject, what, story, due_at, kind, flow, connection, missed_at) values"
        " ('file:daventry:GBDV01:479', 'file', 'file:daventry:GBDV01:479', now() - interval '1 hour', 'file_gap',"
        " 'dispatch-in', 'daventry', now())"
    )
    store.run(
        "insert into garment_file (connection, name, content, written_at, day, rows, verdict) values"
        " ('wardrobe', 'STOCK_20261129_0600.csv', 'x', date_trunc('day', now()) + interval '6 hours', current_date,"
        " 1204, 'take')"
    )
    store.run(
        "insert into garment (connection, tag, home, sku, unique_sku, state, state_at, named) values"
        " ('wardrobe', 'TAG-0042-17', 'Wardrobe', 'GW01-10', 'GW01-10-NEW1', 'available', now() - interval '2"
        " days', true)"
    )
