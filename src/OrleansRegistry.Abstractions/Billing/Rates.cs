using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansRegistry.Cluster;

namespace OrleansRegistry;

/// <summary>The price of a minute of active time, from an instant on until the next rate of the same instance type and stage.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.Rate")]
public sealed record Rate
{
    /// <summary>The instance type of the rate; null for versions whose deployment named none. It stands in for no other.</summary>
    [Id(0)]
    public string? InstanceType { get; init; }

    /// <summary>The stage it is for.</summary>
    [Id(1)]
    public required Stage Stage { get; init; }

    /// <summary>The price of a minute, as decimal text.</summary>
    [Id(2)]
    public required string PricePerMinute { get; init; }

    /// <summary>From when on it holds; whole milliseconds.</summary>
    [Id(3)]
    public required DateTimeOffset EffectiveFrom { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [Id(4)]
    internal ExtensionData? ExtensionData { get; set; }
}

/// <summary>The rates of a workspace.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.RatesView")]
public sealed record RatesView
{
    /// <summary>The currency of the prices: the one that was set when they were put.</summary>
    [Id(0)]
    public required string Currency { get; init; }

    /// <summary>All rates, by instance type, stage and instant.</summary>
    [Id(1)]
    public required ImmutableArray<Rate> Rates { get; init; }

    /// <summary>The instant at which they were put, or null when none ever were.</summary>
    [Id(2)]
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>The caller who put them, or null.</summary>
    [Id(3)]
    public string? UpdatedBy { get; init; }

    /// <summary>Raised by every change; 0 when none ever were put.</summary>
    [Id(4)]
    public int Revision { get; init; }

    /// <summary>The name of the key of who put them, or null.</summary>
    [Id(5)]
    public string? UpdatedByName { get; init; }
}

/// <summary>Puts the rates of a workspace in place of those it had.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.PutRatesCommand")]
internal sealed record PutRatesCommand
{
    /// <summary>Who, until when, on what condition.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>All rates, in any order.</summary>
    [Id(1)]
    public required ImmutableArray<Rate> Rates { get; init; }
}

/// <summary>The rates of one workspace. Key: <see cref="GrainKeys.Rates"/>.</summary>
[Alias("OrleansRegistry.IRatesGrain")]
internal interface IRatesGrain : IGrainWithStringKey, ILeasedGrain
{
    /// <summary>The rates as they are now.</summary>
    [ReadOnly, ResponseTimeout(GrainCalls.ReadTimeout)]
    [Alias("Get")]
    Task<RatesView> Get();

    /// <summary>Replaces the rates. Months that are closed stay as they are (rule B5); all others are rated anew.</summary>
    [Alias("Put")]
    Task<Outcome<RatesView>> Put(PutRatesCommand command);
}
