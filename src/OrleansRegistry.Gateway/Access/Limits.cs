using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;

namespace OrleansRegistry.Gateway;

/// <summary>Limits by caller and by model.</summary>
public sealed class Limits(LimitOptions options) : IDisposable
{
    /// <summary>Bodies of one caller that may be held at a time to find the model in them, each up to <c>MaxBufferedBytes</c>.</summary>
    private const int MaxSearches = 16;

    private readonly PartitionedRateLimiter<(string Workspace, string ModelId)> _calls =
        PartitionedRateLimiter.Create<(string Workspace, string ModelId), (string, string)>(model => RateLimitPartition.GetConcurrencyLimiter(
            model, _ => new ConcurrencyLimiterOptions { PermitLimit = options.ConcurrentInvocationsPerModel }));

    private readonly PartitionedRateLimiter<RequestCaller> _searches =
        PartitionedRateLimiter.Create<RequestCaller, string>(caller => RateLimitPartition.GetConcurrencyLimiter(
            Name(caller), _ => new ConcurrencyLimiterOptions { PermitLimit = MaxSearches }));

    /// <summary>Says how requests are limited by caller.</summary>
    internal static void Configure(RateLimiterOptions limiter, LimitOptions options)
    {
        limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limiter.OnRejected = (context, _) => new ValueTask(Refuse(context.HttpContext, context.Lease, options));
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context =>
            options.RequestsPerSecond > 0 && RequestCaller.Of(context) is { } caller
                ? RateLimitPartition.GetTokenBucketLimiter(Name(caller), _ => new TokenBucketRateLimiterOptions
                {
                    TokenLimit = options.RequestBurst,
                    TokensPerPeriod = Math.Max(1, options.RequestsPerSecond / 10),
                    ReplenishmentPeriod = TimeSpan.FromSeconds(Math.Max(1.0, options.RequestsPerSecond / 10) / options.RequestsPerSecond),
                })
                : RateLimitPartition.GetNoLimiter(""));
    }

    /// <summary>A place among the open calls of a model. It must be given back.</summary>
    internal RateLimitLease Enter(string workspace, string modelId) => _calls.AttemptAcquire((workspace, modelId));

    /// <summary>A place among the bodies of a caller that are held until the model is found in them. It must be given back.</summary>
    internal RateLimitLease Search(RequestCaller caller) => _searches.AttemptAcquire(caller);

    /// <summary>The error of a caller who sends too many bodies at a time that say late which model they are for.</summary>
    internal static RegistryError TooManySearches() => new(
        ErrorCode.RateLimited, $"{MaxSearches} of your requests are being read for their field model, as many as there may be at a time; put it first.");

    /// <summary>The error of a model that is called too often at a time.</summary>
    internal RegistryError TooManyCalls() => new(
        ErrorCode.RateLimited, $"{options.ConcurrentInvocationsPerModel} calls of this model are open, as many as there may be.");

    /// <inheritdoc/>
    public void Dispose()
    {
        _calls.Dispose();
        _searches.Dispose();
    }

    private static string Name(RequestCaller caller) => caller.Workspace + "/" + caller.Actor;

    private static Task Refuse(HttpContext context, RateLimitLease lease, LimitOptions options)
    {
        if (lease.TryGetMetadata(MetadataName.RetryAfter, out var after))
        {
            context.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        return ProblemWriter.Write(context, new RegistryError(
            ErrorCode.RateLimited, $"A caller may send {options.RequestsPerSecond} requests a second, and {options.RequestBurst} at once."));
    }
}
