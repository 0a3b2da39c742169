-- What all nodes of a deployment must agree on.
create table registry_setting (
    name text collate "C" primary key,
    value text not null
);

-- The members of the cluster, as Orleans' membership protocol keeps them: every change takes the next version.
create table registry_cluster (
    deployment text collate "C" primary key,
    version integer not null default 0
);

create table registry_member (
    deployment text collate "C" not null references registry_cluster,
    address text collate "C" not null,
    port integer not null,
    generation integer not null,
    silo text collate "C" generated always as (address || '/' || port || '/' || generation) stored,
    silo_name text not null,
    host_name text not null,
    status integer not null,
    proxy_port integer not null,
    suspect_times text,
    start_time timestamptz(3) not null,
    i_am_alive_time timestamptz(3) not null,
    -- When others declared it dead; null while it lives, and when it left by itself.
    declared_dead_at timestamptz,
    primary key (deployment, address, port, generation)
);

create unique index registry_member_by_silo on registry_member (silo);
create index registry_member_declared_dead on registry_member (declared_dead_at) where declared_dead_at is not null;

-- Declaring a silo dead (status 6) waits for the writes it has begun; those that come later are refused by registry_fence. Where the next
-- process on the same machine, address and port does it, the old one is gone for certain, and nobody needs to wait for it.
create function registry_declare_dead() returns trigger language plpgsql as $$
declare
    declarer text := coalesce(current_setting('registry.silo', true), '');
begin
    perform pg_advisory_xact_lock(hashtextextended('registry_member/' || old.silo, 0));
    if not exists (
        select from registry_member where silo = declarer and (address, port, host_name) = (old.address, old.port, old.host_name)
    ) then
        new.declared_dead_at := clock_timestamp();
    end if;
    return new;
end
$$;

create trigger registry_declare_dead before update on registry_member
    for each row when (new.status = 6 and old.status <> 6) execute function registry_declare_dead();

-- The members. Whom somebody is declaring dead just now is none: a declaration that doesn't show here begins after this has begun.
create function registry_look() returns text[] language plpgsql as $$
declare
    undisputed text[];
begin
    select coalesce(array_agg(silo), '{}') into undisputed from registry_member
        where status <> 6 and pg_try_advisory_xact_lock_shared(hashtextextended('registry_member/' || silo, 0));
    -- A statement of its own: it sees what was committed before the locks were had.
    return (select coalesce(array_agg(silo), '{}') from registry_member where status <> 6 and silo = any(undisputed));
end
$$;

-- How long a silo may go on answering after it looked: MembershipLease knows it too.
create function registry_lease() returns interval language sql immutable as $$
    select interval '1.25 seconds'
$$;

-- A silo that others declared dead may be frozen, or cut off from them but not from here, and may go on answering from what it knows, or
-- what others have from it, for a while. Until then what contradicts it must wait.
create function registry_outwait(term interval) returns void language plpgsql as $$
declare
    remaining double precision;
begin
    select extract(epoch from max(declared_dead_at) + term - clock_timestamp()) into remaining
        from registry_member where declared_dead_at > clock_timestamp() - term;
    if remaining > 0 then
        perform pg_sleep(remaining);
    end if;
end
$$;

-- Lets only members write, and nobody while one who was declared dead may still have a lease on its membership. A connection that
-- names no silo belongs to a database with a single node.
create function registry_fence() returns trigger language plpgsql as $$
declare
    writer text := coalesce(current_setting('registry.silo', true), '');
begin
    if writer <> '' then
        perform pg_advisory_xact_lock_shared(hashtextextended('registry_member/' || writer, 0));
        -- A statement of its own: it sees what was committed while the lock was waited for.
        if not exists (select from registry_member where silo = writer and status <> 6) then
            raise exception 'the silo % is no member of the cluster any more', writer;
        end if;
        perform registry_outwait(registry_lease());
    end if;
    return null;
end
$$;

create trigger registry_fence before insert or update or delete on registry_state for each statement execute function registry_fence();

-- Gateways hold what a silo said about a key for up to a second more.
create function registry_fence_key() returns trigger language plpgsql as $$
begin
    perform registry_outwait(registry_lease() + interval '1 second');
    return new;
end
$$;

create trigger registry_fence_key before update on registry_state for each row when (new.kind = 'key') execute function registry_fence_key();

-- The directory of the grains: on which silo each one is. Only a silo that is no member any more loses what it has here to another; so no
-- two silos answer for one grain, except for what registry_fence waits for.
create table registry_location (
    grain text collate "C" primary key,
    silo text collate "C" not null,
    activation text collate "C" not null,
    membership_version bigint not null
);

create index registry_location_by_silo on registry_location (silo);

create function registry_is_member(wanted text) returns boolean language sql stable as $$
    select exists (select from registry_member where silo = wanted and status <> 6)
$$;

-- Enters where a grain is now, unless it is elsewhere already; answers where it is.
create function registry_locate(wanted text, its_silo text, its_activation text, its_version bigint, previous_activation text)
returns setof registry_location language plpgsql as $$
begin
    -- As in registry_fence.
    perform pg_advisory_xact_lock_shared(hashtextextended('registry_member/' || its_silo, 0));
    if not registry_is_member(its_silo) then
        raise exception 'the silo % is no member of the cluster any more', its_silo;
    end if;
    insert into registry_location as present values (wanted, its_silo, its_activation, its_version)
    on conflict (grain) do update
        set silo = excluded.silo, activation = excluded.activation, membership_version = excluded.membership_version
        where present.activation = previous_activation or not registry_is_member(present.silo);
    return query select * from registry_location where grain = wanted;
end
$$;

-- A row of the state. Who was declared dead may have written it last and not have heard so: until its lease is over it goes on answering from
-- what was before, and nobody must answer from what is now.
create function registry_read(wanted text, wanted_kind text) returns table (payload jsonb, version integer) language plpgsql as $$
declare
    term interval := case wanted_kind when 'key' then registry_lease() + interval '1 second' else registry_lease() end;
begin
    if coalesce(current_setting('registry.silo', true), '') <> '' and exists (
        select from registry_state as state, registry_member as member
        where state.key = wanted and state.kind = wanted_kind
            and member.declared_dead_at > clock_timestamp() - term and state.modified_on > member.declared_dead_at - interval '10 seconds'
    ) then
        perform registry_outwait(term);
    end if;
    return query select state.payload, state.version from registry_state as state where state.key = wanted and state.kind = wanted_kind;
end
$$;
