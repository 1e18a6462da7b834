-- Movements that a warehouse booked, and what Khaos will move by itself because of them.

-- Movements as a warehouse booked them, each once. Their effect on what Khaos will move by itself stands with them:
-- a count that includes them must not be sent before that.
-- p: connection, home, movements: [{id, sku, cause, word, units, reason, location, to_condition, asset, at}]
-- Returns how many were new.
create or replace function take_movements(p jsonb) returns integer language plpgsql as $$
declare
    v_home home%rowtype;
    v_connection text := p->>'connection';
    v record;
    v_new integer := 0;
    v_units integer;
    v_subject text;
    v_ids text[] := '{}';
begin
    select * into v_home from home where site = p->>'home';
    for v in select e->>'id' as id, e->>'sku' as sku, e->>'cause' as cause, e->>'word' as word, (e->>'units')::integer as units,
                    e->>'reason' as reason, e->>'location' as location, e->>'to_condition' as to_condition,
                    coalesce(e->>'asset', '') as asset,
                    (e->>'at')::timestamptz as at
               from jsonb_array_elements(p->'movements') e order by (e->>'at')::timestamptz, e->>'id'
    loop
        insert into movement (connection, movement_id, home, sku, cause, cause_word, units, reason, location, to_condition, moved_at, asset)
        values (v_connection, v.id, v_home.site, v.sku, v.cause, v.word, v.units, v.reason, v.location, v.to_condition, v.at, v.asset)
        on conflict (connection, movement_id) do nothing;
        if not found then
            update movement set reason = v.reason where connection = v_connection and movement_id = v.id
               and reason = '' and v.reason <> '';
            continue;
        end if;
        v_new := v_new + 1;
        v_ids := v_ids || v.id;
        perform want_recount(v_home.site, array[v.sku], v.word);
        v_units := case when v.cause in ('received', 'adjusted_up', 'released') then v.units else -v.units end;
        if v.cause in ('received', 'unreceived') then
            perform goods_came(v_home.site, v.sku, v_units, 'movement:' || v_connection || ':' || v.id);
            perform touch_levels(v_home.site, array[v.sku]);
        elsif v.cause in ('adjusted_up', 'adjusted_down', 'held', 'released') and v_home.adjustments = 'adjust_by' then
            v_subject := 'journal:' || v_connection || ':' || v.id;
            insert into term (kind, home, sku, condition, units, source, subject)
            values ('pending_journal', v_home.site, v.sku, 'good', v_units, v_subject, v_subject);
            if v.cause in ('held', 'released') then
                insert into term (kind, home, sku, condition, units, source, subject)
                values ('pending_journal', v_home.site, v.sku, coalesce(nullif(v.to_condition, ''), 'quarantine'), -v_units, v_subject, v_subject);
            end if;
            perform touch_levels(v_home.site, array[v.sku]);
        end if;
    end loop;
    perform move_books(v_connection, v_ids);
    return v_new;
end $$;
