using System.Globalization;
using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>
/// How many requests come in a second: by key, by workspace, and by address from whoever shows no valid key.
/// </summary>
internal sealed class RequestRates(LimitOptions options) : IDisposable
{
    private readonly RateLimit<string> _keys = new("A key", "requests", options.RequestsPerSecond, options.RequestBurst, nameof(options.RequestsPerSecond));

    private readonly RateLimit<string> _workspaces = new(
        "The keys of a workspace", "requests", options.RequestsPerSecondPerWorkspace, 2L * options.RequestsPerSecondPerWorkspace, nameof(options.RequestsPerSecondPerWorkspace));

    private readonly RateLimit<IPAddress> _strangers = new(
        "Without a valid key an address", "requests", options.AnonymousRequestsPerSecond, 5L * options.AnonymousRequestsPerSecond, nameof(options.AnonymousRequestsPerSecond));

    private readonly RateLimit<IPAddress> _unknownKeys = new(
        "An address", "keys that are new to this gateway", options.UnknownKeysPerSecond, 4L * options.UnknownKeysPerSecond, nameof(options.UnknownKeysPerSecond));

    /// <summary>Counts a request of a caller. Why it is refused, or null.</summary>
    internal RateRefusal? Count(RequestCaller caller) => _keys.Count(caller.Name) ?? _workspaces.Count(caller.Workspace);

    /// <summary>Counts a request without a valid key. Why it is refused, or null.</summary>
    internal RateRefusal? CountStranger(IPAddress address) => _strangers.Count(address);

    /// <summary>Counts the look-up of a key that this gateway doesn't know. Why it is refused, or null.</summary>
    internal RateRefusal? CountUnknownKey(IPAddress address) => _unknownKeys.Count(address);

    /// <inheritdoc/>
    public void Dispose()
    {
        _keys.Dispose();
        _workspaces.Dispose();
        _strangers.Dispose();
        _unknownKeys.Dispose();
    }

    /// <summary>A limit on how many there are in a second.</summary>
    private sealed class RateLimit<T> : IDisposable
        where T : notnull
    {
        private readonly RegistryError _error;
        private readonly PartitionedRateLimiter<T>? _buckets;

        /// <summary>Makes the limit; none where there may be any number.</summary>
        public RateLimit(string who, string what, int perSecond, long burst, string setting)
        {
            _error = new RegistryError(
                ErrorCode.RateLimited, $"{who} may send {perSecond} {what} a second, and {burst} at once (Registry:Limits:{setting}).");
            if (perSecond == 0)
            {
                return;
            }

            var portion = Math.Max(1, perSecond / 10);
            _buckets = PartitionedRateLimiter.Create<T, T>(holder => RateLimitPartition.GetTokenBucketLimiter(holder, _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = (int)Math.Min(int.MaxValue, burst),
                TokensPerPeriod = portion,
                ReplenishmentPeriod = TimeSpan.FromSeconds((double)portion / perSecond),
            }));
        }

        public RateRefusal? Count(T holder)
        {
            using var lease = _buckets?.AttemptAcquire(holder);
            return lease is not { IsAcquired: false } ? null
                : new RateRefusal(_error, lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.Zero);
        }

        public void Dispose() => _buckets?.Dispose();
    }
}

/// <summary>A request that comes too soon.</summary>
/// <param name="Error">The limit.</param>
/// <param name="RetryAfter">When the next one may come.</param>
internal sealed record RateRefusal(RegistryError Error, TimeSpan RetryAfter)
{
    /// <summary>Answers it.</summary>
    public Task Write(HttpContext context)
    {
        context.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(RetryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return ProblemWriter.Write(context, Error);
    }
}
