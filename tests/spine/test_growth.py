"""On a ledger with a year of history no question, no purge and no match reads more than what it is about."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from fleet_tests.databases import copied, dropped, fresh
from fleet_tests.ledger import Ledger
from workers.edi.resend import resend
from workers.ledger.store import Store, within
from workers.orders_out import correlation
from workers.returns_in.credit_notes import Matching
from workers.spine import history
from workers.spine.reading import Reading, Record
from workers.spine.runtime import Runtime
from workers.stock_in import due
from workers.views.orders import order_story
from workers.views.overview import overview
from workers.views.snapshot import reading_engine

MONTHS, A_MONTH = 12, 1500  # settled messages a month; one of three is a count of stock
MONTH = """
create table {table}_{name} partition of {table} for values from ('{begins}') to ('{ends}')
"""
PAST = """
with past as (
    select n, date_trunc('month', now()) - n * interval '1 month' / {a_month} as at,
           case when n % 3 = 0 then 'stock-in' else 'orders-out' end as flow,
           case when n % 3 = 0 then 'recount' else 'order' end as kind, 'SO' || n as code
      from generate_series(1, {n}) n),
settled as (
    insert into message_settled (id, flow, connection, kind, reference, version, subject, story, state, attempt,
                                 generation, created_at, settled_at)
    select n, flow, 'gxo', kind, code || '-1', 1, 'order:' || code, code, 'delivered', 1, 1, at, at from past),
said as (
    insert into message_body (message_id, body, wire) select n, '{{}}', 'x' from past),
keyed as (
    insert into message_key (flow, connection, kind, reference, version, fingerprint, message_id, said_at)
    select flow, 'gxo', kind, code || '-1', 1, 'x', n, at from past),
received as (
    insert into record_key (connection, source, receipt_key, record_id, received_at)
    select 'gxo', '945', code, n, at from past),
numbered as (
    insert into control_number (connection, number, message_id, generation) select 'gxo', n, n, 1 from past),
came_back as (
    insert into return_line (reference, connection, receipt, line_id, erp, home, sku, units, condition, state, urn)
    select 'RT' || to_char(n, 'FM0000000'), 'gxo', code, '1', 'khaos', 'LDS1', 'MUG', 1, 'good', 'credited', 'U' || n
      from past),
credited as (
    insert into credit_note (erp, code, urn, reference, lines)
    select 'khaos', 'CN' || n, 'U' || n, 'note ' || n, '{{"MUG": 1}}' from past)
insert into timeline (at, story, subject, flow, connection, step, message_id)
select at, code, 'order:' || code, flow, 'gxo', step, n from past, unnest(array['read', 'delivered']) step
"""
LARGE = (
    "message_settled", "timeline", "message_key", "record_key", "message_body", "control_number", "return_line",
    "credit_note",
)  # fmt: skip
READ = """
select coalesce(i.inhparent, s.relid)::regclass::text as name,
       sum(s.seq_tup_read)::bigint as scanned, sum(s.idx_tup_fetch)::bigint as fetched
  from pg_stat_user_tables s left join pg_inherits i on i.inhrelid = s.relid group by 1
"""
OPEN = "select count(*) as n from pg_stat_activity where application_name = 'measured'"


@pytest.fixture(scope="module")
def past(postgres: str) -> Iterator[str]:
    """A ledger with a year of trade, in a partition a month, that each test takes a copy of."""
    name = "past"
    with psycopg.connect(copied(postgres, name), autocommit=True) as connection:
        for table in ("message_settled", "timeline"):
            for months in range(MONTHS + 1, 0, -1):
                row = connection.execute(
                    "select date_trunc('month', now()) - make_interval(months => %s),"
                    " date_trunc('month', now()) - make_interval(months => %s)",
                    (months, months - 1),
                ).fetchone()
                assert row is not None
                statement = MONTH.format(table=table, name=f"past_{months}", begins=row[0], ends=row[1])
                connection.execute(statement.encode())
        connection.execute(PAST.format(n=MONTHS * A_MONTH, a_month=A_MONTH).encode())
        connection.execute("select setval('message_id_seq', 100000)")
        connection.execute("vacuum analyze")
        connection.execute("select count_settled()")
    yield name
    dropped(postgres, name)


@pytest.fixture
def emptied_database(postgres: str, past: str) -> Iterator[str]:
    """A ledger of each test's own, for its partitions."""
    with fresh(postgres, past) as made:
        yield made


