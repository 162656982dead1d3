"""What a new Supabase project's database has: its roles, its schemas, and the functions that policies use."""

EXPOSED = "public"
"""The schema that `/rest/v1` shows."""

ROLES = """
create role anon nologin;
create role authenticated nologin;
create role service_role nologin bypassrls;
"""

PROJECT = """
create schema extensions;
create schema auth;
create schema storage;
create schema private;
grant usage on schema extensions, auth, storage, public to anon, authenticated, service_role;
grant usage on schema private to anon, authenticated, service_role;
set search_path = public, extensions;

-- uuid-ossp's and pgcrypto's functions that projects use
create function extensions.uuid_generate_v4() returns uuid language sql volatile as 'select gen_random_uuid()';
create function extensions.gen_random_bytes(count integer) returns bytea language sql volatile as
    $$select substring(string_agg(uuid_send(gen_random_uuid()), '') from 1 for count) from generate_series(0, count / 16)$$;
create function extensions.gen_random_uuid() returns uuid language sql volatile as 'select pg_catalog.gen_random_uuid()';
create function extensions.digest(data bytea, kind text) returns bytea language plpgsql immutable strict as $$ begin
    case lower(kind) when 'sha224' then return sha224(data); when 'sha256' then return sha256(data);
        when 'sha384' then return sha384(data); when 'sha512' then return sha512(data);
        when 'md5' then return decode(md5(data), 'hex');
        else raise feature_not_supported using message = format('the sandbox has no digest %L', kind); end case;
end $$;
create function extensions.digest(data text, kind text) returns bytea language sql immutable strict as
    $$select extensions.digest(convert_to(data, 'UTF8'), kind)$$;
create function extensions.hmac(data bytea, key bytea, kind text) returns bytea language plpgsql immutable strict as $$ declare
    block constant int := case when lower(kind) in ('sha384', 'sha512') then 128 else 64 end;
    inner_pad bytea := ''; outer_pad bytea := '';
    filled bytea := case when length(key) > block then extensions.digest(key, kind) else key end;
begin
    filled := filled || decode(repeat('00', block - length(filled)), 'hex');
    for i in 0..block - 1 loop
        inner_pad := inner_pad || set_byte('\\x00', 0, get_byte(filled, i) # 54);
        outer_pad := outer_pad || set_byte('\\x00', 0, get_byte(filled, i) # 92);
    end loop;
    return extensions.digest(outer_pad || extensions.digest(inner_pad || data, kind), kind);
end $$;
create function extensions.hmac(data text, key text, kind text) returns bytea language sql immutable strict as
    $$select extensions.hmac(convert_to(data, 'UTF8'), convert_to(key, 'UTF8'), kind)$$;

create table auth.users (
    id uuid primary key default gen_random_uuid(),
    aud text not null default 'authenticated',
    role text not null default 'authenticated',
    email text unique,
    phone text unique,
    encrypted_password text,
    email_confirmed_at timestamptz,
    recovery_sent_at timestamptz,
    recovery_token text,
    recovery_challenge text,
    recovery_code text,
    last_sign_in_at timestamptz,
    raw_app_meta_data jsonb not null default '{"provider": "email", "providers": ["email"]}',
    raw_user_meta_data jsonb not null default '{}',
    banned_until timestamptz,
    is_anonymous boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create table auth.sessions (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users on delete cascade,
    created_at timestamptz not null default now()
);
create table auth.refresh_tokens (
    token text primary key,
    session_id uuid not null references auth.sessions on delete cascade,
    revoked boolean not null default false
);
create function auth.jwt() returns jsonb language sql stable as
    $$select coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb$$;
create function auth.uid() returns uuid language sql stable as $$select (auth.jwt() ->> 'sub')::uuid$$;
create function auth.role() returns text language sql stable as $$select auth.jwt() ->> 'role'$$;
create function auth.email() returns text language sql stable as $$select auth.jwt() ->> 'email'$$;

create table storage.buckets (
    id text primary key,
    name text not null unique,
    owner text not null default '',
    public boolean not null default false,
    file_size_limit bigint,
    allowed_mime_types text[],
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create table storage.objects (
    id uuid primary key default gen_random_uuid(),
    bucket_id text not null references storage.buckets,
    name text not null,
    owner uuid default auth.uid(),
    owner_id text,
    metadata jsonb,
    user_metadata jsonb,
    version text not null default gen_random_uuid()::text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    last_accessed_at timestamptz not null default now(),
    unique (bucket_id, name)
);
create function storage.foldername(name text) returns text[] language sql immutable as
    $$select (string_to_array(name, '/'))[1 : array_length(string_to_array(name, '/'), 1) - 1]$$;
create function storage.filename(name text) returns text language sql immutable as
    $$select (string_to_array(name, '/'))[array_length(string_to_array(name, '/'), 1)]$$;
create function storage.extension(name text) returns text language sql immutable as
    $$select reverse(split_part(reverse(storage.filename(name)), '.', 1))$$;
alter table storage.buckets enable row level security;
alter table storage.objects enable row level security;
grant all on storage.buckets, storage.objects to anon, authenticated, service_role;
grant execute on all functions in schema auth, extensions, storage to anon, authenticated, service_role;

-- what is made later in public belongs to all three; row-level security is what keeps them apart
alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;
alter default privileges in schema public grant all on functions to anon, authenticated, service_role;

-- counts every change of the schema, so that the gateway knows when to read it again
create sequence private.changes;
grant select on private.changes to anon, authenticated, service_role;
create function private.changed() returns event_trigger language plpgsql security definer as
    $$begin perform nextval('private.changes'); end$$;
create event trigger changed on ddl_command_end execute function private.changed();
create event trigger dropped on sql_drop execute function private.changed();

-- what policies on private realtime channels look at
create schema realtime;
grant usage on schema realtime to anon, authenticated, service_role;
create table realtime.messages (
    id uuid not null default gen_random_uuid(),
    topic text not null,
    extension text not null,
    payload jsonb,
    event text,
    private boolean default false,
    inserted_at timestamp not null default now(),
    updated_at timestamp not null default now(),
    primary key (id, inserted_at)
);
alter table realtime.messages enable row level security;
grant select, insert, update on realtime.messages to anon, authenticated, service_role;
create function realtime.topic() returns text language sql stable as
    $$select nullif(current_setting('realtime.topic', true), '')$$;
grant execute on function realtime.topic() to anon, authenticated, service_role;

-- changes of the tables that are added to it are told by `/realtime/v1`
create publication supabase_realtime;
"""

