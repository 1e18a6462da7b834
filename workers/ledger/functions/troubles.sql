-- What is wrong with the fleet itself: the figures of its own machinery, for its exceptions and for /health/ready.

-- How long a partner that refuses our credentials is left alone: as long as it has done so, for it may lock us out.
create or replace function gentle_pause(p_since timestamptz) returns interval language sql stable as $$
    select least(interval '1 minute', greatest(interval '1 second', now() - p_since))
$$;

-- Whether one run of a schedule goes on for too long: of a short one that calls no partner, or of another.
create or replace function hangs(s schedule) returns boolean language sql stable as $$
    select s.running is not null and s.lease_until > now()
       and s.last_start < now() - case when s.every < '1 minute' and s.connection = '' then interval '10 minutes'
                                       else interval '2 hours' end
$$;

-- What is wrong with the fleet itself just now, whoever asks. p: queue_wait (seconds), flows.
-- troubled: it is worth an exception; else it only says that the fleet is not ready.
create or replace function fleet_troubles(p jsonb)
returns table (kind text, subject text, story text, flow text, connection text, why text, troubled boolean)
language sql stable as $$
    with waiting as (
        select m.lane, min(m.due_at) as since from message m join connection c on c.name = m.connection
         where m.state in ('queued', 'waiting') and m.behind is null and m.due_at < now() - interval '1 minute'
           and c.shut_kind is null
           and not exists (select 1 from message e where e.subject = m.subject and e.id < m.id)
         group by m.lane
        union all
        select 'control', min(due_at) from record_unread where due_at < now() - interval '1 minute'
        having count(*) > 0
        union all
        select flow || '.dead', min(state_since) from message m
         where state = 'dead' and state_since < now() - interval '1 minute' and not exists
               (select 1 from exception e where e.message_id = m.id and e.state = 'open') group by flow),
    served as (
        select distinct unnest(lanes) as lane from process where beat_at > now() - interval '20 seconds')
    select 'queue_waits', 'queue:' || w.lane, 'queue ' || w.lane, w.lane, '',
           format('its oldest message may go since %s UTC and has not gone', to_char(w.since at time zone 'UTC', 'HH24:MI')), true
      from waiting w
     where w.since < now() - make_interval(secs => (p->>'queue_wait')::float) and w.lane in (select lane from served)
    union all
    select 'no_worker', 'worker:' || l.lane, 'queue ' || l.lane, l.lane, '',
           'no living process takes from this queue',
           w.lane like '%.dead' or coalesce(w.since < now() - interval '5 minutes', false)
      from (select jsonb_array_elements_text(p->'flows') as lane union select lane from waiting) l
      left join waiting w on w.lane = l.lane
     where l.lane not in (select lane from served)
       and not exists (select 1 from process where lanes is null and beat_at > now() - interval '20 seconds')
    union all
    select 'schedule_failing', 'schedule:' || s.name, 'schedule ' || s.name, '', s.connection,
           format('failed %s times in a row since %s UTC: %s', s.failures,
                  to_char(s.failing_since at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), s.last_error), true
      from schedule s left join connection c on c.name = s.connection
     where c.shut_kind is null and s.failing_since is not null
       and (s.failures >= 5 and s.failing_since < now() - interval '2 minutes'
            or s.failures >= 2 and s.failing_since < now() - interval '30 minutes')
    union all
    select 'schedule_hangs', 'schedule:' || s.name, 'schedule ' || s.name, '', s.connection,
           format('one run of it goes on since %s UTC', to_char(s.last_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI')), true
      from schedule s
     where hangs(s)
    union all
    select 'told_to_wait', 'connection:' || c.name, 'connection ' || c.name, '', c.name,
           coalesce(c.shut_reason, 'asked to wait again and again'), true
      from connection c
     where c.resting_since is not null and (c.shut_kind = 'throttled' or c.opened_at > now() - interval '1 minute')
       and (c.resting_since < now() - interval '15 minutes' or c.shut_until > now() + interval '15 minutes')
    union all
    select 'beat_away', 'schedules', 'schedules', '', '', 'nothing that is scheduled has run for a minute',
           exists (select 1 from schedule)
     where not exists (select 1 from schedule where last_start > now() - interval '1 minute')
$$;
