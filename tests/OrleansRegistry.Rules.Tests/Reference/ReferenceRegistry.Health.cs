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
        version.DownSince = command.IsUnhealthy ? _at : null;
        _happened = _touched = true;
        return null;
    }

    private string? SetFallBack(Command.SetFallBack command)
    {
        var fallsBack = command.OnUnhealthy == OnUnhealthy.FallBack;
        var seconds = command.Seconds ?? Model!.FallBackSeconds;
        if (fallsBack != Model!.FallsBack || seconds != Model.FallBackSeconds)
        {
            _happened = _touched = true;
        }

        (Model.FallsBack, Model.FallBackSeconds) = (fallsBack, seconds);
        return null;
    }

    private string? FallBack(Command.FallBack command)
    {
        if (Model!.Primary is not { DownSince: { } since } left)
        {
            Hit("HV4 the primary is well");
            return null;
        }

        if (!Model.FallsBack)
        {
            Hit("HV4 stay");
            return null;
        }

        var isLongSoAsPrimary = _at >= Model.Since.AddSeconds(Model.FallBackSeconds);
        if (!isLongSoAsPrimary || _at < since.AddSeconds(Model.FallBackSeconds))
        {
            Hit(isLongSoAsPrimary ? "HV4 unhealthy for too short" : "HV4 primary for too short");
            return null;
        }

        var healthy = Model.Versions.FindAll(
            version => version.IsRoutable && version.State == VersionState.Published && version.IsUnhealthy != true && version.Serving is not null);
        var preferred = healthy.Exists(version => !version.IsHeldBack) ? healthy.FindAll(version => !version.IsHeldBack) : healthy;
        var next = preferred.Find(one => preferred.TrueForAll(other => other.PublishNumber <= one.PublishNumber));
        if (next is null)
        {
            Hit("HV4 nowhere to go");
            return null;
        }

        Hit(left.Status == ServingStatus.Failed ? "HV4 a failed primary is left" : "HV4 an unhealthy primary is left");
        left.IsHeldBack = left.IsLeft = true;
        Point(next, next.PublishNumber!.Value, PrimaryReason.Fallback, command.By);
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
