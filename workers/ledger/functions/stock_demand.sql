-- What Khaos's open invoices ask for.

-- Khaos's open invoices as one reply showed them; asked at p_began. An older reply changes nothing.
-- p_lines: [[invoice, order, sku, units, stage, shipped], …]
create or replace function store_demand(p_erp text, p_began timestamptz, p_lines jsonb)
returns boolean language plpgsql as $$
declare
    v_last timestamptz;
begin
    insert into cursor (connection, source, value) values (p_erp, 'demand', jsonb_build_object('began', '-infinity'))
        on conflict do nothing;
    select (value->>'began')::timestamptz into v_last from cursor
     where connection = p_erp and source = 'demand' for update;
    if v_last >= p_began then return false; end if;
    update cursor set value = jsonb_build_object('began', p_began), moved_at = now()
     where connection = p_erp and source = 'demand';
    create temp table shown on commit drop as
    select e->>0 as invoice_code, e->>1 as order_code, e->>2 as sku, sum((e->>3)::integer)::integer as units,
           max((e->>4)::integer) as stage, bool_or((e->>5)::boolean) as shipped
      from jsonb_array_elements(p_lines) e group by 1, 2, 3;
    delete from demand d where d.erp = p_erp
       and not exists (select 1 from shown s where s.invoice_code = d.invoice_code and s.sku = d.sku);
    insert into demand (erp, invoice_code, order_code, sku, units, stage, shipped)
    select p_erp, invoice_code, order_code, sku, units, stage, shipped from shown
    on conflict (erp, invoice_code, sku) do update
       set units = excluded.units, stage = excluded.stage, shipped = excluded.shipped, order_code = excluded.order_code
     where (demand.units, demand.stage, demand.shipped) is distinct from (excluded.units, excluded.stage, excluded.shipped);
    drop table shown;
    -- what left, was counted and is over in Khaos is no concern of the levels any more
    delete from shipped_line l using shipment s
     where s.reference = l.shipment and l.counted and s.confirmed_at is not null
       and not exists (select 1 from demand d where d.invoice_code = s.invoice_code);
    delete from shipped_line l where l.counted and not exists (select 1 from shipment s where s.reference = l.shipment)
       and not exists (select 1 from fulfilment f where f.reference = fulfilment_in_hand(l.shipment)
                          and (f.state in ('sent', 'part_dispatched', 'cancelling')
                               or exists (select 1 from demand d where d.erp = f.erp and d.invoice_code = f.invoice_code)));
    return true;
end $$;
