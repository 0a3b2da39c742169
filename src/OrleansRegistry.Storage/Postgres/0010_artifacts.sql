-- Artifacts: their files, and which version was deployed with which.

-- The files of artifacts. They count once a row of the artifact is there.
create table registry_artifact_file (
    workspace text collate "C" not null,
    digest text collate "C" not null,
    path text collate "C" not null,
    sha256 text collate "C" not null,
    size bigint not null,
    primary key (workspace, digest, path)
);

create index registry_artifact_file_by_sha256 on registry_artifact_file (workspace, sha256);

-- What is stored of a file, one row for each file of a workspace: how long it is to be, how many bytes of it are there,
-- and since when it is whole. Instants in milliseconds since 1970. It is marked before it is collected.
create table registry_file (
    workspace text collate "C" not null,
    sha256 text collate "C" not null,
    length bigint not null,
    stored bigint not null,
    is_complete boolean not null,
    changed_at bigint not null,
    marked_at bigint,
    primary key (workspace, sha256),
    check (stored between 0 and length)
);

-- How much a workspace holds, from an index alone.
create index registry_file_use on registry_file (workspace, length);

create index registry_file_by_change on registry_file (changed_at);
create index registry_file_marked on registry_file (workspace, sha256) where marked_at is not null;

alter table registry_state add column artifact_digest text collate "C" generated always as (
    case kind when 'version' then payload -> 'artifact' ->> 'digest' end) stored;

create index registry_version_by_artifact on registry_state (workspace, artifact_digest)
    where kind = 'version' and artifact_digest is not null;
