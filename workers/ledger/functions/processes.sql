-- Who is alive, and what becomes of what the dead held.

-- Whether a process is silent for longer than p_silent. The time in which nobody could judge (p_gap, until p_gap_ended)
-- does not count: while the ledger stood still, nobody's heart could beat.
create or replace function is_silent(p_beat timestamptz, p_silent interval, p_gap_ended timestamptz, p_gap interval)
returns boolean language sql stable as $$
    select case when p_beat is null or p_beat = '-infinity' then true
                when p_beat >= now() - p_silent then false
                when p_beat >= p_gap_ended then true
                else now() - p_beat - least(p_gap, p_gap_ended - p_beat) > p_silent end
$$;

-- Note that silence is judged now, and the gap since it was judged last, if there is one worth the name. Who judges for
-- the first time cannot know whether the ledger stood still before: all that went before is a gap.
create or replace function judge_silence(out gap_ended_at timestamptz, out gap interval) language sql as $$
    insert into judgement as j (at, gap_ended_at, gap) values (now(), now(), interval '1000 years') on conflict (id) do update set at = greatest(j.at, now()),
        gap_ended_at = case when now() - j.at > interval '5 seconds' then now() else j.gap_ended_at end,
        gap = case when now() - j.at > interval '5 seconds' then now() - j.at else j.gap end
    returning j.gap_ended_at, j.gap
$$;

-- Follow the ledger's clock when it went back: a heart that beat later than now says so, and by how much. What was written by
-- the clock before would wait until that moment comes again; it is moved back with the clock. A message that was written
-- since keeps its time: it may wait out a doubt. Returns how far the clock went back, nothing where it did not.
create or replace function follow_clock() returns interval language plpgsql as $$
declare
    v_back interval := (select max(beat_at) from process where beat_at < 'infinity') - now();
begin
    if v_back is null or v_back < interval '5 seconds' then return null; end if;
    lock table judgement in share row exclusive mode;  -- one follows it; the others find nothing to follow
    select max(beat_at) - now() into v_back from process where beat_at < 'infinity';
    if v_back < interval '5 seconds' then return null; end if;
    update message set due_at = due_at - v_back, lease_until = lease_until - v_back, state_since = state_since - v_back
     where state_since > now() and due_at < 'infinity';
    update record_unread set due_at = due_at - v_back, received_at = least(received_at, now())
     where due_at > now() and due_at < 'infinity';
    update schedule set due_at = due_at - v_back, lease_until = lease_until - v_back where due_at > now() + every;
    update level set due_at = due_at - v_back where due_at > now() and due_at < 'infinity';
    update slot set lease_until = lease_until - v_back where lease_until > now() + v_back;
    update connection set
           rests_until = rests_until - case when rests_until > now() then v_back else '0' end,
           shut_until = shut_until - case when shut_until > now() then v_back else '0' end,
           probe_at = probe_at - case when probe_at > now() then v_back else '0' end,
           turn_until = turn_until - case when turn_until > now() then v_back else '0' end,
           turn_booked_at = least(turn_booked_at, now()), poll_waiting = least(poll_waiting, now()),
           opened_at = least(opened_at, now())
     where greatest(rests_until, shut_until, probe_at, turn_until, turn_booked_at, poll_waiting, opened_at) > now();
    update judgement set at = now(), gap_ended_at = least(gap_ended_at, now()) where at > now();
    update process set beat_at = now() where beat_at > now() and beat_at < 'infinity';
    insert into timeline (story, subject, step, note)
    values ('clock', 'clock', 'clock went back', 'the clock of Postgres went back by ' || v_back || '; what was due moved with it');
    return v_back;
end $$;

-- A process says that it lives. Returns how far the clock went back, if it did.
create or replace function beat(p_id uuid, p_name text, p_host text, p_pid integer, p_lone boolean, p_machine text,
                                p_lanes text[]) returns interval language plpgsql as $$
declare
    v_back interval := follow_clock();
begin
    insert into process (id, name, host, pid, lone, machine, lanes)
    values (p_id, p_name, p_host, p_pid, p_lone, p_machine, p_lanes) on conflict (id) do update set beat_at = now();
    return v_back;
end $$;

