-- Goods that come in, what is given back for those that customers return, and the dispatch routes without a call.

-- Goods in, as last re-read.
create table goods_in (
    connection      text not null,
    their_id        text not null,
    reference       text not null,
    home            text not null,
    kind            text not null check (kind in ('supplier', 'return')),
    status          text not null,
    order_code      text not null default '',
    advice          text not null default '',
    body            jsonb not null,                   -- the canonical receipt
    read_at         timestamptz not null default now(),
    primary key (connection, their_id)
);
create index goods_in_reference on goods_in (reference);

-- Lines that a webhook or a task named, for a warehouse that lists none: a re-read asks by them.
create table goods_in_line (
    connection  text not null,
    their_id    text not null,
    line_id     text not null,
    told_at     timestamptz not null default now(),
    primary key (connection, their_id, line_id)
);

-- A supplier's line: received at the warehouse, and how much of it Khaos's delivery notes have booked.
create table received_line (
    id              bigint generated always as identity unique,
    connection      text not null,
    their_id        text not null,
    line_id         text not null,
    purchase_order  text not null,
    home            text not null,
    sku             text not null,
    received        integer not null,
    booked          integer not null default 0,
    received_at     timestamptz not null default now(),
    told_at         timestamptz not null default now(),   -- when more of it came: a count that began earlier lacks it
    booked_at       timestamptz,
    booked_by       text,
    primary key (connection, their_id, line_id)
);
create index received_line_open on received_line (home, sku) where booked < received;

-- A return that was announced, and whether the warehouse knows.
create table return_advice (
    reference    text primary key,
    order_code   text not null,
    connection   text not null,
    facility     text not null,
    body         jsonb not null,                      -- the canonical advice
    their_id     text,
    state        text not null check (state in ('received', 'new', 'sent', 'withdrawn')),
    made_by      text not null,
    made_at      timestamptz not null default now()
);

create sequence return_number;

-- One returned line. Its reference is ours, unique for good, and comes back on the credit note.
create table return_line (
    reference     text primary key,
    connection    text not null,
    receipt       text not null,
    line_id       text not null,
    part          integer not null default 1,         -- a line whose units differ in condition is several
    advice        text not null default '',
    order_code    text not null default '',
    erp           text not null,
    home          text not null,
    sku           text not null,
    units         integer not null check (units > 0),
    unit_price    numeric check (unit_price >= 0),    -- of a reduced refund, by a person's word; null: what was paid
    condition     text not null,
    hold_reason   text not null default '',
    disposition   text not null default '',
    reason_id     text not null default '',           -- Khaos's return reason
    processing    text not null default '',           -- return_to_stock, quarantine, stock_missing
    process       boolean not null default false,     -- Khaos processes it straight after the import
    state         text not null check (state in ('received', 'graded', 'offered', 'presumed_imported', 'credited',
                                                 'refunded', 'stopped')),
    urn           text not null default '',
    offer         bytea,                              -- the canonical return as it is offered: customers' data, until it is over
    sequence      bigint unique,                      -- its place in what Khaos pulls
    offered_at    timestamptz,
    decided_by    text,                               -- the person who said that it shall be offered all the same
    served_at     timestamptz,                        -- Khaos pulled it last; null: it surely does not have it
    imported_at   timestamptz,
    credit_note   text,
    credited_at   timestamptz,
    refunded_by   text,
    refunded_at   timestamptz,
    released_by   text,                               -- took it out of Khaos's own quarantine
    released_at   timestamptz,
    stopped_by    text,
    stopped_why   text,
    received_at   timestamptz not null default now(),
    unique (connection, receipt, line_id, part)
);
create sequence return_sequence;
create index return_line_order on return_line (erp, order_code);
create index return_line_open on return_line (state, sequence) where state in ('offered', 'presumed_imported');

-- Each unit of an order is credited once, whatever comes again.
create table returned_unit (
    erp         text not null,
    order_code  text not null,
    sku         text not null,
    unit        integer not null,
    reference   text not null references return_line (reference),
    primary key (erp, order_code, sku, unit)
);

-- Credit notes as Khaos showed them, and the return that each belongs to.
create table credit_note (
    erp         text not null,
    code        text not null,
    urn         text not null default '',
    reference   text not null default '',             -- the return's, where Khaos shows it
    order_code  text not null default '',
    lines       jsonb not null,
    issued_on   date,
    matched     jsonb not null default '{}',          -- {return reference: units}
    seen_at     timestamptz not null default now(),
    primary key (erp, code)
);
create index credit_note_urn on credit_note (erp, urn);

-- How a dispatch reaches Khaos: '' not settled yet, 'soap_extension', 'courier_hook' or 'consignment_file'.
alter table shipment add column route text not null default '';
alter table shipment add column consignment text not null default '';  -- what stands for all of its parcels
alter table shipment add column asked_at timestamptz;                 -- Khaos was asked to show it, by hand routes only
create index shipment_invoice on shipment (invoice_code);

-- What the courier hook answered: the same question gets the same answer for good.
create table courier_answer (
    invoice_id    text not null,
    item_id       text not null default '',           -- the box's, where Khaos sent boxes
    invoice_code  text not null,
    shipment      text not null references shipment (reference),
    consignment   text not null,
    tracking      text not null default '',
    answered_at   timestamptz not null default now(),
    primary key (invoice_id, item_id)
);

create index courier_answer_shipment on courier_answer (shipment);

-- A file that was laid into the courier's folder: name and bytes are stored before it is written.
create sequence consignment_number;
create table consignment_file (
    name        text primary key,
    shipment    text not null unique references shipment (reference),
    body        bytea not null,
    written_at  timestamptz,
    made_at     timestamptz not null default now()
);

-- Which movements have their journal entry: the few that have none are found without looking at the others.
alter table movement add column entered boolean not null default false;
create index movement_unentered on movement (moved_at, movement_id)
    where not entered and cause in ('adjusted_up', 'adjusted_down', 'held', 'released');
create index movement_unjudged on movement (connection, cause_word) where cause = 'unknown';

-- Files that take journal entries to people: the bytes are stored before anybody sees them, so they can be had again.
create table journal_file (
    name       text primary key,
    route      text not null check (route in ('finance_csv', 'adjust_by')),
    number     integer not null,
    entries    integer not null,
    body       bytea not null,
    made_at    timestamptz not null default now(),
    made_by    text not null,
    loaded_at  timestamptz,
    loaded_by  text,
    unique (route, number)
);
create index journal_file_entries on journal (file) where file <> '';

-- A product that Khaos deleted; it may stand on a shelf all the same.
alter table product add column deleted_at timestamptz;
