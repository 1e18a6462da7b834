-- What is owed stays owed: what Khaos Control last showed of an order, and who did what.

-- The courier that an order was sent with. Null: an older release sent it, and nothing can be compared.
alter table fulfilment add column courier text;

-- The last thing that each poll showed of an order, and when it was asked: what equals it is no news, what equals an
-- earlier one is.
create table order_word (
    erp        text not null,
    poll       text not null,
    order_code text not null,
    status     text not null,                         -- digest of the status as it was shown
    word       text not null,                         -- digest of everything that was kept
    kept_at    timestamptz not null default now(),
    primary key (erp, poll, order_code)
);
create index order_word_kept on order_word (kept_at);

-- When the newest status of an order that was read had been asked for.
alter table order_seen add column asked_at timestamptz;

-- The system's user of the process that wrote a step, beside the name that a person claims.
alter table timeline add column os_user text not null default coalesce(current_setting('fleet.os_user', true), '');

-- Bodies of messages before and after a person edited them: customers' data, purged with the bodies.
create table message_edit (
    id          bigint generated always as identity primary key,
    at          timestamptz not null default clock_timestamp(),
    message_id  bigint not null,
    who         text not null,
    os_user text not null default coalesce(current_setting('fleet.os_user', true), ''),
    before      jsonb not null,
    after       jsonb not null
);
create index message_edit_message on message_edit (message_id);
