-- A look into a partner's folder that failed, and how often in a row: at a file, or at the folder itself.
create table file_trouble (
    connection  text not null,
    facility    text not null,
    step        text not null check (step in ('list', 'fetch', 'archive')),
    name        text not null default '',             -- the file's; empty: the folder
    times       integer not null default 1,
    since       timestamptz not null default now(),
    why         text not null,
    primary key (connection, facility, step, name)
);

-- One access token for each login, for every process: an authorisation server may keep only the last one alive.
-- Not logged, so that no archive, replica or base backup holds it; after a crash it is empty, and fetched anew.
create unlogged table access_token (
    login        text primary key,                    -- a hash of who signs in where
    value        text not null default '',
    ends_at      timestamptz not null default 'epoch',
    holder       uuid,                                -- who alone may fetch another just now
    lease_until  timestamptz not null default 'epoch'
);
