-- Exceptions: filed or refreshed, grouped by their cause, and closed.

-- A reason without what differs from case to case: the order or SKU, quoted values, codes, numbers. Where a table lacks
-- a row the value that it lacks is the cause, so it stays: FIELD 'value' or FIELD='value' at the beginning.
create or replace function group_words(p_kind text, p_connection text, p_subject text, p_story text, p_reason text)
returns text language plpgsql immutable as $$
declare
    v_kept text := '';
    v text := p_reason;
    v_part text;
begin
    if p_kind = any (array['unknown_carrier', 'unknown_service', 'route_unmapped', 'unknown_status', 'unknown_condition',
                           'unknown_grade', 'unknown_facility', 'reason_unmapped', 'unknown_event']) then
        v_kept := coalesce(substring(v from '^[^=\s]+[= ](?:''[^'']*''|"[^"]*")'), '');
        v := substr(v, length(v_kept) + 1);
    end if;
    foreach v_part in array array[p_story, p_connection] || (string_to_array(p_subject, ':'))[2:] loop
        if length(v_part) > 1 then v := replace(v, v_part, '…'); end if;
    end loop;
    v := regexp_replace(v, '''[^'']*''|"[^"]*"', '…', 'g');
    v := regexp_replace(v, '[[:alnum:]_./@-]*\d[[:alnum:]_./@-]*', '…', 'g');
    v := regexp_replace(v, '\m[[:upper:]][[:upper:]_/-]{2,}\M', '…', 'g');
    v := regexp_replace(v, '…(?:[\s,;:/…-]*…)+', '…', 'g');
    return left(v_kept || regexp_replace(v, '\s+', ' ', 'g'), 300);
end $$;

-- The group of an exception. What is said of a SKU is one cause, whichever building says it; a connection that is down
-- is one, however its calls fail meanwhile.
create or replace function group_of(p_kind text, p_flow text, p_connection text, p_subject text, p_words text)
returns text language sql immutable as $$
    select 'g' || left(md5(concat_ws('|', p_flow, case when p_subject like 'sku:%' then '' else p_connection end, p_kind,
                              case when p_kind = 'connection_shut' then '' else p_words end)), 11);
$$;

-- The value of an order's goods, by the order's own prices or else the catalogue's; null where either is not known.
create or replace function value_at_risk(p_subject text, p_message bigint) returns numeric language sql stable as $$
    select round(sum(r.value::numeric * coalesce(own.price, (p.body->>'sell_price')::numeric)), 2)
      from fulfilment f
     cross join jsonb_each_text(f.requested) r
      left join product p on p.erp = f.erp and p.code = r.key
      left join lateral (
          select avg((l->>'unit_price')::numeric) as price
            from message_body b
           cross join jsonb_array_elements(case when jsonb_typeof(b.body->'lines') = 'array' then b.body->'lines'
                                                else '[]'::jsonb end) l
           where b.message_id = p_message and l->>'sku' = r.key) own on true
     where p_subject like 'order:%' and f.reference = substr(p_subject, 7);
$$;

create or replace function gravity(p_severity text) returns integer language sql immutable as $$
    select array_position(array['info', 'warning', 'error', 'critical'], p_severity);
$$;

-- File or refresh an exception. Returns true when it is new. One that sleeps wakes when it is graver or another cause.
create or replace function file_exception(p_kind text, p_subject text, p_story text, p_flow text, p_connection text,
                                          p_owner text, p_severity text, p_reason text, p_next_step text, p_message bigint,
                                          p_record bigint)
returns boolean language plpgsql as $$
declare
    v_new boolean;
    v_words text := group_words(p_kind, p_connection, p_subject, p_story, p_reason);
    v_group text := group_of(p_kind, p_flow, p_connection, p_subject, v_words);
begin
    insert into exception (kind, subject, story, flow, connection, owner, severity, reason, next_step, message_id, record_id,
                           group_key, group_words, value)
    values (p_kind, p_subject, p_story, p_flow, p_connection, p_owner, p_severity, p_reason, p_next_step, p_message, p_record,
            v_group, v_words, value_at_risk(p_subject, p_message))
    on conflict (kind, subject) where state = 'open' do update
       set times = exception.times + 1, last_at = now(), reason = excluded.reason, next_step = excluded.next_step,
           message_id = coalesce(excluded.message_id, exception.message_id),
           group_key = excluded.group_key, group_words = excluded.group_words,
           severity = case when gravity(excluded.severity) > gravity(exception.severity) then excluded.severity
                           else exception.severity end,
           clocked = exception.clocked and gravity(excluded.severity) <= gravity(exception.severity),
           noticed = exception.noticed and gravity(excluded.severity) <= gravity(exception.severity)
                     and excluded.group_key = exception.group_key,
           snoozed_until = case when gravity(excluded.severity) > gravity(exception.severity)
                                  or excluded.group_key <> exception.group_key then null
                                else exception.snoozed_until end
    returning (xmax = 0) into v_new;
    if v_new then
        insert into timeline (story, subject, flow, connection, step, note, message_id)
        values (p_story, p_subject, p_flow, p_connection, 'exception', p_kind || ': ' || p_reason, p_message);
    end if;
    return v_new;
end $$;

-- Name the group of exceptions that stand open from before there were groups. Returns how many it named.
create or replace function name_groups(p_most integer) returns integer language sql as $$
    with bare as (
        select id, kind, flow, connection, subject, group_words(kind, connection, subject, story, reason) as words
          from exception where state = 'open' and group_key is null limit p_most for update skip locked),
    named as (
        update exception e set group_words = b.words,
               group_key = group_of(b.kind, b.flow, b.connection, b.subject, b.words)
          from bare b where e.id = b.id returning 1)
    select count(*)::integer from named;
$$;

create or replace function close_exception(p_kind text, p_subject text, p_why text, p_who text) returns integer
language sql as $$
    with closed as (
        update exception set state = 'resolved', closed_at = now(), closed_by = p_who, closed_why = p_why
         where kind = p_kind and subject = p_subject and state = 'open' returning *),
    told as (
        insert into timeline (story, subject, flow, connection, step, note, who, message_id)
        select story, subject, flow, connection, 'exception closed', kind || ': ' || p_why, p_who, message_id from closed)
    select count(*)::integer from closed;
$$;
