-- SKUs at a warehouse: answers to items, and the gates that wait for them.

-- The gate that messages with a SKU wait at; workers/domain/catalogue.py names it likewise.
create or replace function sku_gate(p_connection text, p_code text) returns text language sql immutable as $$
    select 'sku:' || p_connection || ':' || p_code
$$;

-- The SKU in such a name; the code itself may hold a colon.
create or replace function gated_sku(p_gate text) returns text language sql immutable as $$
    select substr(p_gate, length(split_part(p_gate, ':', 1) || split_part(p_gate, ':', 2)) + 3)
$$;

-- A warehouse has confirmed a SKU: it may be sold, and what waits for it goes. p: connection, code, their_id
create or replace function sku_confirmed(p jsonb) returns void language plpgsql as $$
begin
    insert into sku (connection, code, state, their_id)
    values (p->>'connection', p->>'code', 'confirmed', p->>'their_id')
    on conflict (connection, code) do update
       set state = 'confirmed', their_id = excluded.their_id, changed_at = now();
    perform touch_levels(h.site, array[p->>'code']) from home h where h.connection = p->>'connection';
    perform open_gates(array[sku_gate(p->>'connection', p->>'code')], 'the warehouse confirmed the SKU');
end $$;

-- A warehouse takes the confirmation of a SKU back: nothing of it may be sold, what is ordered waits for it again, and
-- it stands among those not to be published. Of one that it never confirmed nothing changes. p: connection, code
create or replace function sku_refused(p jsonb) returns void language plpgsql as $$
begin
    update sku set state = 'refused', changed_at = now()
     where connection = p->>'connection' and code = p->>'code' and state = 'confirmed';
    if not found then return; end if;
    perform touch_levels(h.site, array[p->>'code']) from home h where h.connection = p->>'connection';
    update gate set open = false, changed_at = now() where name = sku_gate(p->>'connection', p->>'code') and open;
end $$;

-- A facility has answered for an item. When the last one has, the product is confirmed, or refused by any of them.
create or replace function item_answered(p_connection text, p_facility text, p_file text, p_code text,
                                         p_accepted boolean,
                                         p_said text) returns boolean language plpgsql as $$
declare
    v_message bigint;
    v_row record;
begin
    update item_row set state = case when p_accepted then 'accepted' else 'rejected' end, said = p_said
     where connection = p_connection and facility = p_facility and file = p_file and code = p_code
    returning message_id into v_message;
    if not found then return false; end if;
    perform 1 from message where id = v_message for update;
    if exists (select 1 from item_row where message_id = v_message and state = 'waiting') then return true; end if;
    select string_agg(facility || ': ' || said, '; ' order by facility) as said into v_row from item_row
     where message_id = v_message and state = 'rejected' having count(*) > 0;
    if v_row.said is not null then
        update message set state = 'dead', state_since = now(), maybe_sent_at = null, proof = null, proof_due_at = null,
               error_kind = 'sku_refused', error = v_row.said
         where id = v_message and state = 'sent';
        if found then perform sku_refused(jsonb_build_object('connection', p_connection, 'code', p_code)); end if;
    else
        perform finish(v_message, 'delivered', 'every facility accepted it', 'fleet');
        perform sku_confirmed(jsonb_build_object('connection', p_connection, 'code', p_code, 'their_id', p_code));
    end if;
    return true;
end $$;

-- Of a warehouse that keeps garments: confirm each SKU with a garment that is not retired, and take back the confirmation
-- of one that has none left. A SKU whose order was refused is confirmed again by a later word about a garment of it, and
-- after an hour: it may be active again. A SKU of which no garment ever stood in the ledger was set up by a person.
create or replace function settle_garment_skus(p_connection text) returns void language plpgsql as $$
declare
    v record;
begin
    for v in
        with active as (
            select sku, max(since) as since from (
                select i.product_sku as sku, i.changed_at as since from garment_item i
                 where i.connection = p_connection and i.state = 'accepted' and not i.withdrawn
                   and not exists (select 1 from garment g where g.connection = p_connection
                                      and g.unique_sku = i.unique_sku and g.retired)
                union all
                select g.sku, g.state_at from garment g where g.connection = p_connection and not g.retired) every
             group by sku),
        heard as (
            select i.product_sku as sku from garment_item i where i.connection = p_connection
            union select g.sku from garment g where g.connection = p_connection)
        select coalesce(a.sku, s.code) as sku, a.sku is not null as here
          from active a full join (select * from sku where connection = p_connection) s on s.code = a.sku
         where (a.sku is not null and (s.code is null
                or (s.state = 'refused' and (a.since > s.changed_at or s.changed_at < now() - interval '1 hour'))))
            or (a.sku is null and s.state = 'confirmed' and s.code in (select h.sku from heard h))
         order by 1
    loop
        if v.here then
            perform sku_confirmed(jsonb_build_object('connection', p_connection, 'code', v.sku, 'their_id', v.sku));
        else
            perform sku_refused(jsonb_build_object('connection', p_connection, 'code', v.sku));
        end if;
    end loop;
end $$;
