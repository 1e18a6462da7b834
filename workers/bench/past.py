"""What a year of trade leaves in a ledger, made in minutes: settled orders, and what stands open on a bad day."""

from __future__ import annotations

import time
from dataclasses import dataclass

from workers.ledger.store import Store

ORDERS_A_BATCH = 50_000
MESSAGES = 6  # settled messages of an order: itself, its dispatch, levels
CHANGES = 100_000
TABLES = (
    "fulfilment shipment message message_settled message_key message_body timeline exception expectation demand"
    " order_site return_line credit_note journal movement partner_file exception_count exception_change"
)

# What was settled in a year lies in a partition a month.
MONTHS = """
do $$ declare
    v_table text;
    v_from timestamptz;
begin
    perform set_config('timezone', 'UTC', true);
    foreach v_table in array array['timeline', 'message_settled'] loop
        for v_from in select date_trunc('month', now()) - make_interval(months => m) from generate_series(1, 12) m loop
            execute format('create table %%I partition of %%I for values from (%%L) to (%%L)',
                           v_table || to_char(v_from, '_YYYY_MM'), v_table, v_from, v_from + interval '1 month');
        end loop;
    end loop;
end $$
"""
# Orders of the past, each dispatched in one parcel. Values: the first and the last number, and how many there will be,
# which says how old each is.
ORDERS = """
with past as (
    select n, 'H' || to_char(n, 'FM000000000') as code,
           now() - interval '1 hour' - (%(orders)s - n) * (interval '360 days' / %(orders)s) as at
      from generate_series(%(first)s::bigint, %(last)s::bigint) n),
filed as (
    insert into fulfilment (reference, erp, order_code, number, invoice_code, associated_ref, site, warehouse, facility,
                            route_reason, state, fingerprint, requested, shipped, shipments, confirmed, stage, their_id,
                            sent_at, changed_at)
    select code || '-1', 'khaos', code, 1, 'I' || code, 'WEB' || n, 'Main Site', 'leeds', 'LDS1', 'all else',
           'dispatched', 'bench', '{"BENCH/001 BLUE": 2}', '{"BENCH/001 BLUE": 2}', 1,
           n <= %(orders)s - %(unbooked)s, 9, n::text, at, at
      from past),
left_there as (
    insert into shipment (reference, fulfilment, number, invoice_code, lines, parcels, confirmed_at, told_at)
    select code || '-1-S1', code || '-1', 1, 'I' || code, '{"BENCH/001 BLUE": 2}',
           jsonb_build_array(jsonb_build_object('tracking', 'TRK' || n, 'carrier', 'DPD')),
           case when n <= %(orders)s - %(unbooked)s then at end, at from past),
settled as (
    insert into message_settled (id, flow, connection, kind, reference, version, subject, story, state, attempt,
                                 generation, created_at, settled_at)
    select -(n * 10 + m), case when m = 1 then 'orders-out' when m < 4 then 'dispatch-in' else 'stock-in' end,
           case when m = 1 then 'leeds' else 'khaos' end, case when m = 1 then 'order' else 'dispatch' end,
           code || '-' || m, 1, 'order:' || code || '-' || m, code, 'delivered', 1, 1, at, at
      from past, generate_series(1, %(messages)s) m),
keyed as (
    insert into message_key (flow, connection, kind, reference, version, fingerprint, message_id)
    select case when m = 1 then 'orders-out' when m < 4 then 'dispatch-in' else 'stock-in' end,
           case when m = 1 then 'leeds' else 'khaos' end, case when m = 1 then 'order' else 'dispatch' end,
           code || '-' || m, 1, 'bench', -(n * 10 + m) from past, generate_series(1, %(messages)s) m)
insert into timeline (at, story, subject, flow, connection, step, note, message_id)
select at, code, 'order:' || code || '-' || m, 'orders-out', 'leeds', 'delivered', 'of the bench', -(n * 10 + m)
  from past, generate_series(1, 2 * %(messages)s) m
"""
# The letters of the newest orders are kept: people are found by them.
LETTERS = """
insert into message_body (message_id, body)
select -(n * 10 + 1), jsonb_build_object('reference', 'H' || to_char(n, 'FM000000000') || '-1', 'address',
           jsonb_build_object('name', 'Ada Bench' || n %% 5000, 'line1', n || ' Example Street',
                              'postcode', 'LS' || n %% 90 || ' ' || n %% 9 || 'AB'))
  from generate_series(greatest(1, %(orders)s - %(letters)s + 1), %(orders)s) n
"""
# Orders in hand: a fifth could not be sent and waits for somebody; the others are at two warehouses, some of them late.
IN_HAND = """
with open_ as (
    select n, 'G' || to_char(n, 'FM000000000') as code, now() - n * interval '4 seconds' as at,
           case when n %% 3 = 0 or n %% 5 = 0 then 'slow' else 'leeds' end as warehouse,
           'BENCH/' || to_char(case when n %% 10 = 0 then 1 else n %% 200 end, 'FM000') || ' BLUE' as sku,
           case when n %% 5 = 0 then 'new' when n %% 50 = 1 then 'part_dispatched' else 'sent' end as state
      from generate_series(1, %(in_hand)s) n),
filed as (
    insert into fulfilment (reference, erp, order_code, number, invoice_code, associated_ref, site, warehouse, facility,
                            route_reason, state, fingerprint, requested, stage, their_id, sent_at, accepted_at,
                            changed_at, courier, status_there)
    select code || '-1', 'khaos', code, 1, 'I' || code, 'WEBG' || n, 'Main Site', warehouse, 'LDS1', 'all else', state,
           'bench', jsonb_build_object(sku, 2), 9, case when state <> 'new' then 'G' || n end,
           case when state <> 'new' then at end, case when state <> 'new' then at end, at,
           (array['DPD Next Day', 'Royal Mail 48', 'Collect'])[1 + n %% 3],
           case when n %% 2 = 0 then 'picking' else '' end
      from open_),
awaited as (
    insert into expectation (subject, what, story, due_at, kind, flow, connection, missed_at)
    select 'order:' || code || '-1', 'dispatch', code, at + interval '20 hours', 'dispatch_overdue', 'orders-out',
           warehouse, case when at < now() - interval '20 hours' then now() end from open_ where state <> 'new'),
dead as (
    insert into message (flow, connection, kind, reference, version, subject, story, state, attempt, lane, due_at,
                         error_kind, error, state_since, created_at)
    select 'orders-out', warehouse, 'order', code || '-1', 1, 'order:' || code || '-1', code, 'dead', 1, 'orders-out',
           at, 'refused_by_warehouse', 'of the bench', at, at from open_ where state = 'new' returning id),
bodies as (
    insert into message_body (message_id, body) select id, '{"lines": []}' from dead)
insert into demand (erp, invoice_code, order_code, sku, units, stage, shipped)
select 'khaos', 'I' || code, code, sku, 2, 9, false from open_
"""
NOT_READY = """
with held as (
    insert into demand (erp, invoice_code, order_code, sku, units, stage, shipped)
    select 'khaos', 'INR' || n, 'NR' || n, 'BENCH/' || to_char((n + m) %% 200, 'FM000') || ' BLUE', 1, 11 + n %% 9,
           false
      from generate_series(1, %(in_hand)s) n, generate_series(1, 2) m)
insert into order_site (erp, order_code, site)
select 'khaos', 'NR' || n, 'Main Site' from generate_series(1, %(in_hand)s) n
"""
# Some hundred causes: a few with many exceptions, many with few. Those whose message is dead can be retried.
OPEN = """
with open_ as (
    select n, kind, case when kind = 'sku_refused' then 'sku:' || connection || ':BENCH' || n else
               'order:' || code || '-1' end as subject,
           case when kind = 'sku_refused' then 'BENCH' || n else code end as story, connection, owner, severity, reason
      from (select n, (array['refused_by_warehouse', 'dispatch_overdue', 'unknown_carrier', 'stock_differs',
                             'sku_refused', 'over_shipped', 'bad_address', 'short_pick'])[1 + n %% 8] as kind,
                   case when n %% 5 = 0 and n <= %(in_hand)s then 'G' else 'H' end || to_char(n, 'FM000000000') as code,
                   (array['leeds', 'slow'])[1 + n %% 2] as connection,
                   (array['operations', 'support', 'finance', 'merchandising'])[1 + n %% 8 %% 4] as owner,
                   (array['warning', 'error', 'critical'])[1 + (n / 8) %% 3] as severity,
                   case when n %% 8 = 2 then 'carrier=''C' || n %% 40 || ''': add a row' else 'of the bench: field '
                        || chr(97 + (n / 7 %% 26)::int) || chr(97 + sqrt(n)::int %% 9) || ' of order ' || n
                        || ' cannot be read' end as reason
              from generate_series(1, %(exceptions)s) n) e),
worded as (
    select *, group_words(kind, connection, subject, story, reason) as words from open_)
insert into exception (kind, subject, story, flow, connection, owner, severity, reason, next_step, message_id, first_at,
                       last_at, alerted, clocked, noticed, respond_by, value, group_words, group_key, assignee, tags,
                       snoozed_until)
select w.kind, w.subject, w.story, 'orders-out', w.connection, w.owner, w.severity, w.reason, 'nothing', m.id,
       now() - w.n * interval '10 seconds', now() - w.n * interval '1 second', true, true, true,
       now() + (w.n %% 5000 - 2500) * interval '1 minute', case when w.n %% 4 > 0 then 10 + w.n %% 90 end, w.words,
       group_of(w.kind, 'orders-out', w.connection, w.subject, w.words), case when w.n %% 50 = 0 then 'Ada' end,
       case when w.n %% 70 = 0 then array['peak'] else '{}' end,
       case when w.n %% 200 = 0 then now() + interval '1 day' end
  from worded w left join message m on m.story = w.story and m.state = 'dead'
"""
# What else stands in the books: returns and journal entries, of which one in fifty is to be done, and files that came.
BOOKS = """
with back as (
    insert into return_line (reference, connection, receipt, line_id, order_code, erp, home, sku, units, condition,
                             state, received_at, credited_at, refunded_at)
    select 'RT' || to_char(n, 'FM0000000'), 'leeds', 'R' || n, n::text,
           'H' || to_char(1 + n %% %(orders)s, 'FM000000000'), 'khaos', 'Main Site', 'BENCH/001 BLUE', 1, 'good',
           case when n %% 50 > 0 then 'refunded' else (array['graded', 'credited', 'received'])[1 + n / 50 %% 3] end,
           at, at, at
      from (select n, now() - n * (interval '360 days' / %(books)s) as at from generate_series(1, %(books)s) n) r),
moved as (
    insert into movement (connection, movement_id, home, sku, cause, cause_word, units, moved_at, entered)
    select 'leeds', 'M' || n, 'Main Site', 'BENCH/' || to_char(n %% 200, 'FM000') || ' BLUE', 'adjusted_up', 'ADJ', 1,
           now() - n * (interval '360 days' / %(books)s), true from generate_series(1, %(books)s) n),
booked as (
    insert into journal (connection, movement_id, site, sku, cause, units, unit_cost, value, event_at, mover, state)
    select 'leeds', 'M' || n, 'Main Site', 'BENCH/' || to_char(n %% 200, 'FM000') || ' BLUE', 'adjusted_up', 1, 5, 5,
           now() - n * (interval '360 days' / %(books)s), 'level',
           case when n %% 50 > 0 then 'loaded' else (array['unmapped', 'uncosted', 'ready'])[1 + n / 50 %% 3] end
      from generate_series(1, %(books)s) n)
insert into partner_file (connection, facility, series, name, sha256, number, readable, effect, size, taken_at)
select 'leeds', 'LDS1', '945', 'FILE' || n, md5(n::text), n, true, 'taken', 2000,
       now() - n * (interval '360 days' / %(books)s) from generate_series(1, %(books)s) n
"""


