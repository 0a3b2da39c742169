with made as (insert into registry_cluster (deployment) values (@DeploymentId) on conflict do nothing returning 1)
select count(*)::integer from made
