-- A message outside the hot path: posted, finished, held by gates, released, taken back from a dead process.

-- Which message a new one of a subject stands behind: the last of the subject, which keeps its place until the new one is
-- committed. Null where there is none, or it may be leaving at this moment: who claims looks again in any case, so a new
-- message waits for nobody.
create or replace function behind_which(p_subject text) returns bigint language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
declare
    v_last bigint := (select max(id) from message where subject = p_subject);
begin
    if v_last is null then return null; end if;
    return (select id from message where id = v_last for key share skip locked);
end $$;

-- Let messages go that stood behind those that have just left the live table. In a statement of its own after the leaving:
-- it must see what was posted until then.
create or replace function free_behind(p_gone bigint[]) returns void language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
begin
    update message set behind = null where behind = any (p_gone);
end $$;

-- Let messages go that stand behind one that has left without freeing them: workers of a release before this did so.
create or replace function free_forgotten() returns integer language plpgsql
set plan_cache_mode = force_custom_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    v_freed integer;
begin
    update message m set behind = null
     where m.behind is not null and (select true from message e where e.id = m.behind) is null;
    get diagnostics v_freed = row_count;
    if v_freed > 0 then perform wake(); end if;
    return v_freed;
end $$;

-- Post one message. Returns its id, or null when the last thing said under this key is the same.
-- A newer version supersedes what was not pushed yet; what may have been sent stays, and goes first.
create or replace function post(p_flow text, p_connection text, p_kind text, p_reference text, p_fingerprint text,
                                p_subject text, p_story text, p_body jsonb, p_wire bytea, p_args jsonb)
returns bigint language plpgsql as $$
declare
    v_last record;
    v_old record;
    v_id bigint;
    v_version integer := 1;
    v_behind bigint;
begin
    select version, fingerprint, message_id, said_at into v_last from message_key
     where flow = p_flow and connection = p_connection and kind = p_kind and reference = p_reference
     order by version desc limit 1 for update;
    if found then
        -- what could not be read, was mended and is again as it was: that is news, unless a person has dismissed it
        if v_last.fingerprint = p_fingerprint
           and (p_kind <> 'read' or exists (select 1 from message where id = v_last.message_id)
                or exists (select 1 from message_settled where id = v_last.message_id and state = 'dismissed')) then
            if v_last.said_at < now() - interval '1 month' then  -- as long as it is said, its key is kept
                update message_key set said_at = now()
                 where flow = p_flow and connection = p_connection and kind = p_kind and reference = p_reference
                   and version = v_last.version;
            end if;
            return null;
        end if;
        v_version := v_last.version + 1;
    end if;
    v_id := nextval(pg_get_serial_sequence('message', 'id'));
    insert into message_key (flow, connection, kind, reference, version, fingerprint, message_id)
    values (p_flow, p_connection, p_kind, p_reference, v_version, p_fingerprint, v_id)
    on conflict do nothing;
    if not found then return null; end if;  -- somebody said it at this very moment
    if v_version > 1 then
        for v_old in
            select id from message where flow = p_flow and connection = p_connection and kind = p_kind
               and reference = p_reference and subject = p_subject
               and state in ('queued', 'waiting', 'held', 'dead') and maybe_sent_at is null
               for update skip locked
        loop
            perform finish(v_old.id, 'superseded', 'version ' || v_version || ' was said', 'fleet');
        end loop;
    end if;
    v_behind := behind_which(p_subject);
    insert into message (id, flow, connection, kind, reference, version, subject, story, lane, state, priority, due_at,
                         record_id, source_time, error_kind, error, behind)
    overriding system value
    values (v_id, p_flow, p_connection, p_kind, p_reference, v_version, p_subject, p_story, p_flow,
            coalesce(p_args->>'state', 'queued'), coalesce((p_args->>'priority')::smallint, 5),
            now() + make_interval(secs => coalesce((p_args->>'wait')::float, 0)),
            (p_args->>'record_id')::bigint, (p_args->>'source_time')::timestamptz,
            p_args->>'error_kind', p_args->>'error', v_behind);
    insert into message_body (message_id, body, wire) values (v_id, p_body, p_wire);
    insert into timeline (story, subject, flow, connection, step, note, message_id)
    values (p_story, p_subject, p_flow, p_connection, coalesce(p_args->>'step', 'read'),
            coalesce(p_args->>'note', ''), v_id);
    if p_args ? 'gates' then
        perform hold(v_id, array(select jsonb_array_elements_text(p_args->'gates')));
    end if;
    perform wake();
    return v_id;
end $$;

-- Post messages together: by one statement those of which nobody has heard yet, so that there is no version to supersede
-- and nothing of the subject to stand behind, and that no gate holds; the others by post(), one after the other.
--   p_messages: [{flow, connection, kind, reference, fingerprint, subject, story, body, args}]; p_wires: their bytes
create or replace function post_some(p_messages jsonb, p_wires bytea[]) returns void language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
declare
    v_ids bigint[];  -- by place; null for one that post() takes
    v_place integer;
