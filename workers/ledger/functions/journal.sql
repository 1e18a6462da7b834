-- What a unit is worth.

-- What one garment is worth at a moment, by finance's asset file alone: no list price stands in for a book value.
create or replace function cost_of_asset(p_asset text, p_at timestamptz, out unit_cost numeric, out indicative boolean)
returns setof record language sql stable as $$
    select a.value, false from asset a
     where a.tag = p_asset and a.as_at <= (p_at at time zone merchant_zone())::date order by a.as_at desc limit 1
$$;

-- What one unit costs at a site at a moment: finance's newest valuation before it, else Khaos's list price, which is
-- no book value and so marks what comes of it as indicative. Neither: null.
create or replace function cost_of(p_site text, p_sku text, p_at timestamptz, out unit_cost numeric,
                                   out indicative boolean)
language sql stable as $$
    select coalesce(v.unit_cost, p.buy_price), v.unit_cost is null
      from (select 1) one
      left join lateral (
          select w.unit_cost from valuation w
           where w.site = p_site and w.sku = p_sku and w.as_at <= (p_at at time zone merchant_zone())::date
           order by w.as_at desc limit 1) v on true
      left join lateral (
          select (q.body->>'buy_price')::numeric as buy_price from product q
           where q.code = p_sku and q.erp in (select name from connection where system = 'khaos') limit 1) p on true
$$;
