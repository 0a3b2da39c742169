namespace OrleansRegistry.Reference;

/// <summary>Rules HV3 and HV7.</summary>
internal sealed partial class ReferenceRegistry
{
    private string? Mark(ReferenceVersion version, Command.Mark command)
    {
        if (!version.IsActive || version.Status != ServingStatus.Ready || version.Attempt != command.Attempt
            || (version.IsUnhealthy ?? false) == command.IsUnhealthy)
        {
            Hit("HV7 a mark is dropped");
            return null;
        }

        Hit(command.IsUnhealthy ? "HV3 unhealthy" : "HV3 healthy again");
        version.IsUnhealthy = command.IsUnhealthy;
        _happened = _touched = true;
        return null;
    }

    /// <summary>HV3: the primary, which is there already, is not asked.</summary>
    private bool IsRefused(ReferenceVersion target, Command command)
    {
        if (target.IsUnhealthy != true || target == Model!.Primary)
        {
            return false;
        }

        Hit(command.Force ? "HV3 force" : "HV3 no force");
        return !command.Force;
    }
}
