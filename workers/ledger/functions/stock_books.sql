-- The book of a warehouse that is asked: units that come or go between counts without a movement are a difference.

-- What counts and movements say of a SKU where they differ: two counts in a row have shown the same figure, so that it
-- is no movement that is still on its way.
create or replace function asked_differences(p_home text)
returns table (home text, sku text, book integer, counted integer, counted_at timestamptz, adopted integer)
language sql stable as $$
    select b.home, b.sku, b.agreed + b.moved, b.counted, b.counted_at, b.adopted from asked_book b
     where b.counts >= 2 and b.counted <> b.agreed + b.moved and not b.unclear and (p_home = '' or b.home = p_home)
$$;

-- Movements that were new belong to the books of their SKUs. p_ids: of a connection's movements.
create or replace function move_books(p_connection text, p_ids text[]) returns void language plpgsql as $$
begin
    perform 1 from asked_book b where (b.home, b.sku) in
        (select m.home, m.sku from movement m where m.connection = p_connection and m.movement_id = any (p_ids))
        order by b.home, b.sku for update;
    update asked_book b
       set moved = b.moved + n.units, maybe = b.maybe + case when b.settled then 0 else n.maybe end,
           unclear = b.unclear or n.unclear
      from (select m.home, m.sku, coalesce(sum(s.units), 0)::integer as units,
                   coalesce(sum(s.units) filter (where m.moved_at <= o.ended + interval '10 minutes'), 0)::integer as maybe,
                   bool_or(m.cause = 'unknown') as unclear
              from movement m join asked_book o on o.home = m.home and o.sku = m.sku
              cross join lateral (select case when m.cause in ('received', 'adjusted_up', 'undispatched') then m.units
                                              when m.cause in ('unreceived', 'adjusted_down', 'dispatched') then -m.units
                                              else 0 end as units) s
             where m.connection = p_connection and m.movement_id = any (p_ids) group by m.home, m.sku) n
     where b.home = n.home and b.sku = n.sku;
end $$;

-- A whole count begins the books of the SKUs that have none, as it was taken over: not of those that are counted again.
create or replace function begin_books(p_home text, p_ended timestamptz) returns void
language sql set work_mem = '64MB' set enable_nestloop = off as $$  -- whatever is known of tables that were just filled
    insert into asked_book (home, sku, agreed, ended)
    select p.home, p.sku, p.good + coalesce((select sum(e.value::integer) from jsonb_each_text(p.other) e), 0)::integer, p_ended
      from position p
     where p.home = p_home and not exists (select 1 from recount r where r.home = p.home and r.sku = p.sku)
       and not exists (select 1 from asked_book b where b.home = p.home and b.sku = p.sku)
     order by p.sku
    on conflict do nothing
$$;

-- Some SKUs were counted, and the movements of before are in the ledger. p: home, ended, skus: [{sku, units}]
-- A SKU that differs is counted again: until two counts show the same, a movement may still be on its way.
create or replace function compare_books(p jsonb) returns void language plpgsql as $$
declare
    v_home text := p->>'home';
    v_ended timestamptz := (p->>'ended')::timestamptz;
    v record;
    b asked_book%rowtype;
begin
    for v in select e->>'sku' as sku, (e->>'units')::integer as units from jsonb_array_elements(p->'skus') e order by 1
    loop
        insert into asked_book (home, sku, agreed, ended) values (v_home, v.sku, v.units, v_ended) on conflict do nothing;
        if found then continue; end if;
        select * into b from asked_book where home = v_home and sku = v.sku for update;
        if b.unclear then
            update asked_book set agreed = v.units, ended = v_ended, moved = 0, maybe = 0, settled = false, unclear = false,
                   counted = null, counted_at = null, counts = 0
             where home = v_home and sku = v.sku;
        elsif v.units in (b.agreed + b.moved, b.agreed + b.moved - b.maybe) then
            update asked_book set agreed = v.units, moved = 0, maybe = 0, settled = true, counted = null, counted_at = null,
                   counts = 0
             where home = v_home and sku = v.sku;
        else
            update asked_book set counted = v.units, counted_at = v_ended,
                   counts = case when counted is distinct from v.units then 1 else least(counts + 1, 100) end
             where home = v_home and sku = v.sku;
            if b.counts < 1 or b.counted is distinct from v.units then
                perform want_recount(v_home, array[v.sku], 'its count and its movements differ');
            end if;
        end if;
    end loop;
end $$;

-- A person has taken a count for true, and the movement that explains it is in the book.
create or replace function adopt_asked(p_home text, p_sku text) returns void language sql as $$
    update asked_book set maybe = 0, settled = true, counted = null, counted_at = null, counts = 0, adopted = adopted + 1
     where home = p_home and sku = p_sku
$$;
