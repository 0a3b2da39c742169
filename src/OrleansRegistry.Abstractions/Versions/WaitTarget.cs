namespace OrleansRegistry;

/// <summary>What a reader of a version waits for.</summary>
public enum WaitTarget
{
    /// <summary>It is no longer starting: its serving is up or has failed, or the version was stopped.</summary>
    Ready = 0,

    /// <summary>It is primary, or its start has failed or it was stopped, so that nothing makes it so by itself.</summary>
    Primary = 1,

    /// <summary>It is inactive or deleted.</summary>
    Stopped = 2,
}
