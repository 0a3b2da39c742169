with versioned as (
    update registry_cluster set version = version + 1
    where deployment = @DeploymentId and version = @Version
        and exists (select from registry_member where deployment = @DeploymentId and address = @Address and port = @Port and generation = @Generation)
    returning 1
), changed as (
    update registry_member set status = @Status, suspect_times = @SuspectTimes, i_am_alive_time = greatest(i_am_alive_time, @IAmAliveTime)
    where deployment = @DeploymentId and address = @Address and port = @Port and generation = @Generation and exists (select from versioned)
    returning 1
)
select count(*)::integer from changed
