namespace OrleansRegistry;

/// <summary>What happens to the primary pointer while the primary is unhealthy (rule HV4).</summary>
[GenerateSerializer, Alias("OrleansRegistry.OnUnhealthy")]
public enum OnUnhealthy
{
    /// <summary>It stays.</summary>
    Stay = 0,

    /// <summary>After a while it moves to a healthy version.</summary>
    FallBack = 1,
}
