using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace OrleansRegistry.Host;

/// <summary>
/// Traces and metrics over OTLP, when the standard variables of OpenTelemetry say where to send them, and metrics for
/// who fetches them.
/// </summary>
internal static class Telemetry
{
    private static readonly string[] EndpointVariables =
        ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"];

    /// <summary>Whether they are sent to somebody.</summary>
    public static bool IsOn(IConfiguration configuration) => EndpointVariables.Any(name => !string.IsNullOrEmpty(configuration[name]));

    /// <summary>Adds the exporters, or nothing when nobody wants to have them.</summary>
    /// <param name="builder">The node's builder.</param>
    /// <param name="hasListener">Whether the node answers <c>/metrics</c>.</param>
    public static void AddTelemetry(this WebApplicationBuilder builder, bool hasListener)
    {
        var isSent = IsOn(builder.Configuration);
        if (!isSent && !hasListener)
        {
            return;
        }

        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("orleans-registry", serviceVersion: RegistryProgram.Version));
        if (isSent)
        {
            // Traces go on to models' servers. A caller's baggage does too, but as it was sent, not as it is understood
            // here.
            Sdk.SetDefaultTextMapPropagator(new TraceContextPropagator());
            telemetry.WithTracing(tracing => tracing
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddSource("Microsoft.Orleans.Application", "Npgsql")
                .AddOtlpExporter());
        }

        telemetry.WithMetrics(metrics =>
        {
            metrics
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                .AddMeter("Microsoft.Orleans", "Npgsql", RegistryMetrics.MeterName + "*");
            if (isSent)
            {
                metrics.AddOtlpExporter();
            }

            if (hasListener)
            {
                metrics.AddPrometheusExporter();
            }
        });
        if (hasListener)
        {
            builder.Services.AddHostedService<MetricsListener>();
        }
    }
}
