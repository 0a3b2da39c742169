delete from registry_member
where deployment = @DeploymentId and status = 6 and address = @Address and port = @Port and generation = @Generation
    and i_am_alive_time = @IAmAliveTime and start_time = @StartTime and coalesce(suspect_times, '') = coalesce(@SuspectTimes, '')
