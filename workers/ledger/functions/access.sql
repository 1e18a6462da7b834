-- The record of what people did can be added to and not changed: each entry's hash covers the one before.

-- Refuse every change of an entry, and of its details all but their being forgotten by forget_act_details.
create or replace function audit_only_grows() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and tg_table_name = 'audit_detail' and current_setting('fleet.purge', true) = 'act details' then
        return null;
    end if;
    raise exception 'the record of what people did is only added to: % is neither changed nor emptied', tg_table_name;
end $$;

create or replace trigger audit_only_grows before update or delete or truncate on audit_entry
    for each statement execute function audit_only_grows();
create or replace trigger audit_only_grows before update or delete or truncate on audit_detail
    for each statement execute function audit_only_grows();

-- A time as the hash and the export write it.
create or replace function audit_time(p_at timestamptz) returns text language sql immutable as $$
    select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- Add an entry. p_act has the keys subject, name, claimed, os_user, host, address, action, object, reason; p_detail is a JSON
-- document with before and after, or '' where nothing changed. One at a time adds, until its transaction ends; numbers have
-- no gap. The hash is the SHA-256 of the JSON array of all fields in the order of the table.
create or replace function record_act(p_act jsonb, p_detail text, out entry bigint, out hash text) language plpgsql as $$
declare
    v_prev bytea;
    v_at timestamptz;
    v_salt bytea := uuid_send(gen_random_uuid());
    v_detail bytea := '';
    v_hash bytea;
begin
    perform lock_audit();
    select e.id, e.hash into entry, v_prev from audit_entry e order by e.id desc limit 1;
    entry := coalesce(entry, 0) + 1;
    v_prev := coalesce(v_prev, '');
    v_at := clock_timestamp();
    if p_detail <> '' then
        v_detail := sha256(v_salt || convert_to(p_detail, 'UTF8'));
    end if;
    v_hash := sha256(convert_to(jsonb_build_array(
        entry, audit_time(v_at), p_act->>'subject', p_act->>'name', p_act->>'claimed', p_act->>'os_user', p_act->>'host',
        p_act->>'address', p_act->>'action', p_act->>'object', p_act->>'reason', encode(v_detail, 'hex'),
        encode(v_prev, 'hex'))::text, 'UTF8'));
    insert into audit_entry values (
        entry, v_at, p_act->>'subject', p_act->>'name', p_act->>'claimed', p_act->>'os_user', p_act->>'host',
        p_act->>'address', p_act->>'action', p_act->>'object', p_act->>'reason', v_detail, v_prev, v_hash);
    if p_detail <> '' then
        insert into audit_detail values (entry, v_salt, p_detail);
    end if;
    hash := encode(v_hash, 'hex');
end $$;

-- Forget what was changed before p_keep months, p_most of them. Returns how many.
create or replace function purge_act_details(p_keep integer, p_most integer) returns bigint language plpgsql as $$
begin
    return forget_act_details(array(
        select d.entry from audit_detail d join audit_entry e on e.id = d.entry
         where e.at < now() - make_interval(months => p_keep) order by d.entry limit p_most));
end $$;

-- Forget what these entries changed, as the law asks for a person's data; the entries stay. Returns how many there were.
create or replace function forget_act_details(p_entries bigint[]) returns bigint language plpgsql as $$
declare
    v_gone bigint;
begin
    perform set_config('fleet.purge', 'act details', true);  -- in the body: only a superuser may have it in the head
    delete from audit_detail where entry = any (p_entries);
    get diagnostics v_gone = row_count;
    perform set_config('fleet.purge', '', true);
    return v_gone;
end $$;
