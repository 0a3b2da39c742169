update registry_member set i_am_alive_time = greatest(i_am_alive_time, @IAmAliveTime)
where deployment = @DeploymentId and address = @Address and port = @Port and generation = @Generation
