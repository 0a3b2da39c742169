using System.CommandLine;
using System.Text;
using System.Text.Json;
using OrleansRegistry.Cli.Output;
using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Commands;

/// <summary>Calls of models, and of any route.</summary>
internal static class CallCommands
{
    public static IEnumerable<Command> All(GlobalOptions global) => [Predict(global), Traffic(global), Api(global)];

    private static Command Predict(GlobalOptions global)
    {
        var reference = Inputs.Reference();
        var data = new Argument<string?>("DATA")
        {
            Description = "The body: text, @FILE, or - for standard input.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var type = Inputs.Text("--content-type", "The body's media type; application/json by default.", "TYPE");
        var wait = Inputs.Duration("--wait", "How long the call may wait while its version is starting, 10m at most.");
        const string about = "Call a model, and print its answer as it comes.";
        return global.NewCommand("predict", about, [reference, data, type, wait], async (session, cancellationToken) =>
        {
            var given = VersionReference.Parse(session.Value(reference)!);
            var content = new CallContent(
                await Inputs.Read(session.Terminal, session.Value(data), cancellationToken),
                session.Value(type) ?? "application/json");
            var seconds = LifecycleCommands.Seconds(session.Value(wait));
            await using var answer = given.IsId
                ? await session.Registry.PredictVersionStream(
                    given.Model, content, new PredictVersionParameters { ModelWait = seconds }, cancellationToken)
                : await session.Registry.PredictStream(
                    given.Model,
                    content,
                    new PredictParameters { ModelVersion = given.Selector, ModelWait = seconds },
                    cancellationToken);
            if (!session.IsIds)
            {
                session.Printer.Note($"{given.Model} {answer.Number} ({answer.VersionId})");
            }

            await Copy(session.Printer, answer.Content, cancellationToken);
        });
    }

    private static Command Traffic(GlobalOptions global)
    {
        var reference = Inputs.Reference();
        const string about = "Show whether a version is in use.";
        return global.NewCommand("traffic", about, [reference], async (session, cancellationToken) =>
        {
            var version = await session.Registry.FindVersion(session.Value(reference)!, cancellationToken);
            var traffic = await session.Registry.GetVersionTraffic(version.Id, cancellationToken);
            session.Show(traffic, version.Id,
            [
                ("version", Inputs.Short(version)), ("calls", Inputs.Count(traffic.Calls)),
                ("errors", Inputs.Count(traffic.Errors)),
                ("last call", Inputs.Instant(traffic.LastCallAt)), ("last minute", Inputs.Count(traffic.LastMinute)),
                ("in flight", Inputs.Count(traffic.InFlight)),
            ]);
        });
    }

    private static Command Api(GlobalOptions global)
    {
        var method = new Argument<string>("METHOD") { Description = "GET, POST, PATCH, PUT or DELETE." };
        method.CompletionSources.Add("GET", "POST", "PATCH", "PUT", "DELETE");
        var path = new Argument<string>("PATH") { Description = "Path and query, such as /v1/models?page_size=5." };
        var data = new Argument<string?>("DATA")
        {
            Description = "The body: JSON, @FILE, or - for standard input.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var about = "Send any request to the registry, and print its answer. All but GET and HEAD is sent once.";
        return global.NewCommand("api", about, [method, path, data], async (session, cancellationToken) =>
        {
            var body = await Inputs.Read(session.Terminal, session.Value(data), cancellationToken);
            var target = session.Value(path)!;
            await using var answer = await session.Registry.SendAny(
                HttpMethod.Parse(session.Value(method)!.ToUpperInvariant()),
                target.StartsWith('/') ? target : "/" + target,
                body.Length == 0 ? null : new CallContent(body, "application/json"),
                cancellationToken);
            if (answer.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) != true)
            {
                await Copy(session.Printer, answer.Content, cancellationToken);
                return;
            }

            using var whole = new MemoryStream();
            await answer.Content.CopyToAsync(whole, cancellationToken);
            if (Parsed(whole) is { } document)
            {
                session.Printer.Json(document);
            }
            else
            {
                session.Printer.Bytes(whole.GetBuffer().AsSpan(0, (int)whole.Length));
            }
        });
    }

    private static JsonElement? Parsed(MemoryStream body)
    {
        try
        {
            return JsonElement.Parse(body.GetBuffer().AsSpan(0, (int)body.Length));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes an answer as it comes.</summary>
    private static async Task Copy(Printer printer, Stream content, CancellationToken cancellationToken)
    {
        var decoder = Encoding.UTF8.GetDecoder();
        var (buffer, text) = (new byte[16 * 1024], new char[16 * 1024 + 1]);
        int read;
        while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (printer.Terminal.IsOutputTerminal)
            {
                // A character may come in two parts.
                printer.Lines(new string(text, 0, decoder.GetChars(buffer, 0, read, text, 0)));
            }
            else
            {
                printer.Bytes(buffer.AsSpan(0, read));
            }
        }

        if (printer.Terminal.IsOutputTerminal)
        {
            printer.Lines("\n");
        }
    }
}
