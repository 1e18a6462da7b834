-- Stock of a warehouse that cannot be asked: it tells every movement, and now and then a count of everything.
--
-- Two figures are kept for each SKU: the book (the count on which both sides last agreed, and every movement since) and
-- the count (the last one, and what moved after it). While they differ, the less sellable one is what is held.

create table told_sku (
    home            text not null,
    sku             text not null,
    agreed          jsonb not null default '{}',      -- {condition: units}: the book's beginning
    agreed_number   bigint not null default 0,
    agreed_written  timestamptz not null default '-infinity',
    agreed_at       timestamptz not null default '-infinity',
    base_number     bigint not null default 0,        -- the count that the book began with: what was told of before it is in it
    base_written    timestamptz not null default '-infinity',
    base_at         timestamptz not null default '-infinity',
    adopted         integer not null default 0,       -- how often a person took a count for true
    counted         jsonb not null default '{}',      -- the last count that named it
    counted_number  bigint not null default 0,
    counted_written timestamptz not null default '-infinity',
    counted_at      timestamptz not null default '-infinity',  -- the moment of which that count speaks
    book_moved      jsonb not null default '{}',      -- {condition: units} that moved after ``agreed``, added up
    count_moved     jsonb not null default '{}',      -- likewise after ``counted``
    absent          smallint not null default 0,      -- whole counts in a row that did not name it
    differs         boolean not null default false,
    primary key (home, sku)
) with (fillfactor = 80);
create index told_sku_differs on told_sku (home) where differs;

-- Each movement as it was told, once: what it put into a condition, or took out of it (below zero).
create table told_move (
    home      text not null,
    document  text not null,                          -- the kind and the warehouse's own number of what told it
    sku       text not null,
    condition text not null,
    units     integer not null,
    number    bigint not null,                        -- the interchange's: order within one minute
    written   timestamptz not null,                   -- when the warehouse wrote it
    told_at   timestamptz not null default now(),
    primary key (home, sku, document, condition)
);
create index told_move_document on told_move (home, document);

-- Counts that were taken, for whoever asks which.
create table told_count (
    home      text not null,
    document  text not null,
    number    bigint not null,
    written   timestamptz not null,
    at        timestamptz not null,
    lines     integer not null,
    differing integer not null,
    taken_at  timestamptz not null default now(),
    primary key (home, document)
);
