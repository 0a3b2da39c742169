using System.Net.Mime;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace OrleansRegistry.Gateway;

/// <summary>A statement, as JSON or as the CSV that <c>Accept</c> prefers.</summary>
internal sealed class StatementAnswer : IResult, IEndpointMetadataProvider
{
    private readonly string _workspace;
    private readonly StatementView? _statement;
    private readonly RegistryError? _error;

    private StatementAnswer(string workspace, StatementView? statement, RegistryError? error) =>
        (_workspace, _statement, _error) = (workspace, statement, error);

    /// <summary>Adds what the OpenAPI document says of the answer.</summary>
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => builder.Metadata.Add(
        new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(StatementView), [MediaTypeNames.Application.Json, MediaTypeNames.Text.Csv]));

    /// <summary>Writes the answer.</summary>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.Headers.Vary = "Accept";
        if (_error is not null)
        {
            return ProblemWriter.Write(httpContext, _error);
        }

        if (!AcceptedTypes.Prefer(httpContext.Request, MediaTypeNames.Text.Csv))
        {
            return httpContext.Response.WriteAsJsonAsync(
                _statement!, JsonSettings.TypeOf<StatementView>(), MediaTypeNames.Application.Json, httpContext.RequestAborted);
        }

        if (_statement!.TotalAmount is null)
        {
            return ProblemWriter.Write(httpContext, new RegistryError(ErrorCode.Unrated, "Some active time has no rate, so the CSV can't show its cost."));
        }

        httpContext.Response.ContentType = MediaTypeNames.Text.Csv + "; charset=utf-8; header=present";
        httpContext.Response.Headers.ContentDisposition = $"attachment; filename=\"statement-{_statement.Month}.csv\"";
        return Write(httpContext.Response.Body, FocusCsv.Lines(_workspace, _statement), httpContext.RequestAborted);
    }

    /// <summary>An answer that holds a statement.</summary>
    internal static StatementAnswer Of(string workspace, StatementView statement) => new(workspace, statement, null);

    /// <summary>An answer that holds an error.</summary>
    internal static StatementAnswer Refusal(RegistryError error) => new("", null, error);

    private static async Task Write(Stream body, IEnumerable<string> lines, CancellationToken cancellationToken)
    {
        await using var writer = new StreamWriter(body, leaveOpen: true);
        foreach (var line in lines)
        {
            await writer.WriteAsync(line.AsMemory(), cancellationToken);
        }
    }
}
