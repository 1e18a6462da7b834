-- Idempotency keys are forgotten by age, so many a commit: what they guard against must have become impossible before.

-- Forget the keys of messages under which nothing was said for p_keep months, p_most of them; not those of a message that
-- is still to go. Each repetition renews its key (post). Returns how many.
create or replace function purge_message_keys(p_keep integer, p_most integer) returns integer language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    v_before timestamptz := now() - make_interval(months => p_keep);
    v_n integer;
begin
    with old as materialized (
        select k.flow, k.connection, k.kind, k.reference, k.version from message_key k
         where k.said_at < v_before and (select true from message m where m.id = k.message_id) is null
         order by k.said_at limit p_most)
    delete from message_key k using old o
     where k.flow = o.flow and k.connection = o.connection and k.kind = o.kind and k.reference = o.reference
       and k.version = o.version and k.said_at < v_before;  -- or it was renewed at this moment
    get diagnostics v_n = row_count;
    return v_n;
end $$;

-- Forget the keys of records whose month is dropped, p_most of them. A key that outlives its record would swallow what comes
-- again: nobody could compare it. Returns how many.
create or replace function purge_record_keys(p_keep integer, p_most integer) returns integer language plpgsql
set timezone = 'UTC' set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    v_n integer;
begin
    with old as materialized (
        select k.connection, k.source, k.receipt_key from record_key k
         where k.received_at < date_trunc('month', now()) - make_interval(months => p_keep)
         order by k.received_at limit p_most)
    delete from record_key k using old o
     where k.connection = o.connection and k.source = o.source and k.receipt_key = o.receipt_key;
    get diagnostics v_n = row_count;
    return v_n;
end $$;
