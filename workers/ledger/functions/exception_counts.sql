-- How many exceptions stand open, by group, owner and whatever else people filter by: counted as they change, never by
-- looking at all of them. Each statement that changes some adds what it changed as rows of its own to exception_change,
-- so nobody waits for anybody; `control` folds those rows into exception_count. The sum of both is exact at any moment.

-- Note what a statement changed. A trigger, since some ten statements write the table, and a person at a prompt as well.
create or replace function note_exception_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into exception_change (group_key, kind, flow, connection, owner, severity, assignee, tags, snoozed_until,
                                      n, valued, value)
        select coalesce(group_key, ''), kind, flow, connection, owner, severity, coalesce(assignee, ''), tags,
               snoozed_until, count(*), count(value), coalesce(sum(value), 0)
          from gained where state = 'open' group by 1, 2, 3, 4, 5, 6, 7, 8, 9;
    elsif tg_op = 'DELETE' then
        insert into exception_change (group_key, kind, flow, connection, owner, severity, assignee, tags, snoozed_until,
                                      n, valued, value)
        select coalesce(group_key, ''), kind, flow, connection, owner, severity, coalesce(assignee, ''), tags,
               snoozed_until, -count(*), -count(value), -coalesce(sum(value), 0)
          from lost where state = 'open' group by 1, 2, 3, 4, 5, 6, 7, 8, 9;
    elsif exists (select 1 from gained) then  -- most settlings close none
        insert into exception_change (group_key, kind, flow, connection, owner, severity, assignee, tags, snoozed_until,
                                      n, valued, value)
        select coalesce(group_key, ''), kind, flow, connection, owner, severity, coalesce(assignee, ''), tags,
               snoozed_until, sum(sign), coalesce(sum(sign) filter (where value is not null), 0),
               coalesce(sum(sign * value), 0)
          from (select 1 as sign, g.* from gained g union all select -1, l.* from lost l) c
         where state = 'open' group by 1, 2, 3, 4, 5, 6, 7, 8, 9
        having sum(sign) <> 0 or coalesce(sum(sign) filter (where value is not null), 0) <> 0
            or coalesce(sum(sign * value), 0) <> 0;
    end if;
    return null;
end $$;

create or replace trigger exceptions_filed after insert on exception referencing new table as gained
    for each statement execute function note_exception_change();
create or replace trigger exceptions_changed after update on exception referencing old table as lost new table as gained
    for each statement execute function note_exception_change();
create or replace trigger exceptions_deleted after delete on exception referencing old table as lost
    for each statement execute function note_exception_change();

-- The name of a count: what tells it from every other.
create or replace function exception_cell(p_group text, p_kind text, p_flow text, p_connection text, p_owner text,
                                          p_severity text, p_assignee text, p_tags text[], p_snoozed_until timestamptz)
returns text language sql stable as $$
    select md5(jsonb_build_array(p_group, p_kind, p_flow, p_connection, p_owner, p_severity, p_assignee, p_tags,
                                 extract(epoch from p_snoozed_until))::text)
$$;

-- Add the changes that wait to the counts, p_most of them. Returns how many it took. One at a time: readers do not wait.
create or replace function fold_exception_changes(p_most integer) returns integer language plpgsql as $$
declare
    v_ids bigint[];
    v_empty text[];
begin
    if not exists (select 1 from exception_change) then return 0; end if;
    lock table exception_count in share row exclusive mode;
    select array_agg(id) into v_ids from (select id from exception_change order by id limit p_most) c;
    if v_ids is null then return 0; end if;
    with taken as (
        delete from exception_change where id = any (v_ids) returning *),
    counted as (
        insert into exception_count as c
        select exception_cell(group_key, kind, flow, connection, owner, severity, assignee, tags, snoozed_until),
               group_key, kind, flow, connection, owner, severity, assignee, tags, snoozed_until, sum(n), sum(valued),
               sum(value)
          from taken group by group_key, kind, flow, connection, owner, severity, assignee, tags, snoozed_until
            on conflict (cell) do update set n = c.n + excluded.n, valued = c.valued + excluded.valued,
               value = c.value + excluded.value
        returning cell, n)
    select array_agg(cell) into v_empty from counted where n = 0;
    delete from exception_count where cell = any (v_empty);
    return cardinality(v_ids);
end $$;