-- Whether a schedule is due. One that is due later than its interval was written before the clock went back.
create or replace function is_due(p_due timestamptz, p_every interval) returns boolean language sql stable as $$
    select p_due <= now() or p_due > now() + p_every + interval '1 minute'
$$;

-- How long until a schedule that failed so often before runs again.
create or replace function retry_schedule_in(p_failures integer, p_every interval) returns interval language sql immutable as $$
    select least(p_every, interval '10 seconds' * power(2, least(p_failures, 6)))
$$;

-- Free the schedules whose run was cut off: its process died, or could not say how it ended. Each failed once more and is
-- due again soon, or what runs once a day would wait for tomorrow. p_gap_ended: until then no heart could renew a lease.
create or replace function free_cut_off_schedules(p_silent interval, p_gap_ended timestamptz, p_gap interval)
returns void language sql as $$
    update schedule s set running = null, lease_until = null, last_error = 'it was cut off',
           failures = s.failures + 1, failing_since = coalesce(s.failing_since, now()),
           due_at = least(s.due_at, now() + retry_schedule_in(s.failures, s.every))
     where s.running is not null
       and (s.lease_until < now() and coalesce(p_gap_ended, '-infinity') < now() - interval '15 seconds'
            or not exists (select 1 from process p
                            where p.id = s.running and not is_silent(p.beat_at, p_silent, p_gap_ended, p_gap)));
$$;

-- Free what dead processes and overrun leases held. What may have been sent, so whatever had its bytes frozen, waits
-- from now on until its first call must be over (p_doubt: seconds by connection) and is then looked up: the bytes may
-- have left a moment ago. Two deaths make a message a suspect, which runs alone; only dying alone convicts it.
create or replace function release_lost(p_silent interval, p_doubt jsonb)
returns table (id bigint, flow text, connection text, reference text, version integer, subject text, story text,
               deaths integer, convicted boolean, crashed boolean)
language plpgsql as $$
#variable_conflict use_column
declare
    v record;
    v_gap record;
begin
    select * into v_gap from judge_silence();
    for v in
        select m.*, is_silent(p.beat_at, p_silent, v_gap.gap_ended_at, v_gap.gap) as died,
               coalesce(p.lone, false) as alone, b.wire is not null as frozen
          from message m join message_body b on b.message_id = m.id left join process p on p.id = m.process_id
         where m.state = 'working'
           and (m.lease_until < now() or is_silent(p.beat_at, p_silent, v_gap.gap_ended_at, v_gap.gap))
           for update of m skip locked
    loop
        update message set
            state = 'waiting', state_since = now(), process_id = null, lease_until = null,
            attempt = v.attempt + 1,  -- a settle of the lost attempt comes too late from here on
            deaths = v.deaths + case when v.died then 1 else 0 end,
            lane = case when v.died and v.deaths >= 1 then 'isolate' else v.lane end,
            maybe_sent_at = case when v.frozen then now() else v.maybe_sent_at end,
            due_at = case when v.frozen or v.maybe_sent_at is not null
                          then now() + make_interval(secs => coalesce((p_doubt->>v.connection)::float, 120))
                          else now() end
         where message.id = v.id;
        perform free_slots(v.connection, 'message:' || v.id);
        insert into timeline (story, subject, flow, connection, step, note, message_id)
        values (v.story, v.subject, v.flow, v.connection, case when v.died then 'worker died' else 'lease ran out' end,
                'to be looked up before anything is sent again', v.id);
        return query select v.id, v.flow, v.connection, v.reference, v.version, v.subject, v.story,
                            v.deaths + case when v.died then 1 else 0 end,
                            v.died and v.alone and v.lane = 'isolate', v.died;
    end loop;
    update slot set holder = null, process_id = null, lease_until = null
     where holder is not null and (lease_until < now() or not exists
           (select 1 from process p where p.id = slot.process_id
               and not is_silent(p.beat_at, p_silent, v_gap.gap_ended_at, v_gap.gap)))
       and not exists (select 1 from message m where 'message:' || m.id = slot.holder and m.state = 'working');
    perform free_cut_off_schedules(p_silent, v_gap.gap_ended_at, v_gap.gap);
    delete from process where beat_at < now() - interval '1 hour';
end $$;