@dataclass(frozen=True, slots=True)
class Past:
    """How much history: ``settled`` messages, six an order, and what stands open: exceptions and orders in hand."""

    settled: int = 5_000_000
    exceptions: int = 100_000
    in_hand: int = 20_000
    readings: int = 40  # of each page

    @property
    def orders(self) -> int:
        """Orders that were dispatched."""
        return max(1, self.settled // MESSAGES)


def fill(store: Store, past: Past) -> float:
    """Write a year of history. Returns the seconds it took.

    Past orders are H000000001 and on, their trackings TRK1 and on, their web orders WEB1 and on; those in hand
    G000000001 and on.
    """
    began = time.monotonic()
    values = {
        "orders": past.orders,
        "messages": MESSAGES,
        "exceptions": past.exceptions,
        "in_hand": past.in_hand,
        "unbooked": min(past.orders // 2, past.in_hand // 4),
        "letters": min(past.orders, 5 * past.in_hand),
        "books": max(1, min(past.orders // 4, past.settled // 25)),
    }
    store.run(MONTHS)
    for first in range(1, past.orders + 1, ORDERS_A_BATCH):
        last = min(past.orders, first + ORDERS_A_BATCH - 1)
        store.run_named(ORDERS, {**values, "first": first, "last": last})
    for statement in (LETTERS, IN_HAND, NOT_READY):
        store.run_named(statement, values)
    store.run("analyze message")  # the next one looks for its orders there
    for statement in (OPEN, BOOKS):
        store.run_named(statement, values)
    store.row("select fold_exception_changes(%s) as n", CHANGES)
    for table in TABLES.split():
        store.run(f"vacuum analyze {table}")  # as autovacuum does on the way
    store.run("select count_settled()")
    return time.monotonic() - began
