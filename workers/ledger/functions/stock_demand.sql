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
           max((e->>4)::integer) as stage, bool_or((e->>5)::boolean) as shipped,
           sum(coalesce((e->>6)::integer, 0))::integer as lent  -- of the units, those that Khaos gives no stock to
      from jsonb_array_elements(p_lines) e group by 1, 2, 3;
    insert into demand_gone (erp, sku, units)
    select p_erp, sku, sum(units)
      from (select d.sku, case when s.sku is null or (s.shipped and not d.shipped) then d.units - d.lent
                                else greatest(0, d.units - d.lent - (s.units - s.lent)) end as units
              from demand d left join shown s on s.invoice_code = d.invoice_code and s.sku = d.sku
             where d.erp = p_erp and (s.sku is null or s.units < d.units or (s.shipped and not d.shipped))
            union all  -- shipped when it is first seen: nobody saw it assigned
            select s.sku, s.units - s.lent from shown s
             where s.shipped and not exists (select 1 from demand d where d.erp = p_erp
                                                and d.invoice_code = s.invoice_code and d.sku = s.sku)) less
     group by sku order by sku
    on conflict (erp, sku) do update set units = demand_gone.units + excluded.units;
    -- Khaos's figure does not fall by itself for what it has as a service: the level does it
    perform touch_levels(p.home, array_agg(distinct p.sku)) from position p
      where p.sku in (select coalesce(s.sku, d.sku)
                        from (select * from demand where erp = p_erp and lent > 0) d
                        full join (select * from shown where lent > 0) s on s.invoice_code = d.invoice_code and s.sku = d.sku
                       where s.lent is distinct from d.lent)
      group by p.home;
    delete from demand d where d.erp = p_erp
       and not exists (select 1 from shown s where s.invoice_code = d.invoice_code and s.sku = d.sku);
    insert into demand (erp, invoice_code, order_code, sku, units, stage, shipped, lent)
    select p_erp, invoice_code, order_code, sku, units, stage, shipped, lent from shown
    on conflict (erp, invoice_code, sku) do update
       set units = excluded.units, stage = excluded.stage, shipped = excluded.shipped, order_code = excluded.order_code,
           lent = excluded.lent
     where (demand.units, demand.stage, demand.shipped, demand.lent)
           is distinct from (excluded.units, excluded.stage, excluded.shipped, excluded.lent);
    drop table shown;
    -- what left, was counted and is over in Khaos is no concern of the levels any more
    delete from shipped_line l using shipment s
     where s.reference = l.shipment and l.counted and s.confirmed_at is not null
       and not exists (select 1 from demand d where d.invoice_code = s.invoice_code);
    delete from shipped_line l where l.counted and not exists (select 1 from shipment s where s.reference = l.shipment)
       and not exists (select 1 from fulfilment f where f.reference = fulfilment_in_hand(l.shipment)
                          and (f.state in ('sent', 'part_dispatched', 'cancelling')
                               or exists (select 1 from demand d where d.erp = f.erp and d.invoice_code = f.invoice_code)
                               -- its invoice may be made ready again while a person has it in hand
                               or exists (select 1 from exception e where e.state = 'open'
                                             and e.subject = 'order:' || f.reference)));
    return true;
end $$;

-- What the open invoices of some SKUs take of Khaos's in-stock at a site. p_issue: as for figures.
--   assigned   units that Khaos has given to them
--   gone       units that were on open invoices and are not any more, ever
--   sure       the site of each of their orders is known
create or replace function assigned_units(p_home text, p_skus text[], p_issue text, p_erp text)
returns table (sku text, assigned integer, gone bigint, sure boolean) language sql stable as $$
    select k.sku, coalesce(a.units, 0)::integer, coalesce(g.units, 0), coalesce(a.sure, true)
      from unnest(p_skus) k (sku)
      left join demand_gone g on g.erp = p_erp and g.sku = k.sku
      left join lateral (
          select sum(case when p_issue = 'confirmation' and d.shipped then 0 else d.units - d.lent end)
                     filter (where coalesce(n.site, o.site) = p_home) as units,
                 bool_and(coalesce(n.site, o.site, '') <> '') as sure
            from demand d left join order_site o on o.erp = d.erp and o.order_code = d.order_code
            left join line_site n on n.erp = d.erp and n.order_code = d.order_code and n.sku = d.sku
           where d.erp = p_erp and d.sku = k.sku) a on true
$$;
