using System.Diagnostics;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Says to a model's server which trace a call belongs to. All else that the caller sent, <c>baggage</c> too, stays as
/// it was sent.
/// </summary>
internal sealed class TracePropagator(DistributedContextPropagator inner) : DistributedContextPropagator
{
    private static readonly string[] Replaced = ["traceparent", "tracestate"];

    public override IReadOnlyCollection<string> Fields => Replaced;

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
    {
        if (activity is null || carrier is not HttpRequestMessage request)
        {
            return;
        }

        foreach (var name in Replaced)
        {
            request.Headers.Remove(name);
        }

        inner.Inject(activity, carrier, (to, name, value) =>
        {
            if (Replaced.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                setter?.Invoke(to, name, value);
            }
        });
    }

    public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) =>
        inner.ExtractTraceIdAndState(carrier, getter, out traceId, out traceState);

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) =>
        inner.ExtractBaggage(carrier, getter);
}
