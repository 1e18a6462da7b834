-- Whom a message is about: the words by which a person is found. A change of what person_keys gives needs its index anew
-- (message_body_people), as an index keeps what the function said when its row was written.

-- The keys of the addresses in a message's body: e-mail:a@b, postcode:LS14AP, surname:smith. Empty where there is none.
create or replace function person_keys(p jsonb) returns text[] language sql immutable parallel safe as $$
    select coalesce(array_agg(distinct k.key) filter (where k.key <> ''), '{}')
      from (values (p->'address'), (p->'invoice_address'), (p->'delivery_address'),
                   (case when jsonb_typeof(p->'fulfilment') = 'object' then p->'fulfilment'->'address' end)) a (it)
     cross join lateral (values
            ('email:' || nullif(lower(trim(a.it->>'email')), '')),
            ('postcode:' || nullif(upper(regexp_replace(a.it->>'postcode', '\s', '', 'g')), '')),
            ('surname:' || nullif(lower(regexp_replace(trim(a.it->>'name'), '^.*\s', '')), ''))) k (key)
     where jsonb_typeof(a.it) = 'object'
$$;
