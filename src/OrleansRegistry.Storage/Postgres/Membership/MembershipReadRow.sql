select c.deployment as DeploymentId, m.address as Address, m.port as Port, m.generation as Generation, m.silo_name as SiloName,
       m.host_name as HostName, m.status as Status, m.proxy_port as ProxyPort, m.suspect_times as SuspectTimes, m.start_time as StartTime,
       m.i_am_alive_time as IAmAliveTime, c.version as Version
from registry_cluster c left join registry_member m on m.deployment = c.deployment
    and m.address = @Address and m.port = @Port and m.generation = @Generation
where c.deployment = @DeploymentId
