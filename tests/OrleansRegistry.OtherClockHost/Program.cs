using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using OrleansRegistry.Host;

var offset = TimeSpan.Parse(Environment.GetEnvironmentVariable("REGISTRY_TEST_CLOCK_OFFSET") ?? "0", CultureInfo.InvariantCulture);
await using var app = RegistryHost.Build(args, services => services
    .AddSingleton<TimeProvider>(new OtherClock(offset))
    // A silo that finds its own start long ago takes itself for dead.
    .AddKeyedSingleton<TimeProvider>(KeyedService.AnyKey, (_, _) => TimeProvider.System));
await app.RunAsync();

/// <summary>The machine's clock, set otherwise. Timers and the monotonic clock go on as they are.</summary>
internal sealed class OtherClock(TimeSpan offset) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + offset;
}
