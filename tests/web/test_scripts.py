"""Scripts in every field that a partner can fill: no page of the desk writes one unescaped."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from fleet_tests.desk import desk
from fleet_tests.full_ledger import open_ledger, with_a_part_shipped
from fleet_tests.scripts import SCRIPT, harmful, walk
from workers.ledger.store import Store
from workers.spine import exceptions, their_words
from workers.views.snapshot import reading_engine

# Every text of the ledger that a partner's words can come into, by table; keys and states stay as they are.
TEXTS = """
select c.relname as table, a.attname as column from pg_attribute a join pg_class c on c.oid = a.attrelid
 where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
   and a.attnum > 0 and not a.attisdropped and a.atttypid in ('text'::regtype, 'varchar'::regtype)
   and c.relname = any (%s)
   and a.attname = any (%s)
"""
TABLES = (
    *(
        "exception",
        "message",
        "message_settled",
        "timeline",
        "partner_words",
        "return_line",
        "garment_return",
        "shipment",
    ),
    *("movement", "journal", "goods_in", "received_line", "partner_file", "product", "sku", "garment", "connection"),
    *("schedule", "credit_note", "fulfilment", "partner_fact", "order_seen", "write_off", "file_trouble"),
)
FREE = (
    *(
        "reason",
        "note",
        "words",
        "error",
        "why",
        "closed_why",
        "shut_reason",
        "last_error",
        "said",
        "story",
        "their_reason",
    ),
    *(
        "cause_word",
        "location",
        "hold_reason",
        "purchase_order",
        "place",
        "status",
        "their_status",
        "description",
        "name_there",
    ),
)


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = reading_engine(database)
    yield made
    made.dispose()


def test_no_page_writes_a_partners_script(store: Store, engine: Engine) -> None:
    with_a_part_shipped(open_ledger(store))
    store.receive("leeds", "order", SCRIPT, SCRIPT.encode())
    for kind in ("refused_by_warehouse", "poison"):
        exceptions.file(
            store.run, kind, subject="order:SO1-1", story="SO1", flow="orders-out", connection="leeds", why=SCRIPT,
            record=1, message=1,
        )  # fmt: skip
    their_words.keep(store.run, SCRIPT, story="SO1", subject="order:SO1-1", connection="leeds")
    store.run(
        "insert into movement (connection, home, movement_id, sku, cause, cause_word, units, reason, location,"
        " moved_at) values ('leeds', 'Leeds', %s, 'MUG', 'unknown', %s, 1, %s, %s, now())",
        SCRIPT, SCRIPT, SCRIPT, SCRIPT,
    )  # fmt: skip
    filled = 0
    with store.transaction() as db:
        db.execute("set local session_replication_role = replica")  # the story is written once, by design
        for row in db.execute(TEXTS, (list(TABLES), list(FREE))).fetchall():
            with db.transaction():
                filled += db.execute(
                    f"update {row['table']} set {row['column']} = %s where {row['column']} is not null",  # noqa: S608  names of the catalogue
                    (SCRIPT,),
                ).rowcount
        db.execute("update message_body set body = replace(body::text, '\"MUG\"', %s)::jsonb", (json.dumps(SCRIPT),))
    assert filled > 10
    seen = desk(engine, store=store)
    walked = walk(seen)
    shown = [path for path, text in walked.items() if "alert(1)" in text]
    assert shown, sorted(walked)  # else the scripts stood where nobody looks
    assert harmful(walked) == []
