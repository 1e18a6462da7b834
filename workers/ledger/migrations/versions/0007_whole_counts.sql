-- A count may be told in several documents: they are one count, named by its first document.
alter table told_count add column count_of text not null default '';
alter table told_count add column part smallint not null default 1;
alter table told_count add column missing smallint not null default 0;  -- parts that had not come with this one
alter table told_count add column print text not null default '';         -- of its lines: the same part again is no other
update told_count set count_of = document;

-- What a SKU should be at a warehouse that is asked: all its units, of every condition, as counted when count and
-- movements last agreed, and what moved since.
create table asked_book (
    home       text not null,
    sku        text not null,
    agreed     integer not null,
    ended      timestamptz not null,                  -- of the count that the book began with
    moved      integer not null default 0,
    maybe      integer not null default 0,            -- of these, units that the first count may include already
    settled    boolean not null default false,        -- a later count has agreed: nothing is maybe any more
    unclear    boolean not null default false,        -- a movement of which no table says what it does
    counted    integer,                               -- the last count that did not agree
    counted_at timestamptz,
    counts     smallint not null default 0,           -- in a row that showed this same figure
    adopted    integer not null default 0,            -- how often a person took a count for true
    primary key (home, sku)
) with (fillfactor = 80);
create index asked_book_differs on asked_book (home) where counts > 0;