begin
    select array_agg(case when n.is_new then nextval(pg_get_serial_sequence('message', 'id')) end order by n.place)
      into v_ids
      from (select g.place, not g.message->'args' ? 'gates'
                   and count(*) over (partition by g.message->>'subject') = 1
                   and (select true from message m where m.subject = g.message->>'subject' limit 1) is null
                   and (select true from message_key k
                         where k.flow = g.message->>'flow' and k.connection = g.message->>'connection'
                           and k.kind = g.message->>'kind' and k.reference = g.message->>'reference' limit 1) is null
                   as is_new
              from jsonb_array_elements(p_messages) with ordinality g (message, place)) n;
    with given as materialized (
        select v_ids[g.place] as id, p_wires[g.place] as wire, m.*
          from jsonb_array_elements(p_messages) with ordinality g (message, place)
         cross join lateral jsonb_to_record(g.message) as m (flow text, connection text, kind text, reference text,
                    fingerprint text, subject text, story text, body jsonb, args jsonb)
         where v_ids[g.place] is not null
         order by m.flow, m.connection, m.kind, m.reference),
    named as (
        insert into message_key (flow, connection, kind, reference, version, fingerprint, message_id)
        select g.flow, g.connection, g.kind, g.reference, 1, g.fingerprint, g.id from given g
            on conflict do nothing  -- somebody said it at this very moment
        returning message_id),
    posted as (
        insert into message (id, flow, connection, kind, reference, version, subject, story, lane, state, priority, due_at,
                             record_id, source_time, error_kind, error)
        overriding system value
        select g.id, g.flow, g.connection, g.kind, g.reference, 1, g.subject, g.story, g.flow,
               coalesce(g.args->>'state', 'queued'), coalesce((g.args->>'priority')::smallint, 5),
               now() + make_interval(secs => coalesce((g.args->>'wait')::float, 0)), (g.args->>'record_id')::bigint,
               (g.args->>'source_time')::timestamptz, g.args->>'error_kind', g.args->>'error'
          from named n join given g on g.id = n.message_id order by g.id),
    written as (
        insert into message_body (message_id, body, wire)
        select g.id, g.body, g.wire from named n join given g on g.id = n.message_id order by g.id)
    insert into timeline (story, subject, flow, connection, step, note, message_id)
    select g.story, g.subject, g.flow, g.connection, coalesce(g.args->>'step', 'read'), coalesce(g.args->>'note', ''), g.id
      from named n join given g on g.id = n.message_id order by g.id;
    for v_place in select i from generate_subscripts(v_ids, 1) i where v_ids[i] is null loop
        perform post(m.flow, m.connection, m.kind, m.reference, m.fingerprint, m.subject, m.story, m.body,
                     p_wires[v_place], m.args)
           from jsonb_to_record(p_messages->(v_place - 1)) as m (flow text, connection text, kind text, reference text,
                fingerprint text, subject text, story text, body jsonb, args jsonb);
    end loop;
    perform wake();
end $$;

-- Move a message out of the live table. Not for one that a worker holds: that one is settled.
create or replace function finish(p_id bigint, p_state text, p_note text, p_who text)
returns boolean language plpgsql as $$
declare
    v message%rowtype;
begin
    delete from message where id = p_id and state <> 'working' returning * into v;
    if not found then return false; end if;
    perform free_behind(array[p_id]);
    insert into message_settled (id, flow, connection, kind, reference, version, subject, story, state,
                                 attempt, generation, record_id, created_at)
    values (v.id, v.flow, v.connection, v.kind, v.reference, v.version, v.subject, v.story, p_state,
            v.attempt, v.generation, v.record_id, v.created_at);
    insert into timeline (story, subject, flow, connection, step, note, who, message_id)
    values (v.story, v.subject, v.flow, v.connection, p_state, coalesce(p_note, ''), p_who, p_id);
    update exception set state = case when p_state = 'dismissed' then 'dismissed' else 'resolved' end,
           closed_at = now(), closed_by = p_who, closed_why = coalesce(nullif(p_note, ''), p_state)
     where message_id = p_id and state = 'open';
    return true;
end $$;

-- Hold a message by the gates of p_gates that are not open. The gate rows are locked and looked at again, or a
-- release in between would be lost. Gates are named <kind>:<what>. With none shut, the message is queued.
create or replace function hold(p_id bigint, p_gates text[]) returns boolean language plpgsql as $$
declare
    v_shut text[];
begin
    -- made or locked one by one in the order of their names: whoever opens several takes the same order
    insert into gate (name, kind) select distinct g, split_part(g, ':', 1) from unnest(p_gates) g order by g
        on conflict (name) do update set name = excluded.name;
    select array_agg(name order by name) into v_shut from gate where name = any (p_gates) and not open;
    insert into message_gate (message_id, gate) select p_id, g from unnest(v_shut) g on conflict do nothing;
    update message set state = case when v_shut is null then 'queued' else 'held' end, state_since = now(),
           due_at = case when v_shut is null then now() else due_at end
     where id = p_id and state <> 'working';
    if v_shut is null then perform wake(); end if;
    return v_shut is not null;
end $$;

-- Open gates; what nothing else holds is queued. Returns how many messages were let go.
create or replace function open_gates(p_gates text[], p_why text) returns integer language plpgsql as $$
declare
    v_let_go integer := 0;
    v_held bigint[];
begin
    insert into gate (name, kind, open) select distinct g, split_part(g, ':', 1), true from unnest(p_gates) g order by g
        on conflict (name) do update set open = true, changed_at = now() where not gate.open;
    select array_agg(id) into v_held from
        (select m.id from message m where m.id in (select message_id from message_gate where gate = any (p_gates))
          order by m.id for update) locked;
    if v_held is null then return 0; end if;
    delete from message_gate where gate = any (p_gates);
    with freed as (
        update message m set state = 'queued', state_since = now(), due_at = now()
         where m.id = any (v_held) and m.state = 'held'
           and not exists (select 1 from message_gate g where g.message_id = m.id)
        returning m.*)
    insert into timeline (story, subject, flow, connection, step, note, message_id)
    select story, subject, flow, connection, 'released', p_why, id from freed;
    get diagnostics v_let_go = row_count;
    perform wake();
    return v_let_go;
end $$;
