-- Figures are not letters: what is held, what is promised, and what Khaos should show, as rows that are current.

-- A facility serves exactly one Khaos site, its home. Written from the configuration.
create table home (
    site          text primary key,
    connection    text not null,
    facility      text not null,
    flush_after   interval not null default interval '5 seconds',  -- from a change to its level
    adjustments   text not null default 'level' check (adjustments in ('level', 'adjust_by')),  -- who moves them in Khaos
    semantics     text not null default 'available' check (semantics in ('available', 'in_stock')),  -- of LEVEL
    issue_point   text not null default 'issue' check (issue_point in ('issue', 'confirmation')),
    told          boolean not null default false,     -- its warehouse tells what moves, and cannot be asked
    counted_at    timestamptz,                        -- the beginning of the last complete count; null: never counted
    unique (connection, facility)
);

-- The Khaos sites whose levels the fleet keeps: the home itself, and the non-selling sites beside it.
create table stock_site (
    site     text primary key,
    home     text not null references home (site) on delete cascade,
    purpose  text not null,                           -- 'sell', 'buffer', 'pending_journal', or a condition
    unique (home, purpose)
);

-- Buffers, in the order in which they are tried; the first that fits counts. Null: any.
create table buffer_rule (
    number      integer primary key,
    sites       text[],
    skus        text[],
    categories  text[],
    units       integer,
    percent     numeric
);

-- What is held: good units (allocated and picked ones included) and those of every other condition.
-- began_at and ended_at bound the moment of which it speaks, by the database's clock.
create table position (
    home       text not null,
    sku        text not null,
    good       integer not null,
    other      jsonb not null default '{}',           -- {condition: units}
    began_at   timestamptz not null,
    ended_at   timestamptz not null,
    absent     smallint not null default 0,           -- complete counts in a row that did not name it
    primary key (home, sku)
) with (fillfactor = 80);

-- A count under way. Only one that is complete is ever used.
create table snapshot (
    id          bigint generated always as identity primary key,
    home        text not null,
    began_at    timestamptz not null,
    ended_at    timestamptz,
    state       text not null default 'open' check (state in ('open', 'complete', 'broken')),
    lines       integer not null default 0,
    changed     integer,
    note        text not null default ''
);
create unlogged table snapshot_line (
    snapshot_id  bigint not null,
    sku          text not null,
    condition    text not null,
    units        integer not null
);
create index snapshot_line_id on snapshot_line (snapshot_id);

-- SKUs that were spoken of and are to be counted again: ten thousand words about one SKU are one row.
create table recount (
    home      text not null,
    sku       text not null,
    asked_at  timestamptz not null default clock_timestamp(),
    why       text not null default '',
    primary key (home, sku)
);

-- Khaos's open invoices, as last read, of every open stage but 18.
create table demand (
    erp           text not null,
    invoice_code  text not null,
    order_code    text not null,
    sku           text not null,
    units         integer not null,
    stage         integer not null,
    shipped       boolean not null,                   -- Khaos shows it as shipped
    primary key (erp, invoice_code, sku)
);
create index demand_sku on demand (sku);
create table order_site (
    erp         text not null,
    order_code  text not null,
    site        text not null,
    primary key (erp, order_code)
);

-- Lines of an order that are of another site than the order. Empty: the SKU stands on lines of several.
create table line_site (
    erp         text not null,
    order_code  text not null,
    sku         text not null,
    site        text not null,
    primary key (erp, order_code, sku)
);

-- Units that left a warehouse, until they are counted there and their invoice is no longer open in Khaos.
create table shipped_line (
    shipment    text not null,                        -- our shipment; or a dispatch that Khaos is not told of
    order_code  text not null,
    home        text not null,
    sku         text not null,
    units       integer not null,
    left_at     timestamptz not null,                 -- they had left by then, by the database's clock
    counted     boolean not null default false,       -- the position does not include them any more
    primary key (shipment, sku)
);
create index shipped_line_sku on shipped_line (home, sku);

-- What Khaos should show: one row for each SKU at each site that was ever touched. due_at null: nothing to do.
create table level (
    site        text not null,
    sku         text not null,
    home        text not null,
    purpose     text not null,
    due_at      timestamptz,
    touched_at  timestamptz,
    sent        integer,                              -- the LEVEL that was sent last
    sent_at     timestamptz,
    shown       integer,                              -- what Khaos showed last
    shown_at    timestamptz,
    collisions  smallint not null default 0,
    refusal     text not null default '',             -- why Khaos does not take it
    primary key (site, sku)
) with (fillfactor = 80);
create index level_due on level (site, due_at) where due_at is not null;

-- Units that stand on one side and not yet on the other, and what would end that.
create table term (
    id           bigint generated always as identity primary key,
    kind         text not null check (kind in ('pending_goods_in', 'pending_return', 'pending_journal', 'khaos_quarantine')),
    home         text not null,
    sku          text not null,
    condition    text not null default 'good',        -- of the units at the warehouse
    units        integer not null check (units <> 0),
    source       text,                                -- the movement that brought them; null: not heard of yet
    subject      text not null default '',            -- receipt, return or journal entry that they belong to
    opened_at    timestamptz not null default now(),
    cleared_at   timestamptz,
    cleared_by   text,
    cleared_why  text
);
create index term_open on term (home, sku) where cleared_at is null;
create index term_subject on term (subject);

-- Every movement that a warehouse booked, once.
create table movement (
    connection   text not null,
    movement_id  text not null,
    home         text not null,
    sku          text not null,
    cause        text not null,
    cause_word   text not null,
    units        integer not null,                    -- a magnitude: the cause gives the direction
    reason       text not null default '',
    location     text not null default '',
    to_condition text not null default '',            -- of units that were held: what they became
    moved_at     timestamptz not null,
    seen_at      timestamptz not null default now(),
    primary key (connection, movement_id)
);
create index movement_sku on movement (sku, moved_at);

-- A reason that a webhook told before its movement was read.
create table movement_reason (
    connection   text not null,
    movement_id  text not null,
    reason       text not null,
    told_at      timestamptz not null default now(),
    primary key (connection, movement_id)
);

-- What finance books: one entry for each movement that changes what is held or its condition.
create table journal (
    id              bigint generated always as identity primary key,
    connection      text not null,
    movement_id     text not null,
    site            text not null,                    -- the Khaos site of the facility
    sku             text not null,
    cause           text not null,
    units           integer not null,                 -- signed: good units gained or lost
    from_condition  text not null default '',
    to_condition    text not null default '',
    their_reason    text not null default '',
    reason          text not null default '',         -- Khaos's
    account         text not null default '',
    unit_cost       numeric,
    value           numeric,
    indicative      boolean not null default true,    -- no valuation was there: the value is no book value
    event_at        timestamptz not null,
    mover           text not null,                    -- 'level' or 'adjust_by': who moves the quantity in Khaos
    state           text not null check (state in ('unmapped', 'ready', 'offered', 'loaded', 'posted')),
    route           text not null default '',         -- 'soap_extension', 'finance_csv', 'adjust_by'
    file            text not null default '',
    offered_at      timestamptz,
    loaded_at       timestamptz,
    loaded_by       text,
    unique (connection, movement_id)
);
create index journal_state on journal (state, id);
create index journal_sku on journal (sku, event_at);

-- What a unit is worth, as finance uploaded it.
create table valuation (
    site         text not null,
    sku          text not null,
    as_at        date not null,
    quantity     integer not null,
    unit_cost    numeric not null,
    uploaded_at  timestamptz not null default now(),
    uploaded_by  text not null,
    primary key (site, sku, as_at)
);
