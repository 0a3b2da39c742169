using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OrleansRegistry.Outbound;

namespace OrleansRegistry.Gateway;

/// <summary>The context that a request's fields are checked with, beside their values.</summary>
internal sealed class RequestFields
{
    private readonly IReadOnlySet<string> _given;
    private readonly OutboundHttp _outbound;

    internal RequestFields(IReadOnlySet<string> given, HttpContext context)
    {
        _given = given;
        _outbound = context.RequestServices.GetRequiredService<OutboundHttp>();
        Now = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
    }

    /// <summary>The instant.</summary>
    internal DateTimeOffset Now { get; }

    /// <summary>The context of a command that is made to be checked, and never sent.</summary>
    internal CommandContext Unsent => new() { CommandId = default, Actor = "", Deadline = Now };

    /// <summary>A field, by its JSON name, that is set when the body has it.</summary>
    internal Optional<T> Optional<T>(string name, T? value) => new(_given.Contains(name), value);

    /// <summary>The problems, and those of a serving spec's addresses.</summary>
    internal IEnumerable<FieldError> WithRefused(IReadOnlyCollection<FieldError> problems, ServingSpec? serving) =>
        WithRefused(
            problems,
            [
                ("serving.url", serving?.Servers is null ? serving?.Url : null),
                ("serving.health_url", serving?.Servers is null ? serving?.HealthUrl : null),
                .. Addresses("serving.servers", serving?.Servers ?? []),
            ]);

    /// <summary>The addresses of servers, by the names of their fields.</summary>
    internal static IEnumerable<(string Field, string? Url)> Addresses(string field, IReadOnlyList<ServingServer> servers) =>
        servers.Index().SelectMany(server => ((string, string?)[])
        [
            ($"{field}[{server.Index}].url", server.Item?.Url),
            ($"{field}[{server.Index}].health_url", server.Item?.HealthUrl),
        ]);

    /// <summary>
    /// The problems, and those of URLs at addresses that the registry doesn't connect to, whatever happens. Where a
    /// name leads to is found out when it is connected to.
    /// </summary>
    internal IEnumerable<FieldError> WithRefused(IReadOnlyCollection<FieldError> problems, params IEnumerable<(string Field, string? Url)> urls) =>
    [
        .. problems,
        .. urls.Where(url => url.Url is not null && problems.All(problem => problem.Field != url.Field))
            // One that is none has a problem of its own, or stands in a list that is refused without a look at its items.
            .Select(url => (url.Field, Problem: Uri.TryCreate(url.Url, UriKind.Absolute, out var address) ? _outbound.Refusal(address) : null))
            .Where(url => url.Problem is not null)
            .Select(url => new FieldError(url.Field, url.Problem!)),
    ];
}
