-- The ledger's first shape. Times are the database's clock. Text with checks, never enum types, so
-- that old and new workers can run side by side while a release is under way.

-- Who is alive. A lease dies with its process: when beat_at is old, what the process held is freed.
create table process (
    id          uuid primary key,
    name        text not null,
    host        text not null,
    pid         integer not null,
    lone        boolean not null default false,       -- the one-slot worker that runs suspects
    started_at  timestamptz not null default now(),
    beat_at     timestamptz not null default now()
);

-- Everything a side said, kept raw. The body is purged by dropping a month's partition.
create table record (
    id           bigint generated always as identity,
    received_at  timestamptz not null default now(),
    connection   text not null,
    source       text not null,
    source_time  timestamptz,
    body         bytea not null,
    primary key (id, received_at)
) partition by range (received_at);
create table record_other partition of record default;

-- A unique key on a partitioned table must hold the partition column, so the receipt keys stand alone.
create table record_key (
    connection   text not null,
    source       text not null,
    receipt_key  text not null,
    record_id    bigint not null,
    received_at  timestamptz not null default now(),
    primary key (connection, source, receipt_key)
);

-- Records that are not read yet; small at all times.
create table record_unread (
    record_id    bigint primary key,
    received_at  timestamptz not null,
    connection   text not null,
    source       text not null,
    tries        integer not null default 0,
    due_at       timestamptz not null default now()
);

-- What is to be done and is not settled. Narrow, and small: settled rows move to message_settled.
create table message (
    id            bigint generated always as identity primary key,
    flow          text not null,
    connection    text not null,
    kind          text not null,
    reference     text not null,
    version       integer not null,
    subject       text not null,
    story         text not null,                      -- order code or SKU: what a person asks for
    state         text not null default 'queued'
                  check (state in ('queued', 'working', 'sent', 'waiting', 'held', 'dead')),
    state_since   timestamptz not null default now(),
    priority      smallint not null default 5,
    due_at        timestamptz not null default now(),
    attempt       integer not null default 0,         -- every claim
    generation    integer not null default 1,         -- raised by a person's retry or edit
    tries         integer not null default 0,         -- failures that count towards giving up
    resends       integer not null default 0,         -- sent again after proof of absence
    maybe_sent_at timestamptz,                        -- may have reached the other side; only proof clears it
    deaths        integer not null default 0,         -- processes that died while working on it
    lane          text not null,                      -- its flow's queue, or 'isolate' for a suspect, which runs alone
    process_id    uuid,
    lease_until   timestamptz,
    proof         text,                               -- while sent: what would prove it
    proof_due_at  timestamptz,
    error_kind    text,
    error         text,
    source_time   timestamptz,
    record_id     bigint,
    created_at    timestamptz not null default now()
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);

-- Two workers never have one subject: the guard is this index (a NOT EXISTS under row locks let two through).
create unique index message_one_worker on message (subject) where state = 'working';
create index message_ready on message (lane, connection, priority, due_at, id) where state in ('queued', 'waiting');
create index message_subject on message (subject, id);
create index message_story on message (story);
create index message_leases on message (lease_until) where state = 'working';
create index message_proof on message (connection, proof, proof_due_at) where state = 'sent';
create index message_dead on message (id) where state = 'dead';

-- What a message says, and the bytes it was written as. The bytes are frozen before the first push.
create table message_body (
    message_id  bigint primary key,
    body        jsonb not null,
    wire        bytea
);

-- Idempotency, for good: what was said, and which version of it.
create table message_key (
    flow         text not null,
    connection   text not null,
    kind         text not null,
    reference    text not null,
    version      integer not null,
    fingerprint  text not null,
    message_id   bigint not null,
    primary key (flow, connection, kind, reference, version)
);

create table message_settled (
    id             bigint primary key,
    flow           text not null,
    connection     text not null,
    kind           text not null,
    reference      text not null,
    version        integer not null,
    subject        text not null,
    story          text not null,
    state          text not null
                   check (state in ('delivered', 'superseded', 'withdrawn', 'not_needed', 'dismissed')),
    proven_before  boolean not null default false,    -- delivered, but found there already
    attempt        integer not null,
    generation     integer not null,
    record_id      bigint,
    created_at     timestamptz not null,
    settled_at     timestamptz not null default now()
);
create index message_settled_story on message_settled (story);
create index message_settled_recent on message_settled (settled_at);

-- Calls in flight: one row for each call that a connection allows, and for each that one flow may take of it.
create table slot (
    connection  text not null,
    lane        text not null,                        -- '*', or a flow with a share of its own
    number      integer not null,
    holder      text,                                 -- 'message:<id>' or the name of a poll
    process_id  uuid,
    lease_until timestamptz,
    primary key (connection, lane, number)
) with (fillfactor = 50);

-- A connection, and whether it is open. While it is shut its messages wait, uncounted and unrung.
create table connection (
    name         text primary key,
    system       text not null,
    shut_kind    text,
    shut_since   timestamptz,
    shut_reason  text,
    shut_until   timestamptz,                         -- a told wait; opens by itself
    probe_at     timestamptz,
    opened_at    timestamptz,
    poll_waiting timestamptz,                         -- a poll waits for a slot: messages let it pass
    alerted      boolean not null default false
);

