-- Tables that are kept by months: this month's partition and the next two exist, what is too old is dropped as a whole.

-- The partitions of a table that have an end, and that end. What lies in none of them lies in the partition <table>_other.
create or replace function months_of(p_table text) returns table (name text, ends timestamptz) language sql stable
set timezone = 'UTC' as $$
    select c.relname::text, substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''([^'']+)''\)')::timestamptz
      from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = to_regclass(p_table) and pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT'
$$;

-- Make the next partition that a table lacks until two months from now, and return its name; null when there are all.
-- Whoever reads all of it (a backup) is given way to at once, or everything that is written would queue up behind: then
-- made is false. It is made beside the table and attached, which no writing waits for.
create or replace function add_month(p_table text, out name text, out made boolean) language plpgsql
set timezone = 'UTC' set lock_timeout = '500ms' as $$
declare
    v_month timestamptz := date_trunc('month', now());
    v_from timestamptz := greatest((select max(m.ends) from months_of(p_table) m), date_trunc('month', now()));
    v_to timestamptz := date_trunc('month', v_from + interval '1 day') + interval '1 month';
begin
    if v_from >= v_month + interval '3 months' then return; end if;
    name := p_table || to_char(v_to - interval '1 day', '_YYYY_MM');
    made := true;
    begin
        execute format('create table %I (like %I including defaults including constraints)', name, p_table);
        if p_table = 'record' then  -- what a clock that was ahead laid into the default partition comes into its month
            execute format('with moved as (delete from record_other where received_at >= %L and received_at < %L'
                           ' returning *) insert into %I select * from moved', v_from, v_to, name);
        end if;
        execute format('alter table %I attach partition %I for values from (%L) to (%L)', p_table, name, v_from, v_to);
    exception
        when lock_not_available then made := false;
        when check_violation then made := false;  -- a clock that was ahead: rows of that month lie in <table>_other
    end;
end $$;

-- Make the next partition of the rows that keep it from being made: they are moved from <table>_other into it, unchanged,
-- though nothing else may take a step from the timeline. Returns how many.
create or replace function gather_month(p_table text) returns bigint language plpgsql
set timezone = 'UTC' set lock_timeout = '5s' as $$
declare
    v_other text := p_table || '_other';
    v_at text := substring(pg_get_partkeydef(to_regclass(p_table)) from '\((.+)\)');
    v_from timestamptz := greatest((select max(m.ends) from months_of(p_table) m), date_trunc('month', now()));
    v_to timestamptz := date_trunc('month', v_from + interval '1 day') + interval '1 month';
    v_name text := p_table || to_char(v_to - interval '1 day', '_YYYY_MM');
    v_moved bigint;
begin
    execute format('create table %I (like %I including defaults including constraints)', v_name, p_table);
    execute format('alter table %I disable trigger user', v_other);
    execute format('with moved as (delete from %I where %I >= $1 and %I < $2 returning *) insert into %I select * from moved',
                   v_other, v_at, v_at, v_name) using v_from, v_to;
    get diagnostics v_moved = row_count;
    execute format('alter table %I enable trigger user', v_other);
    execute format('alter table %I attach partition %I for values from (%L) to (%L)', p_table, v_name, v_from, v_to);
    return v_moved;
end $$;

-- Drop a partition. False when somebody reads it or its table at this moment: later, then. It cannot be detached
-- concurrently: Postgres refuses that where a partition takes what no other takes.
create or replace function drop_month(p_name text) returns boolean language plpgsql set lock_timeout = '500ms' as $$
begin
    execute format('drop table if exists %I', p_name);
    return true;
exception when lock_not_available then return false;
end $$;

-- Make every partition that is lacking, for a ledger that nobody works on yet.
create or replace function add_months() returns void language plpgsql as $$
declare
    v_table text;
begin
    foreach v_table in array array['record', 'timeline', 'message_settled'] loop
        while (select m.made from add_month(v_table) m) loop end loop;
    end loop;
end $$;

-- The workers of the last release ask for this; those of this release make and drop each partition by itself.
create or replace function keep_partitions_v2(p_keep integer) returns text[] language plpgsql as $$
begin
    perform add_months();
    return '{}';
end $$;
