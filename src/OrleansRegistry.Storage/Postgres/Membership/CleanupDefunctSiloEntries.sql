delete from registry_member
where deployment = @DeploymentId and status = 6 and i_am_alive_time < @IAmAliveTime and start_time < @IAmAliveTime
    and coalesce(suspect_times, '') = ''
