-- Local accounts. A name is kept in lower case.
create table account (
    name          text primary key,
    roles         text[] not null,
    second_factor boolean not null default true,
    disabled      boolean not null default false,
    created_at    timestamptz not null default now(),
    logged_in_at  timestamptz
);

-- What proves an account. A table of its own: only who checks logins may read it. totp_step is the step of the last code
-- that was taken: a code is taken once.
create table account_secret (
    name          text primary key references account on delete cascade,
    password_hash text not null,
    totp          text not null default '',
    totp_step     bigint not null default 0
);

-- People who are logged in. id_hash is the SHA-256 of the cookie's value, which stands nowhere.
create table desk_session (
    id_hash    bytea primary key,
    number     bigint generated always as identity unique,
    subject    text not null,
    name       text not null,
    roles      text[] not null,
    form_token text not null,
    address    text not null default '',
    created_at timestamptz not null default now(),
    seen_at    timestamptz not null default now(),
    ends_at    timestamptz not null
);
create index desk_session_subject on desk_session (subject);

-- A login under way: between the password and the second factor, or while the person is at the login's provider.
create table login_step (
    id_hash bytea primary key,
    facts   jsonb not null,
    ends_at timestamptz not null
);

-- What machines show. token_hash is the SHA-256 of the token; two of a name are valid at a time, so that one can follow the other.
create table machine_token (
    number     bigint generated always as identity primary key,
    name       text not null,
    scope      text not null,
    token_hash bytea not null unique,
    created_at timestamptz not null default now(),
    used_at    timestamptz,
    revoked_at timestamptz
);

-- Who did what. It is only added to, by the function record_act; each entry's hash covers the hash of the one before.
create table audit_entry (
    id          bigint primary key,
    at          timestamptz not null,
    subject     text not null,
    name        text not null,
    claimed     text not null,
    os_user     text not null,
    host        text not null,
    address     text not null,
    action      text not null,
    object      text not null,
    reason      text not null,
    detail_hash bytea not null,
    prev_hash   bytea not null,
    hash        bytea not null
);
create index audit_entry_at on audit_entry (at);
create index audit_entry_object on audit_entry (object, id);
create index audit_entry_subject on audit_entry (subject, id);

-- What an act changed: a JSON document with before and after. It may hold customers' data, so it can be forgotten; its entry
-- stays, with the hash of salt and detail.
create table audit_detail (
    entry  bigint primary key references audit_entry,
    salt   bytea not null,
    detail text not null
);
