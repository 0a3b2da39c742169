using System.Collections.Immutable;
using System.Net.Mime;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace OrleansRegistry.Gateway;

/// <summary>
/// A statement: a page of it as JSON, or the whole as the CSV that <c>Accept</c> prefers, sent as it is made.
/// </summary>
internal sealed class StatementAnswer : IResult, IEndpointMetadataProvider
{
    /// <summary>How many lines of a CSV are held at once.</summary>
    private const int PartSize = 10_000;

    private readonly Func<HttpContext, Task> _write;

    private StatementAnswer(Func<HttpContext, Task> write) => _write = write;

    /// <summary>Adds what the OpenAPI document says of the answer.</summary>
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => builder.Metadata.Add(
        new ProducesResponseTypeMetadata(
            StatusCodes.Status200OK, typeof(StatementPage), [MediaTypeNames.Application.Json, MediaTypeNames.Text.Csv]));

    /// <summary>Writes the answer.</summary>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.Headers.Vary = "Accept";
        return _write(httpContext);
    }

    /// <summary>Whether a request asks for the CSV.</summary>
    public static bool IsCsv(HttpRequest request) => AcceptedTypes.Prefer(request, MediaTypeNames.Text.Csv);

    /// <summary>An answer that holds a page.</summary>
    public static StatementAnswer Of(StatementPage page) => new(context => context.Response.WriteAsJsonAsync(
        page, JsonSettings.TypeOf<StatementPage>(), MediaTypeNames.Application.Json, context.RequestAborted));

    /// <summary>An answer that holds an error.</summary>
    public static StatementAnswer Refusal(RegistryError error) => new(context => ProblemWriter.Write(context, error));

    /// <summary>
    /// The CSV of a statement. Its first part tells whether there is one at all, before anything is sent.
    /// </summary>
    public static async Task<StatementAnswer> Csv(
        string workspace, MonthStatement statement, CancellationToken cancellationToken)
    {
        var (whole, lines, hasMore) = await statement.Read(0, PartSize, cancellationToken);
        return whole.TotalAmount is null
            ? Refusal(new RegistryError(
                ErrorCode.Unrated, "Some of the active time has no rate, so the statement has no cost for CSV to show."))
            : new StatementAnswer(context => Write(context, workspace, statement, whole, lines, hasMore));
    }

    private static async Task Write(
        HttpContext context,
        string workspace,
        MonthStatement statement,
        StatementView whole,
        ImmutableArray<StatementLine> lines,
        bool hasMore)
    {
        var response = context.Response;
        response.ContentType = MediaTypeNames.Text.Csv + "; charset=utf-8; header=present";
        response.Headers.ContentDisposition = $"attachment; filename=\"statement-{whole.Month}.csv\"";
        await using var writer = new StreamWriter(response.Body, leaveOpen: true);
        await writer.WriteAsync(FocusCsv.Head.AsMemory(), context.RequestAborted);
        for (var skip = PartSize; ; skip += PartSize)
        {
            foreach (var line in FocusCsv.Of(workspace, whole, lines))
            {
                await writer.WriteAsync(line.AsMemory(), context.RequestAborted);
            }

            if (!hasMore)
            {
                return;
            }

            (_, lines, hasMore) = await statement.Read(skip, PartSize, context.RequestAborted);
        }
    }
}
