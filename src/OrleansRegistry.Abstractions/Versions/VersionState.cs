namespace OrleansRegistry;

/// <summary>The four states of a version. Draft and published are <em>active</em>.</summary>
[GenerateSerializer, Alias("OrleansRegistry.VersionState")]
public enum VersionState
{
    /// <summary>Deployed, not published.</summary>
    Draft = 0,

    /// <summary>Published.</summary>
    Published = 1,

    /// <summary>Out of routing; remembers its stage and can be activated.</summary>
    Inactive = 2,

    /// <summary>Gone for ever; its id and number stay taken.</summary>
    Deleted = 3,
}

/// <summary>Which resources an active version runs on. An inactive version remembers it.</summary>
[GenerateSerializer, Alias("OrleansRegistry.Stage")]
public enum Stage
{
    /// <summary>The draft stage.</summary>
    Draft = 0,

    /// <summary>The published stage.</summary>
    Published = 1,
}

/// <summary>Whether a version with a serving spec or runtime is up.</summary>
[GenerateSerializer, Alias("OrleansRegistry.ServingStatus")]
public enum ServingStatus
{
    /// <summary>Not up yet; its health is being probed.</summary>
    Starting = 0,

    /// <summary>Up: the version may receive calls.</summary>
    Ready = 1,

    /// <summary>Did not come up within its startup timeout, or its process died too often.</summary>
    Failed = 2,

    /// <summary>The version is inactive or deleted.</summary>
    Stopped = 3,

    /// <summary>Was up, its process died, and it is being started again (rule X2).</summary>
    Restarting = 4,

    /// <summary>Was up and is stopped until it is called. Nothing sets it yet.</summary>
    Idle = 5,
}

/// <summary>Whether a server of a version is up.</summary>
[GenerateSerializer, Alias("OrleansRegistry.ServerStatus")]
public enum ServerStatus
{
    /// <summary>Has not answered its health URL with 2xx since the version was started.</summary>
    Starting = 0,

    /// <summary>Has answered it: calls go there while the version is ready.</summary>
    Up = 1,

    /// <summary>Was up, and fails its probes: calls go there only where there is no other (rule HV2).</summary>
    Down = 2,
}

/// <summary>Whether a version answers (rule HV3).</summary>
[GenerateSerializer, Alias("OrleansRegistry.VersionHealth")]
public enum VersionHealth
{
    /// <summary>Its servers are asked, and one of them at least is not down.</summary>
    Healthy = 0,

    /// <summary>None of its servers answers.</summary>
    Unhealthy = 1,
}
