-- Garments that came back, and what that means in money.

-- One coming back of one garment from one order line, with the evidence on which finance decides.
create table garment_return (
    connection      text not null,
    fulfilment      text not null,
    item            text not null,                    -- the order's line, as its warehouse names it
    tag             text not null,
    order_code      text not null,
    kind            text not null check (kind in ('hire', 'sale')),
    sku             text not null,
    received_at     timestamptz not null,
    graded_at       timestamptz,
    grade           text,
    disposition     text,
    condition_codes text[] not null default '{}',
    images          text[] not null default '{}',
    note            text not null default '',         -- the warehouse's free text: for people, never for logs
    charge_reason   text not null default '',
    money           text,                             -- decided with the first grade, and never by a later one
    book            text,
    row             text,                             -- of the table that decided
    amount          numeric,                          -- what finance charged or released
    settled_by      text,
    settled_at      timestamptz,
    primary key (connection, fulfilment, item, tag)
);
create index garment_return_open on garment_return (received_at) where settled_at is null and kind = 'hire';

alter table return_line add column by_person boolean not null default false;  -- Khaos is not to process it by itself
alter table return_line add column less numeric;      -- per cent of the price that are kept back
create index return_line_line on return_line (connection, line_id);

-- A garment that left for good, until its units and its value are off the books.
create table write_off (
    connection      text not null,
    tag             text not null,
    home            text not null,
    sku             text not null,
    grade           text,
    reason          text not null,                    -- ours: beyond_repair, lost, ...
    disposition     text,
    final           boolean not null,                 -- its end is final: only then may its value go
    happened_at     timestamptz not null,
    confirmed_by    text,
    confirmed_at    timestamptz,
    booked_at       timestamptz,
    primary key (connection, tag)
);
create index write_off_open on write_off (home) where booked_at is null;

-- What each garment is worth in finance's asset register, as finance uploaded it.
create table asset (
    tag             text not null,
    as_at           date not null,
    value           numeric not null check (value >= 0),
    uploaded_at     timestamptz not null default now(),
    uploaded_by     text not null,
    primary key (tag, as_at)
);

alter table movement add column asset text not null default '';               -- the garment whose value it is
