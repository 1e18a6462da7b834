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

-- Partitions of records: this month's and the next two exist, those older than p_keep months are dropped. Whoever reads
-- all records meanwhile (a backup) is given way to at once, or everything that is said would queue up behind. Returns
-- the partitions that must wait. What finance and support need for good (keys, timeline, exceptions) stands elsewhere.
create or replace function keep_partitions_v2(p_keep integer) returns text[] language plpgsql as $$
declare
    v_month date;
    v_name text;
    v_left_out text[] := '{}';
    v_purged_to timestamptz;
begin
    perform set_config('lock_timeout', '500ms', true);
    for v_month in select generate_series(date_trunc('month', now()), date_trunc('month', now()) + interval '2 months', interval '1 month')::date
    loop
        v_name := 'record_' || to_char(v_month, 'YYYY_MM');
        if to_regclass(v_name) is null and not exists (select 1 from record_other where received_at >= v_month and received_at < v_month + interval '1 month') then
            begin
                execute format('create table %I partition of record for values from (%L) to (%L)', v_name, v_month, (v_month + interval '1 month')::date);
            exception when lock_not_available then v_left_out := v_left_out || v_name;
            end;
        end if;
    end loop;
    for v_name in
        select c.relname from pg_class c join pg_inherits i on i.inhrelid = c.oid join pg_class p on p.oid = i.inhparent
         where p.relname = 'record' and c.relname ~ '^record_\d{4}_\d{2}$'
           and to_date(substr(c.relname, 8), 'YYYY_MM') < date_trunc('month', now()) - make_interval(months => p_keep)
    loop
        begin
            execute format('drop table %I', v_name);
        exception when lock_not_available then v_left_out := v_left_out || v_name;
        end;
    end loop;
    insert into history_mark default values on conflict do nothing;
    select bodies_purged_to into v_purged_to from history_mark for update;
    delete from message_body b using message_settled s
     where s.id = b.message_id and s.settled_at > v_purged_to and s.settled_at <= now() - make_interval(months => p_keep);
    update history_mark set bodies_purged_to = greatest(v_purged_to, now() - make_interval(months => p_keep));
    delete from message_edit where at < now() - make_interval(months => p_keep);
    return v_left_out;
end $$;

create or replace function keep_partitions(p_keep integer) returns void language plpgsql as $$
begin
    perform keep_partitions_v2(p_keep);
end $$;
