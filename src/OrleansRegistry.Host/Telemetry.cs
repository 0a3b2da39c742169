using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace OrleansRegistry.Host;

/// <summary>
/// Traces and metrics over OTLP, when the standard variables of OpenTelemetry say where to send them.
/// </summary>
internal static class Telemetry
{
    private static readonly string[] EndpointVariables =
        ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"];

    /// <summary>Whether somebody wants to have them.</summary>
    public static bool IsOn(IConfiguration configuration) => EndpointVariables.Any(name => !string.IsNullOrEmpty(configuration[name]));

    /// <summary>Adds the exporters, or nothing when no endpoint is set.</summary>
    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        if (!IsOn(builder.Configuration))
        {
            return;
        }

        // Traces go on to models' servers. A caller's baggage does too, but as it was sent, not as it is understood
        // here.
        Sdk.SetDefaultTextMapPropagator(new TraceContextPropagator());
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("orleans-registry", serviceVersion: RegistryProgram.Version))
            .WithTracing(tracing => tracing
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddSource("Microsoft.Orleans.Application", "Npgsql")
                .AddOtlpExporter())
            .WithMetrics(metrics => metrics
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                .AddMeter("Microsoft.Orleans", "Npgsql", RegistryMetrics.MeterName + "*")
                .AddOtlpExporter());
    }
}
