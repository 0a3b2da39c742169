using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using Yarp.ReverseProxy.Forwarder;

namespace OrleansRegistry.Benchmarks;

/// <summary>What the registry is compared with: the least that anybody would write by hand, on the same server and settings.</summary>
internal static class Baselines
{
    /// <summary>Answers a small JSON object to anything: the model's server, and what a resolve is compared with.</summary>
    public const string Hello = "hello";

    /// <summary>Forwards everything to one address with YARP's forwarder: what a predict is compared with.</summary>
    public const string Forwarder = "forwarder";

    /// <summary>Runs a baseline until the process ends.</summary>
    public static async Task Serve(string name, string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args });
        builder.Logging.AddFilter(level => level >= LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
        builder.Services.AddHttpForwarder();
        await using var app = builder.Build();
        if (name == Forwarder)
        {
            Forward(app, builder.Configuration["to"]!);
        }
        else
        {
            app.MapMethods("/{**path}", ["GET", "POST"], () => new Greeting("k7m2qx9p4d-1", "1.0.0", "hello"));
        }

        await app.RunAsync();
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "Used until the process ends.")]
    private static void Forward(WebApplication app, string to)
    {
        var client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            EnableMultipleHttp2Connections = true,
            ActivityHeadersPropagator = new ReverseProxyPropagator(DistributedContextPropagator.Current),
        });
        app.MapForwarder("/{**path}", to, ForwarderRequestConfig.Empty, HttpTransformer.Default, client);
    }

    private sealed record Greeting(string Id, string Version, string Text);
}
