-- Stock that is one tagged garment at a time: the last word of each source, and the files that counted them.

-- One garment. Its state is made of both words: the less sellable one, until they agree (mappings/garment_words.py).
create table garment (
    connection   text not null,
    tag          text collate "C" not null,
    home         text collate "C" not null,
    sku          text collate "C" not null,           -- Khaos's stock code, under which it is counted
    unique_sku   text not null default '',
    file_state   text,                                -- the last word of the stock file, at the file's own time
    file_at      timestamptz,                         -- or, while it says the same, an earlier one's (garment_file_at)
    file_grade   text,
    file_order   text not null default '',
    named        boolean not null default true,       -- the last whole file named it
    event_state  text,                                -- the last word of an event
    event_at     timestamptz,
    event_grade  text,
    event_order  text not null default '',
    missed       smallint not null default 0,         -- days in a row whose file did not name it
    missed_on    date,
    sold_at      timestamptz,                         -- it left with a sale: what a file said before counts no more
    hired        boolean not null default false,      -- it was out on hire
    back_by      date,                                -- when its hire is expected back
    retired      boolean not null default false,      -- for good
    written_off_at timestamptz,                       -- its units and its value are off the books
    condition_codes text[] not null default '{}',
    place        text not null default '',            -- the warehouse's own words for where it is
    state        text not null,
    state_at     timestamptz not null,                -- since when, by the clock of whoever said so
    bookable_at  timestamptz,                         -- a hire buffer: not sold before
    primary key (connection, tag)
) with (fillfactor = 80);
create index garment_sku on garment (home, sku);
create index garment_buffered on garment (bookable_at) where bookable_at is not null;

-- Units that left without anybody saying which garments: good units, until a later file names those that are there.
create table garment_left (
    home         text not null,
    departure    text not null,
    sku          text not null,
    units        integer not null,
    left_at      timestamptz not null,
    primary key (home, departure, sku)
);

-- The stock files that came, and what became of each.
create table garment_file (
    id           bigint generated always as identity primary key,
    connection   text not null,
    name         text not null,
    content      text not null,                       -- a hash of it
    record_id    bigint,
    written_at   timestamptz not null,
    day          date not null,                       -- of the warehouse
    rows         integer not null default 0,
    verdict      text not null check (verdict in ('take', 'correct', 'repeated', 'stale', 'refused')),
    why          text not null default '',
    accepted_by  text,                                -- the person who took a short file for whole
    accepted_at  timestamptz,
    came_at      timestamptz not null default now(),
    unique (connection, name, content)
);
create index garment_file_counted on garment_file (connection, written_at) where verdict in ('take', 'correct');
