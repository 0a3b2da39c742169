-- Artifacts: their files, and which version was deployed with which.

-- The files of artifacts. They count once a row of the artifact is there.
create table registry_artifact_file (
    workspace text not null,
    digest text not null,
    path text not null,
    sha256 text not null,
    size integer not null,
    primary key (workspace, digest, path)
) without rowid;

create index registry_artifact_file_by_sha256 on registry_artifact_file (workspace, sha256);

-- What is stored of a file, one row for each file of a workspace: how long it is to be, how many bytes of it are there,
-- and since when it is whole. Instants in milliseconds since 1970. It is marked before it is collected.
create table registry_file (
    workspace text not null,
    sha256 text not null,
    length integer not null,
    stored integer not null,
    is_complete integer not null,
    changed_at integer not null,
    marked_at integer,
    primary key (workspace, sha256),
    check (stored between 0 and length)
) without rowid;

-- How much a workspace holds, from an index alone.
create index registry_file_use on registry_file (workspace, length);

create index registry_file_by_change on registry_file (changed_at);
create index registry_file_marked on registry_file (workspace, sha256) where marked_at is not null;

alter table registry_state add column artifact_digest text generated always as (
    case when kind = 'version' and json_valid(payload) then payload ->> '$.artifact.digest' end) virtual;

create index registry_version_by_artifact on registry_state (workspace, artifact_digest)
    where kind = 'version' and artifact_digest is not null;
