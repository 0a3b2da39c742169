with versioned as (
    update registry_cluster set version = version + 1
    where deployment = @DeploymentId and version = @Version
        and not exists (select from registry_member where deployment = @DeploymentId and address = @Address and port = @Port and generation = @Generation)
    returning 1
), made as (
    insert into registry_member
        (deployment, address, port, generation, silo_name, host_name, status, proxy_port, start_time, i_am_alive_time)
    select @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime
    from versioned
    returning 1
)
select count(*)::integer from made
