-- What Khaos Control's own book of a SKU was when it was last seen with its open invoices: a later figure that neither
-- sales, issues, goods that Khaos books nor our own setting explain was changed by somebody.
alter table level add column in_stock integer;        -- shown as available, and assigned to open invoices; null: not sure
alter table level add column in_stock_at timestamptz;
alter table level add column gone bigint;             -- demand_gone.units at that moment

-- Units of each SKU that stood on open invoices and do so no more, ever: issued, cancelled or taken off.
create table demand_gone (
    erp   text not null,
    sku   text not null,
    units bigint not null,
    primary key (erp, sku)
);
