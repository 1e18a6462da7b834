-- What a partner sent, stored once and kept by months.

-- Store what a side said, once. Returns the record's id, or null when the same was said before.
create or replace function receive(p_connection text, p_source text, p_receipt_key text, p_body bytea,
                                   p_source_time timestamptz)
returns bigint language plpgsql as $$
declare
    v_id bigint;
begin
    v_id := nextval(pg_get_serial_sequence('record', 'id'));
    insert into record_key (connection, source, receipt_key, record_id)
    values (p_connection, p_source, p_receipt_key, v_id) on conflict do nothing;
    if not found then return null; end if;
    insert into record (id, received_at, connection, source, source_time, body) overriding system value
    values (v_id, now(), p_connection, p_source, p_source_time, p_body);
    insert into record_unread (record_id, received_at, connection, source)
    values (v_id, now(), p_connection, p_source);
    perform wake();
    return v_id;
end $$;

-- Put a record back among the unread. False when it waits to be read already, null when it is kept no more.
create or replace function read_record_again(p_record bigint) returns boolean language plpgsql as $$
begin
    insert into record_unread (record_id, received_at, connection, source)
    select id, received_at, connection, source from record where id = p_record on conflict do nothing;
    if found then
        perform wake();
        return true;
    end if;
    return case when exists (select 1 from record_unread where record_id = p_record) then false end;
end $$;
