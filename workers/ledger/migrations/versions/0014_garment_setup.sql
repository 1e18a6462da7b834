-- A physical garment as it is announced to its warehouse, or withdrawn from it.
create table garment_item (
    connection   text not null,
    unique_sku   text not null,
    product_sku  text not null,                       -- Khaos's stock code
    item         jsonb not null,                      -- as it is written into a set-up file
    withdrawn    boolean not null default false,
    state        text not null check (state in ('waiting', 'laid', 'accepted', 'rejected')),
    file         text,                                -- the set-up file that it was laid with
    said         text not null default '',            -- the warehouse's reason, where it rejected it
    changed_at   timestamptz not null default now(),
    primary key (connection, unique_sku)
);
create index garment_item_open on garment_item (connection, state) where state in ('waiting', 'laid');
create index garment_item_product on garment_item (connection, product_sku);
