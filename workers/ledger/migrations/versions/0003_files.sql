-- What is sent to, and taken from, a warehouse that speaks in files.

-- Our control numbers: one series for each connection, without holes but for what was never sent.
create table series (
    connection  text primary key,
    last        bigint not null default 0
);

-- The number of each message that was written for such a connection, so that an answer finds what it answers.
create table control_number (
    connection  text not null,
    number      bigint not null,
    message_id  bigint not null,
    generation  integer not null,                     -- a person's retry is written anew, under a new number
    given_at    timestamptz not null default date_trunc('second', now()),
    said        text[] not null default '{}',         -- what was answered to it so far: received, accepted, refused
    primary key (connection, number),
    unique (connection, message_id, generation)
);

-- Files that were taken, each once. A name that comes again is kept and has no second effect.
create table partner_file (
    id           bigint generated always as identity primary key,
    connection   text not null,
    facility     text not null,
    series       text not null,                       -- that its number is of: the facility's, or the account's
    name         text not null,
    sha256       text not null,
    number       bigint,                              -- the interchange's; null: it has none, or cannot be read
    readable     boolean not null,                    -- its envelope could be read
    effect       text not null check (effect in ('taken', 'repeated', 'kept')),
    size         integer not null,
    record_id    bigint,
    taken_at     timestamptz not null default now()
);
create index partner_file_name on partner_file (connection, facility, name);
create index partner_file_hash on partner_file (connection, facility, sha256);
create index partner_file_number on partner_file (connection, series, number);

-- What a warehouse has said of an order so far, where it tells each thing once.
alter table fulfilment add column accepted_at timestamptz;               -- the warehouse said so
alter table fulfilment add column lines_closed jsonb not null default '{}';  -- {sku: [outcome, units that do not come]} of lines that are over

-- Items that wait for a file, were sent in one, or were answered: one row for each facility that must know them.
create table item_row (
    message_id  bigint not null,
    connection  text not null,
    facility    text not null,
    code        text not null,
    file        text,                                 -- the item file's name; null: not in one yet
    state       text not null default 'waiting' check (state in ('waiting', 'accepted', 'rejected')),
    said        text not null default '',             -- why it was rejected
    asked_at    timestamptz not null default now(),
    primary key (message_id, facility)
);
create index item_row_waiting on item_row (connection, facility, asked_at) where file is null;
create index item_row_file on item_row (connection, facility, file, code);

-- Shipments that were told once, and what they became: read again they have no second effect.
create table told_shipment (
    connection  text not null,
    document    text not null,
    fulfilment  text not null,
    units       jsonb not null default '{}',          -- {sku: units} that left, whether Khaos was told of them or not
    told_at     timestamptz not null default now(),
    primary key (connection, document)
);
create index told_shipment_fulfilment on told_shipment (fulfilment);

-- A change that a warehouse was told of and has not answered: {"requested": {sku: units}, "message": id}.
alter table fulfilment add column change jsonb;