def look(ledger: Ledger) -> Counter[str]:
    """Rows of the large tables that were read so far, by scans and by indexes."""
    read: Counter[str] = Counter()
    for row in ledger.store.rows(READ):
        if row["name"] in LARGE:
            read[f"{row['name']} scanned"] = row["scanned"] or 0
            read["fetched"] += row["fetched"] or 0
    return read


def until_told(ledger: Ledger) -> None:
    """Wait for what was read by connections that are closing."""
    while (ledger.store.row(OPEN) or {"n": 0})["n"]:
        time.sleep(0.05)


def reads(ledger: Ledger, runtime: Runtime, do: Callable[[Runtime], object]) -> Counter[str]:
    """What ``do`` reads of the large tables, through connections of its own: they report when they close."""
    until_told(ledger)
    before, kept = look(ledger), runtime.store
    runtime.__dict__["store"] = Store(ledger.dsn, application="measured")
    try:
        do(runtime)
    finally:
        runtime.store.close()
        runtime.__dict__["store"] = kept
    until_told(ledger)
    return look(ledger) - before


def views(runtime: Runtime) -> None:
    engine = reading_engine(runtime.configuration.fleet.database_url, application="measured")
    assert order_story(engine, "SO7001") is not None
    assert order_story(engine, "nothing of the kind") is None
    assert overview(engine).flows
    engine.dispose()


def answers(runtime: Runtime) -> None:
    with runtime.store.transaction() as db:
        reading = Reading(runtime, db, Record(1, datetime.now(UTC), "gxo", "997", b""))
        (one,) = correlation.of_number(reading, "7001")
        assert one.reference == "SO7001-1"
        assert len(list(correlation.of_reference(reading, "SO7001-1", "order"))) == 1


def matches(runtime: Runtime) -> None:
    with runtime.store.transaction() as db:
        matching = Matching(db, "khaos")
        assert matching.by_reference(["U7001"]) == matching.by_content(["U7001"]) == 0
        named = "select return_named('khaos', %s) as it"
        assert within(db)(named, "as RT0007001SPY has it") == [{"it": "RT0007001"}]
        assert within(db)(named, "RT00070019") == [{"it": "RT0007001"}]
        assert within(db)(named, "RT9999999 and none") == [{"it": None}]


def laid_again(runtime: Runtime) -> None:
    with runtime.store.transaction() as db:
        assert resend(db, "SO7001", "order:SO7001", "test") == "SO7001-1"


def said_again(runtime: Runtime) -> None:
    runtime.store.receive("gxo", "945", "SO7001", b"again")
    runtime.store.run("select post('orders-out', 'gxo', 'order', 'SO7001-1', 'x', 's', 's', '{}', null, '{}')")


@pytest.mark.parametrize("do", [views, answers, matches, laid_again, said_again])
def test_a_question_reads_what_it_is_about(ledger: Ledger, runtime: Runtime, do: Callable[[Runtime], object]) -> None:
    read = reads(ledger, runtime, do)
    assert [name for name in read if name != "fetched"] == []
    assert read["fetched"] < 300


def test_purges_read_what_they_purge(ledger: Ledger, runtime: Runtime) -> None:
    figures = reads(ledger, runtime, due.purge)
    rest = reads(ledger, runtime, history.purge)  # nothing is old enough for it
    assert [name for name in [*figures, *rest] if name != "fetched"] == []
    gone = MONTHS * A_MONTH // 3
    assert figures["fetched"] < 12 * gone
    assert rest["fetched"] < 300
    # counted last: these scan, and their connection may report it late
    assert ledger.store.row("select count(*) as n from message_settled where kind = 'recount'") == {"n": 0}
    assert ledger.store.row("select count(*) as n from timeline where flow = 'stock-in'") == {"n": 0}
