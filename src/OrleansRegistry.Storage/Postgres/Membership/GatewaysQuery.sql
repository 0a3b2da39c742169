select address as Address, proxy_port as ProxyPort, generation as Generation
from registry_member
where deployment = @DeploymentId and status = @Status and proxy_port > 0
