-- Exceptions: filed or refreshed, and closed.

-- File or refresh an exception. Returns true when it is new.
create or replace function file_exception(p_kind text, p_subject text, p_story text, p_flow text, p_connection text,
                                          p_owner text, p_severity text, p_reason text, p_next_step text, p_message bigint,
                                          p_record bigint)
returns boolean language plpgsql as $$
declare
    v_new boolean;
begin
    insert into exception (kind, subject, story, flow, connection, owner, severity, reason, next_step, message_id, record_id)
    values (p_kind, p_subject, p_story, p_flow, p_connection, p_owner, p_severity, p_reason, p_next_step, p_message, p_record)
    on conflict (kind, subject) where state = 'open' do update
       set times = exception.times + 1, last_at = now(), reason = excluded.reason, next_step = excluded.next_step,
           message_id = coalesce(excluded.message_id, exception.message_id)
    returning (xmax = 0) into v_new;
    if v_new then
        insert into timeline (story, subject, flow, connection, step, note, message_id)
        values (p_story, p_subject, p_flow, p_connection, 'exception', p_kind || ': ' || p_reason, p_message);
    end if;
    return v_new;
end $$;

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
