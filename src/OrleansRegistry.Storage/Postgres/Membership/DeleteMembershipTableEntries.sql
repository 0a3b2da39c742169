with gone as (delete from registry_member where deployment = @DeploymentId)
delete from registry_cluster where deployment = @DeploymentId
