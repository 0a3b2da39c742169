using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Gateway;

/// <summary>
/// The audit (rule A9), a log category of its own: a line of JSON for each request of a known caller that is forbidden or
/// is a refused command, and for each secret that is shown; numbers for the rest. No line has a body, a header, a query
/// or a secret. Callers can't fill the log.
/// </summary>
internal sealed partial class AuditLog : PeriodicWorker, IRequestAudit
{
    /// <summary>The category.</summary>
    public const string Category = "OrleansRegistry.Audit";

    /// <summary>How many lines a caller gets in a second.</summary>
    public const int MaxLines = 10;

    /// <summary>How many addresses are counted apart.</summary>
    public const int MaxAddresses = 100;

    private const int MaxCallers = 10_000;

    private const int MaxPathLength = 256;

    private static readonly TimeSpan AddressInterval = TimeSpan.FromSeconds(10);

    private readonly CallerAddresses _addresses;
    private readonly ILogger _logger;
    private readonly BoundedCounts<Sender> _senders = new(MaxCallers);
    private readonly BoundedCounts<IPAddress> _strangers = new(MaxAddresses);
    private DateTimeOffset _strangersToldAt;

    public AuditLog(CallerAddresses addresses, TimeProvider clock, ILoggerFactory loggers)
        : base(TimeSpan.FromSeconds(1), clock) =>
        (_addresses, _logger, _strangersToldAt) = (addresses, loggers.CreateLogger(Category), clock.GetUtcNow());

    public void Refused(HttpContext context, RequestCaller? caller, RegistryError error)
    {
        var status = ProblemKind.Of(error.Code).Status;
        var isForbidden = status == StatusCodes.Status403Forbidden;
        if (caller is null)
        {
            if (isForbidden || status == StatusCodes.Status401Unauthorized)
            {
                _strangers.Add(_addresses.Of(context));
            }
        }
        else if (isForbidden || (status < StatusCodes.Status500InternalServerError && IsCommand(context)))
        {
            Write(context, caller, "refused", ("code", error.Code));
        }
    }

    public void SecretShown(HttpContext context, RequestCaller caller, string? resource) =>
        Write(context, caller, "secret_shown", ("resource", resource));

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        TellLeftOut();
        TellStrangers();
    }

    protected override Task Work(CancellationToken stoppingToken)
    {
        TellLeftOut();
        if (Clock.GetUtcNow() - _strangersToldAt >= AddressInterval)
        {
            TellStrangers();
        }

        return Task.CompletedTask;
    }

    [LoggerMessage(224, LogLevel.Warning, "The numbers of the audit were not written")]
    protected override partial void LogFailure(Exception exception);

    private static bool IsCommand(HttpContext context) =>
        RequestKinds.Of(context) is RequestKind.Command or RequestKind.Upload
        && !context.Request.IsRead()
        && CommonParameters.DryRun.In(context.Request) is not ["true"];

    private void Write(HttpContext context, RequestCaller caller, string what, (string Name, string? Value) more)
    {
        // A page asks for several things, and is refused with what one of them is refused with: that is told once.
        if (context.Items.TryAdd((typeof(AuditLog), what), null)
            && _senders.Add(new Sender(caller.Workspace, caller.Actor)) <= MaxLines)
        {
            Log(
                what,
                ("request_id", CommonHeaders.RequestIdOf(context)),
                ("caller", caller.Actor),
                ("role", EnumNames<Role>.Of(caller.Role)),
                ("workspace", caller.Workspace),
                ("address", _addresses.Of(context).ToString()),
                ("method", context.Request.Method),
                ("route", (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText),
                ("path", Plain(context.Request.Path.Value)),
                (more.Name, more.Value));
        }
    }

    private void TellLeftOut()
    {
        foreach (var (sender, count) in _senders.Take().Where(counted => counted.Count > MaxLines))
        {
            Log("left_out", ("caller", sender?.Actor), ("workspace", sender?.Workspace), ("count", count - MaxLines));
        }
    }

    private void TellStrangers()
    {
        _strangersToldAt = Clock.GetUtcNow();
        foreach (var (address, count) in _strangers.Take())
        {
            Log("unauthenticated", ("address", address?.ToString()), ("count", count));
        }
    }

    private void Log(string what, params ReadOnlySpan<(string Name, JsonNode? Value)> fields)
    {
        if (!_logger.IsEnabled(LogLevel.Information))
        {
            return;
        }

        var line = new JsonObject
        {
            ["time"] = Clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
            ["event"] = what,
        };
        foreach (var (name, value) in fields)
        {
            if (value is not null)
            {
                line[name] = value;
            }
        }

        LogLine(line.ToJsonString());
    }

    private static string Plain(string? path)
    {
        var plain = LikeSecret().Replace(path ?? "", "…");
        return plain.Length > MaxPathLength ? plain[..MaxPathLength] + "…" : plain;
    }

    /// <summary>As long as the secret of a key, which somebody may have put into a path; digests have no upper case.</summary>
    [GeneratedRegex("(?=[0-9a-z]*[A-Z])[0-9A-Za-z]{32,}")]
    private static partial Regex LikeSecret();

    [LoggerMessage(223, LogLevel.Information, "{Line}")]
    private partial void LogLine(string line);

    /// <summary>Who is counted.</summary>
    private sealed record Sender(string Workspace, string Actor);
}
