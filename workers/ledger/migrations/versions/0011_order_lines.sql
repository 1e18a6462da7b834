-- A line of an order as its warehouse names it: hire and sale of one SKU are two.
create table order_item (
    fulfilment  text not null,
    item        text not null,                          -- the id by which the warehouse names it
    sku         text not null,
    units       integer not null check (units > 0),
    kind        text not null check (kind in ('hire', 'sale')),
    unit_price  numeric,
    garment     text not null default '',               -- the physical garment, where we chose it
    back_by     date,                                   -- of a hire
    short_told  integer not null default 0,             -- units that will not leave, by the sum of events
    short_shown integer not null default 0,             -- likewise, as the order was read back
    primary key (fulfilment, item)
);

-- Units that left for such a line. A tag leaves once for a line, whichever route brought it first.
create table departed_item (
    id         bigint generated always as identity primary key,
    fulfilment text not null,
    item       text not null,
    tag        text not null default '',
    units      integer not null check (units > 0),
    left_at    timestamptz not null
);
create index departed_item_fulfilment on departed_item (fulfilment);
create unique index departed_item_once on departed_item (fulfilment, item, tag) where tag <> '';
create index departed_item_tag on departed_item (tag) where tag <> '';
