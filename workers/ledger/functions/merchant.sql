-- Whose day it is.

-- The time zone of the merchant's calendar: months, days of dispatch and event dates are its own (fleet.toml,
-- [fleet] time_zone).
create or replace function merchant_zone() returns text language sql stable as $$
    select coalesce((select zone from merchant), 'Europe/London')
$$;
