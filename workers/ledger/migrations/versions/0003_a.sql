-- A fresh count of some SKUs of a home, each of which is counted whole: what it does not show is not there.
-- p: home, began, ended, skus: [{sku, good, other}]. A late count changes nothing. Where two counts overlap, the
-- less sellable one counts and the SKU is counted again. Returns the SKUs whose position changed.
--
-- As before, but for the order of the last steps. A reading that says that units left asks for a count in the same
-- transaction, so its recount row is locked until its shipped lines can be seen. Taking the recounts away first waits
-- for it, and then sees the lines; the other way round a count took the recount away and left the lines uncounted for
-- good: the level stayed too low by units that were long gone.
create or replace function count_skus(p jsonb) returns text[] language plpgsql as $$
declare
    v_home text := p->>'home';
    v_began timestamptz := (p->>'began')::timestamptz;
    v_ended timestamptz := (p->>'ended')::timestamptz;
    v_changed text[] := '{}';
    v record;
    v_old position%rowtype;
    v_good integer;
begin
    for v in select e->>'sku' as sku, (e->>'good')::integer as good, coalesce(e->'other', '{}') as other
               from jsonb_array_elements(p->'skus') e order by 1
    loop
        insert into position (home, sku, good, other, began_at, ended_at)
        values (v_home, v.sku, v.good, v.other, v_began, v_ended) on conflict do nothing;
        if found then
            v_changed := v_changed || v.sku;
            continue;
        end if;
        select * into v_old from position where home = v_home and sku = v.sku for update;
        if v_ended <= v_old.began_at then continue; end if;
        v_good := case when v_began >= v_old.ended_at then v.good else least(v.good, v_old.good) end;
        if v_began < v_old.ended_at and v.good <> v_old.good then
            perform want_recount(v_home, array[v.sku], 'two counts overlap');
        end if;
        update position set good = v_good, other = v.other, began_at = greatest(began_at, v_began),
               ended_at = greatest(ended_at, v_ended), absent = 0
         where home = v_home and sku = v.sku;
        if v_good <> v_old.good or v.other <> v_old.other then
            v_changed := v_changed || v.sku;
        end if;
    end loop;
    perform 1 from recount r where r.home = v_home and r.asked_at <= v_began
        and r.sku in (select e->>'sku' from jsonb_array_elements(p->'skus') e) order by r.sku for update;
    delete from recount r using jsonb_array_elements(p->'skus') e
     where r.home = v_home and r.sku = e->>'sku' and r.asked_at <= v_began;
    update shipped_line l set counted = true
      from jsonb_array_elements(p->'skus') e
     where l.home = v_home and l.sku = e->>'sku' and not l.counted and l.left_at <= v_began
       and exists (select 1 from position q where q.home = v_home and q.sku = l.sku and q.began_at >= l.left_at);
    if found then
        v_changed := array(select distinct unnest(v_changed || array(select e->>'sku' from jsonb_array_elements(p->'skus') e)));
    end if;
    perform touch_levels(v_home, v_changed);
    return v_changed;
end $$;

-- What an earlier count left behind so is counted once more.
select want_recount(l.home, array_agg(distinct l.sku), 'left, and not counted')
  from shipped_line l join position p on p.home = l.home and p.sku = l.sku
 where not l.counted and p.began_at >= l.left_at group by l.home;