SEED = """
create table _health (id int primary key, status text not null);
insert into _health values (1, 'ok');

create table users (
    id bigint generated by default as identity primary key,
    name text not null,
    email text unique,
    age int,
    created_at timestamptz not null default now()
);
create table posts (
    id bigint generated by default as identity primary key,
    author_id bigint references users on delete cascade,
    title text not null,
    body text not null default '',
    tags text[] not null default '{}',
    meta jsonb not null default '{}',
    created_at timestamptz not null default now()
);
create table comments (
    id bigint generated by default as identity primary key,
    post_id bigint not null references posts on delete cascade,
    author_id bigint references users,
    body text not null,
    created_at timestamptz not null default now()
);
create table articles (id bigint generated by default as identity primary key, title text not null, content text not null);
create table messages (
    id bigint generated by default as identity primary key,
    room text not null default 'lobby',
    body text not null,
    created_at timestamptz not null default now()
);
create table notes (
    id bigint generated by default as identity primary key,
    owner uuid not null default auth.uid(),
    body text not null
);
create table subscriptions (
    id uuid primary key default gen_random_uuid(),
    user_id bigint references users on delete cascade,
    stripe_subscription_id varchar(255) unique,
    plan_name varchar(100),
    status varchar(50),
    current_period_end timestamp
);
create table api_usage (
    id uuid primary key default gen_random_uuid(),
    user_id bigint references users on delete cascade,
    service varchar(50),
    tokens_used integer,
    cost decimal(10, 4),
    created_at timestamp default now()
);
alter table notes enable row level security;
create policy "one's own notes" on notes to authenticated using (owner = auth.uid()) with check (owner = auth.uid());
alter publication supabase_realtime add table users, posts, comments, messages, notes;

insert into users (name, email, age) values
    ('Ada', 'ada@example.com', 36), ('Grace', 'grace@example.com', 45), ('Linus', 'linus@example.com', 17);
insert into posts (author_id, title, body, tags, meta) values
    (1, 'Notes on the engine', 'The engine weaves patterns.', '{math,history}', '{"stars": 5, "by": {"name": "ada"}}'),
    (1, 'On numbers', 'Bernoulli numbers, by hand.', '{math}', '{"stars": 3}'),
    (2, 'A bug', 'We found a moth.', '{history}', '{"stars": 4}');
insert into comments (post_id, author_id, body) values (1, 2, 'Splendid'), (1, 3, 'Where is the source?');
insert into articles (title, content) values
    ('Cats', 'The fat cat sat on the mat'), ('Dogs', 'A dog barks at the moon'), ('Both', 'Cats and dogs are pets');

create function add(a int, b int) returns int language sql immutable as 'select a + b';
create function adults(min_age int default 18) returns setof users language sql stable as
    'select * from users where age >= min_age order by id';
"""
"""A small project to try things on."""
