namespace OrleansRegistry.SampleModelServer.Serving;

/// <summary>Plays a model that takes its time to load, from the moment this is made until <paramref name="delay"/> has passed.</summary>
internal sealed class SlowStart(TimeProvider clock, TimeSpan delay)
{
    private readonly long _began = clock.GetTimestamp();

    /// <summary>Whether the model may answer.</summary>
    public bool IsOver => clock.GetElapsedTime(_began) >= delay;
}
