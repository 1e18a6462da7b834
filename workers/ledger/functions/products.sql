-- SKUs at a warehouse: answers to items, and the gates that wait for them.

-- The SKU in a gate's name, sku:<connection>:<code>; the code itself may hold a colon.
create or replace function gated_sku(p_gate text) returns text language sql immutable as $$
    select substr(p_gate, length(split_part(p_gate, ':', 1) || split_part(p_gate, ':', 2)) + 3)
$$;

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
    else
        insert into sku (connection, code, state, their_id) values (p_connection, p_code, 'confirmed', p_code)
            on conflict (connection, code) do update set state = 'confirmed', changed_at = now();
        perform finish(v_message, 'delivered', 'every facility accepted it', 'fleet');
        perform open_gates(array['sku:' || p_connection || ':' || p_code], 'the warehouse confirmed the SKU');
    end if;
    return true;
end $$;
