-- Partners by file: control numbers, what was answered to them, and the files that were taken.

-- What was answered to the last writing of a message; a fast answer is here before its sending is settled.
create or replace function said_to(p_message bigint) returns text[] language sql stable as $$
    select coalesce((select c.said from control_number c where c.message_id = p_message order by c.number desc limit 1), '{}')
$$;

-- The number and the moment that a message is written with; asked again, the same.
create or replace function number_for(p_connection text, p_message bigint, p_generation integer)
returns table (number bigint, given_at timestamptz) language plpgsql as $$
#variable_conflict use_column
declare
    v_number bigint;
begin
    return query select c.number, c.given_at from control_number c
      where c.connection = p_connection and c.message_id = p_message and c.generation = p_generation;
    if found then return; end if;
    insert into series (connection, last) values (p_connection, 1)
        on conflict (connection) do update set last = series.last + 1 returning last into v_number;
    return query insert into control_number as c (connection, number, message_id, generation)
        values (p_connection, v_number, p_message, p_generation) returning c.number, c.given_at;
end $$;

-- The same of several messages, in their order.
create or replace function numbers_for(p_connection text, p_messages bigint[], p_generations integer[])
returns table (message_id bigint, number bigint, given_at timestamptz) language sql as $$
    select m.id, n.number, n.given_at
      from unnest(p_messages, p_generations) as m (id, generation), number_for(p_connection, m.id, m.generation) n
$$;

-- Take one file: store it as a record, once, and watch the series. A number that is left out is expected within
-- p_patience and is an exception after that. A series may begin anew at any number: each number is compared with the
-- next lower one that has come.
--   p: connection, facility, series (the facility's, or one of the whole account), name, sha256, numbers (of every
--      interchange in it), readable (all of it), lies_still (it came before and could not be moved away),
--      patience (seconds)
-- Returns what became of it: 'taken', 'repeated' (same name or same bytes as before), 'kept' (a name that came before
-- with other bytes: stored for a person, and not read). A name that came before is taken again where nothing is left to
-- doubt: the earlier one could not be read, in part or at all, or this one begins with all of its bytes and has grown.
create or replace function take_file(p jsonb, p_body bytea) returns text language plpgsql as $$
declare
    v_connection text := p->>'connection';
    v_facility text := p->>'facility';
    v_numbers bigint[] := array(select n::bigint from jsonb_array_elements_text(
        coalesce(p->'numbers', jsonb_build_array(p->'number'))) n where n is not null);
    v_number bigint;
    v_record bigint;
    v_last bigint;
    v_effect text := 'taken';
    v_series text := coalesce(p->>'series', p->>'facility');
    v_subject text := 'file:' || v_connection || ':' || v_series || ':';
begin
    perform lock_file_series(v_connection, v_series);
    if exists (select 1 from partner_file where connection = v_connection and facility = v_facility
                  and sha256 = p->>'sha256') then
        if (p->>'lies_still')::boolean then return 'repeated'; end if;
        v_effect := 'repeated';
    elsif exists (select 1 from partner_file f left join record r on r.id = f.record_id
                   where f.connection = v_connection and f.facility = v_facility and f.name = p->>'name'
                     and f.readable and f.effect = 'taken'
                     and coalesce(substring(p_body from 1 for length(r.body)) <> r.body, true)
                     and not exists (select 1 from message m
                                      where m.record_id = f.record_id and m.kind = 'read' and m.state = 'dead')) then
        v_effect := 'kept';
    end if;
    if v_effect <> 'repeated' then
        v_record := receive(v_connection, 'file', v_facility || ' ' || (p->>'sha256'), p_body, null);
    end if;
    if v_effect = 'kept' then
        delete from record_unread where record_id = v_record;
    end if;
    if v_effect = 'taken' and (p->>'readable')::boolean then  -- the mended one of a file that could not be read
        perform finish(m.id, 'superseded', 'the file came again, and can be read', 'fleet')
           from (select distinct record_id from partner_file
                  where connection = v_connection and facility = v_facility and name = p->>'name') f
           join message m on m.record_id = f.record_id and m.kind = 'read' and m.state = 'dead';
    end if;
    foreach v_number in array case when v_numbers = '{}' then array[null::bigint] else v_numbers end loop
        select max(number) into v_last from partner_file
         where connection = v_connection and series = v_series and number < v_number;
        insert into partner_file (connection, facility, series, name, sha256, number, readable, effect, size, record_id)
        values (v_connection, v_facility, v_series, p->>'name', p->>'sha256', v_number, (p->>'readable')::boolean,
                v_effect, length(p_body), v_record);
        continue when v_number is null;
        delete from expectation where subject = v_subject || v_number;
        perform close_exception('file_gap', v_subject || v_number, 'the file has come', 'fleet');
        if v_number > v_last + 1 then
            -- a jump of more than a thousand is a new series rather than a thousand lost files: one question to the partner
            insert into expectation (subject, what, story, due_at, kind, flow, connection)
            select v_subject || n, 'file',
                   v_series || case when v_number - v_last > 1000 then ' files ' || v_last + 1 || ' to ' else ' file ' end || n,
                   now() + make_interval(secs => (p->>'patience')::float), 'file_gap', 'dispatch-in', v_connection
              from generate_series(case when v_number - v_last > 1000 then v_number - 1 else v_last + 1 end, v_number - 1) n
            on conflict do nothing;
        end if;
    end loop;
    return v_effect;
end $$;
