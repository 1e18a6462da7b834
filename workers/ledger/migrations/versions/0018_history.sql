-- What was settled is counted once, and what is old is purged once: neither looks at all of history again.

-- Messages that were ever settled, up to history_mark.counted_to. What was purged since stays counted.
create table settled_count (
    flow   text not null,
    state  text not null,
    n      bigint not null,
    primary key (flow, state)
);

create table history_mark (
    one              boolean primary key default true check (one),
    counted_to       timestamptz not null default '-infinity',
    bodies_purged_to timestamptz not null default '-infinity'
);

-- Counts and flushes of levels, which are purged after days: what is left of them, and nothing else.
create index message_settled_figures on message_settled (settled_at)
    where flow = 'stock-in' and kind in ('recount', 'levels');

-- The codes that a person may have in hand.
create index exception_listed on exception
    (array_position(array['critical', 'error', 'warning', 'info'], severity), first_at, id) where state = 'open';
create index exception_kinds on exception (kind, owner, severity, first_at) where state = 'open';
create index exception_subject on exception (subject);
create index fulfilment_invoice_code on fulfilment (invoice_code);
create index fulfilment_theirs on fulfilment (their_id) where their_id is not null;
create index shipment_parcels on shipment using gin (parcels jsonb_path_ops);
create index control_number_given on control_number (number);
