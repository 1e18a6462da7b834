-- Locks of one thing among many, until the transaction ends. Locks of one thing alone: workers/ledger/locks.py.

-- Wake the ticker with this transaction's commit, if it sleeps: it holds the lock ASLEEP meanwhile. What is under way
-- shares the lock, so the ticker cannot fall asleep between this look and the commit.
create or replace function wake() returns void language plpgsql as $$
begin
    if not pg_try_advisory_xact_lock_shared(4201983) then
        perform pg_notify('fleet', '');
    end if;
end $$;

-- One at a time numbers the returned units of a SKU on an order.
create or replace function lock_order_sku(p_erp text, p_order text, p_sku text) returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended(p_erp || ' ' || p_order || ' ' || p_sku, 4201980));
end $$;

-- One at a time takes a file of a series.
create or replace function lock_file_series(p_connection text, p_series text) returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('file:' || p_connection || ':' || p_series || ':', 4201981));
end $$;

-- One at a time takes movements or a count of a building by file.
create or replace function lock_home(p_home text) returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('told:' || p_home, 4201982));
end $$;

-- Counts of some SKUs of a home go side by side; one of the whole building is alone with its positions.
create or replace function share_positions(p_home text) returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock_shared(hashtextextended('positions of ' || p_home, 0));
end $$;

create or replace function lock_positions(p_home text) returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('positions of ' || p_home, 0));
end $$;

-- One at a time adds to the record of what people did: each entry names the one before. As workers/ledger/locks.py says.
create or replace function lock_audit() returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(4201984);
end $$;
