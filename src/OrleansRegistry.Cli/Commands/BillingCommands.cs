using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansRegistry.Cli.Settings;
using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Commands;

/// <summary>Active time and what it costs.</summary>
internal static class BillingCommands
{
    public static IEnumerable<Command> All(GlobalOptions global) => [Usage(global), Statement(global), Rates(global)];

    private static Command Usage(GlobalOptions global)
    {
        var from = Inputs.Text(
            "--from",
            "The first day, or a time; by default the beginning of this month.",
            "2026-03-01");
        var to = Inputs.Text("--to", "The day or time before which it ends; by default now.", "2026-04-01");
        var group = Inputs.Choice(
            "--by",
            "What to add up by; model by default.",
            "model",
            "version",
            "instance_type",
            "day");
        const string about = "Show active time up to now, and what it costs.";
        return global.NewCommand("usage", about, [from, to, group], async (session, cancellationToken) =>
        {
            var parameters = new GetUsageParameters
            {
                From = session.Value(from),
                To = session.Value(to),
                GroupBy = session.Value(group),
            };
            var usage = await session.Registry.GetUsage(parameters, cancellationToken);
            if (session.IsJson)
            {
                session.Printer.Json(usage.Raw);
            }
            else if (session.IsIds)
            {
                usage.Items.Select(KeyOf).ToList().ForEach(session.Printer.Line);
            }
            else
            {
                session.Printer.Table(
                    ["WHAT", "SECONDS", "AMOUNT"],
                    [
                        .. usage.Items.Select(
                            item => (string?[])[KeyOf(item), Seconds(item.ActiveSeconds), Amount(item.Amount, usage.Currency)]),
                        ["total", Seconds(usage.TotalSeconds), Amount(usage.TotalAmount, usage.Currency)],
                    ]);
            }
        });
    }

    private static string KeyOf(UsageItem item) =>
        item.Version is { } version
            ? $"{item.ModelName} {version}"
            : item.ModelName ?? item.InstanceType ?? item.Day ?? "none";

    private static Command Statement(GlobalOptions global)
    {
        var month = new Argument<string?>("MONTH")
        {
            Description = "A month in UTC, such as 2026-03. Without one the months are listed.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var csv = new Option<bool>("--csv") { Description = "Print it as CSV, in the columns of FOCUS 1.2." };
        const string about = "Show the bill of a month.";
        return global.NewCommand("statement", about, [month, csv], async (session, cancellationToken) =>
        {
            if (session.Value(month) is not { } chosen)
            {
                if (session.Value(csv))
                {
                    throw new UsageException("--csv needs a month: ork statement 2026-03 --csv");
                }

                await session.List(
                    session.Registry.ListStatements(cancellationToken),
                    statement => statement.Month,
                    ["MONTH", "CLOSED", "AMOUNT"],
                    statement => [statement.Month, Inputs.Instant(statement.ClosedAt), Amount(statement.TotalAmount, statement.Currency)],
                    cancellationToken);
                return;
            }

            if (session.Value(csv))
            {
                session.Printer.Bytes(
                    Encoding.UTF8.GetBytes(await session.Registry.GetStatementCsv(chosen, cancellationToken)));
                return;
            }

            var bill = await session.Registry.GetStatement(chosen, cancellationToken);
            if (session.IsJson)
            {
                session.Printer.Json(bill.Raw);
            }
            else if (session.IsIds)
            {
                session.Printer.Line(bill.Month);
            }
            else
            {
                session.Printer.Table(
                    ["MODEL", "VERSION", "STAGE", "INSTANCE TYPE", "SECONDS", "AMOUNT"],
                    [
                        .. bill.Lines.Select(line => (string?[])
                        [
                            line.ModelName, line.Version, line.Stage, line.InstanceType,
                            Seconds(line.ActiveMilliseconds / 1000.0), Amount(line.Amount, bill.Currency),
                        ]),
                        ["total", null, null, null, Seconds(bill.TotalMilliseconds / 1000.0), Amount(bill.TotalAmount, bill.Currency)],
                    ]);
            }
        });
    }

    private static Command Rates(GlobalOptions global)
    {
        var data = new Argument<string>("DATA")
        {
            Description = "JSON: {\"rates\": [...]}, @FILE, or - for standard input.",
        };
        var dryRun = Inputs.DryRun();
        return CommandBuilding.Group("rates", "Show and set prices.",
        [
            global.NewCommand(
                "get",
                "Show the rates.",
                [],
                async (session, cancellationToken) =>
                    Show(session, await session.Registry.GetRates(cancellationToken))),
            global.NewCommand("put", "Replace all rates.", [data, dryRun], async (session, cancellationToken) =>
            {
                var body = new PutRatesRequest { Rates = [] };
                foreach (var (member, value) in Parsed(await Inputs.Read(session.Terminal, session.Value(data), cancellationToken)))
                {
                    body.SetMember(member, value);
                }

                // So that nobody else's rates are replaced that this command has not seen.
                var now = await session.Registry.GetRates(cancellationToken);
                session.Printer.Note($"There are {now.Rates.Count} rates now.");
                var parameters = new PutRatesParameters
                {
                    DryRun = session.Value(dryRun) ? true : null,
                    IfMatch = now.EntityTag,
                };
                Show(session, await session.Registry.PutRates(body, parameters, cancellationToken));
            }),
        ]);
    }

    private static JsonObject Parsed(byte[] json)
    {
        try
        {
            return JsonNode.Parse(json) as JsonObject
                ?? throw new UsageException("The rates must be a JSON object: {\"rates\": [...]}.");
        }
        catch (JsonException)
        {
            throw new UsageException("The rates are no JSON.");
        }
    }

    private static void Show(Session session, RateTable rates)
    {
        if (session.IsJson)
        {
            session.Printer.Json(rates.Raw);
        }
        else if (!session.IsIds)
        {
            session.Printer.Table(
                ["INSTANCE TYPE", "STAGE", "PER MINUTE", "FROM"],
                rates.Rates.Select(rate => (string?[])
                [
                    rate.InstanceType ?? "any other", rate.Stage, Amount(rate.PricePerMinute, rates.Currency),
                    rate.Raw.GetProperty("effective_from").ToString(),
                ]));
        }
    }

    private static string Seconds(double seconds) => seconds.ToString("0.###", CultureInfo.InvariantCulture);

    private static string? Amount(string? amount, string? currency) => amount is null ? null : $"{amount} {currency}";
}