-- Named gates that hold single messages: a SKU that its warehouse has not confirmed, a remainder.
create table gate (
    name       text primary key,
    kind       text not null,
    open       boolean not null default false,
    changed_at timestamptz not null default now()
);
create table message_gate (
    message_id  bigint not null references message (id) on delete cascade,
    gate        text not null references gate (name),
    primary key (message_id, gate)
);
create index message_gate_name on message_gate (gate);

-- What should have come by now.
create table expectation (
    subject   text not null,
    what      text not null,
    story     text not null,
    due_at    timestamptz not null,
    kind      text not null,                          -- the exception if it is missed
    flow      text not null,
    connection text not null,
    missed_at timestamptz,
    primary key (subject, what)
);
create index expectation_due on expectation (due_at) where missed_at is null;

create table exception (
    id          bigint generated always as identity primary key,
    kind        text not null,
    subject     text not null,
    story       text not null,
    flow        text not null,
    connection  text not null,
    owner       text not null,
    severity    text not null check (severity in ('info', 'warning', 'error', 'critical')),
    reason      text not null,
    next_step   text not null,
    message_id  bigint,
    record_id   bigint,
    state       text not null default 'open' check (state in ('open', 'resolved', 'dismissed')),
    times       integer not null default 1,
    alerted     boolean not null default false,       -- on-call was told
    first_at    timestamptz not null default now(),
    last_at     timestamptz not null default now(),
    closed_at   timestamptz,
    closed_by   text,
    closed_why  text
);
create unique index exception_open on exception (kind, subject) where state = 'open';
create index exception_unalerted on exception (id) where not alerted;
create index exception_story on exception (story);
create index exception_message on exception (message_id) where state = 'open';

create table timeline (
    id          bigint generated always as identity primary key,
    at          timestamptz not null default clock_timestamp(),
    story       text not null,
    subject     text not null,
    flow        text not null default '',
    connection  text not null default '',
    step        text not null,
    note        text not null default '',
    who         text not null default 'fleet',
    message_id  bigint
);
create index timeline_story on timeline (story, id);

-- One row for each thing that runs on a schedule. Claimed, so two beats do no harm.
create table schedule (
    name        text primary key,
    every       interval not null,
    due_at      timestamptz not null default now(),
    running     uuid,
    lease_until timestamptz,
    last_start  timestamptz,
    last_end    timestamptz,
    last_error  text
);

-- How far a source was read.
create table cursor (
    connection text not null,
    source     text not null,
    value      jsonb not null,
    moved_at   timestamptz not null default now(),
    primary key (connection, source)
);

-- Ids of a partner's reference data (account, warehouses, carriers).
create table partner_fact (
    connection text primary key,
    value      jsonb not null,
    read_at    timestamptz not null default now()
);

-- The catalogue as Khaos last told it.
create table product (
    erp           text not null,
    code          text not null,
    for_warehouse boolean not null,
    body          jsonb not null,
    record_id     bigint not null,                    -- the record that said so: an older one changes nothing
    seen_at       timestamptz not null default now(),
    primary key (erp, code)
);

-- A SKU at a warehouse.
create table sku (
    connection   text not null,
    code         text not null,
    state        text not null check (state in ('confirmed', 'refused')),
    their_id     text,
    changed_at   timestamptz not null default now(),
    primary key (connection, code)
);

-- The newest record of each order that was read: what an older one says is over.
create table order_seen (
    erp        text not null,
    order_code text not null,
    record_id  bigint not null,
    primary key (erp, order_code)
);

-- Orders (or invoices) to be asked for afresh: after a person's retry, after a proven cancellation.
create table order_wanted (
    erp      text not null,
    code     text not null,
    asked_at timestamptz not null default clock_timestamp(),
    primary key (erp, code)
);

-- One Khaos invoice at one warehouse. The number is given once; the reference is <order>-<number>.
create table fulfilment (
    reference     text primary key check (length(reference) <= 22),
    erp           text not null,
    order_code    text not null,
    number        integer not null,
    invoice_code  text not null,
    associated_ref text not null default '',
    site          text not null default '',
    warehouse     text not null default '',
    facility      text not null default '',
    route_reason  text not null default '',
    state         text not null
                  check (state in ('new', 'sent', 'part_dispatched', 'dispatched', 'closed_short',
                                   'cancelling', 'cancelled', 'withdrawn', 'flagged')),
    fingerprint   text not null,                      -- of the invoice's lines and address as last read
    requested     jsonb not null,                     -- {sku: units}
    shipped       jsonb not null default '{}',        -- {sku: units} told by the warehouse
    shipments     integer not null default 0,
    confirmed     boolean not null default false,     -- Khaos shows every shipment of it
    resend        boolean not null default false,     -- changed: to go again once the cancellation is proven
    stage         integer not null,
    their_id      text,
    sent_at       timestamptz,
    changed_at    timestamptz not null default now(),
    unique (erp, order_code, number)
);
create unique index fulfilment_invoice on fulfilment (erp, invoice_code) where state not in ('cancelled', 'withdrawn');
create index fulfilment_open on fulfilment (warehouse, state, sent_at);
create index fulfilment_their_id on fulfilment (warehouse, their_id);
create index fulfilment_ref on fulfilment (associated_ref) where associated_ref <> '';
create index fulfilment_order on fulfilment (order_code);

create table shipment (
    reference    text primary key,
    fulfilment   text not null references fulfilment (reference),
    number       integer not null,
    invoice_code text not null,
    lines        jsonb not null,
    parcels      jsonb not null,
    confirmed_at timestamptz,
    told_at      timestamptz not null default now()
);
create index shipment_fulfilment on shipment (fulfilment);
