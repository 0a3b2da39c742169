using System.Net;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>
/// One of the clients that share the models. It stops and starts versions of its own only, and repeats what it doesn't know the outcome
/// of until it does, so that few commands are in doubt at a time and the history can be searched.
/// </summary>
internal sealed class Client(int number, ClusterNodes cluster, History history, int models, Random random)
{
    private const string Alias = "staging";

    private readonly string?[] _own = new string?[models];
    private int _deployments;

    /// <summary>Whether it makes an alias of each model, which all nodes must know.</summary>
    public bool UsesAlias { get; init; }

    public static string ModelName(int model) => $"Model {model}";

    /// <summary>Sends random operations until it is told to stop.</summary>
    public async Task Work(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var model = random.Next(models);
            if (_own[model] is not { } own)
            {
                _own[model] = await Deploy(model, stop);
                continue;
            }

            await (random.Next(UsesAlias ? 125 : 100) switch
            {
                >= 112 => ResolveAlias(model),
                >= 104 => Command(model, Verb.SetAlias, own, stop),
                >= 100 => Command(model, Verb.RollbackAlias, own, stop),
                < 60 => Resolve(model, Gateway),
                < 62 => Deploy(model, stop),
                < 75 => Command(model, Verb.Promote, own, stop),
                < 88 => Command(model, Verb.Deactivate, own, stop),
                _ => Command(model, Verb.Activate, own, stop),
            });
        }
    }

    /// <summary>Resolves every model by one gateway, once and then until it is told to stop.</summary>
    public Task Observe(HttpClient gateway, CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, models).Select(async model =>
    {
        do
        {
            await Resolve(model, gateway);
        }
        while (!stop.IsCancellationRequested);
    }));

    /// <summary>Reads a whole model, when all is over.</summary>
    public async Task Look(int model)
    {
        var calledAt = History.Now;
        var client = cluster.Gateways[0].Client;
        var found = (await client.Read($"/v1/models?name={Uri.EscapeDataString(ModelName(model))}"))["items"]![0]!;
        var versions = await client.ReadAll($"/v1/models/{found["id"]}/versions");
        Assert.Equal(versions.Select(version => $"0.{Ordinal((string)version["id"]!)}.0"), versions.Select(version => (string)version["version"]!));
        var seen = ModelSpec.Of(
            versions.Max(version => Ordinal((string)version["id"]!)),
            found["primary"] is JsonObject primary ? Ordinal((string)primary["version_id"]!) : 0,
            versions.Where(version => (string)version["state"]! == "published").Select(version => Ordinal((string)version["id"]!)));
        var alias = found["aliases"]!.AsArray().Select(each => Ordinal((string)each!["version_id"]!)).SingleOrDefault();
        history.Add(model, new Operation { Verb = Verb.Look, Ordinal = alias, Seen = seen, Told = Told.Done, CalledAt = calledAt, AnsweredAt = History.Now });
    }

    private HttpClient Gateway => cluster.Any(random);

    private Task Resolve(int model, HttpClient gateway) => Resolve(model, gateway, Verb.Resolve, "", "no_primary", null);

    private Task ResolveAlias(int model) =>
        Resolve(model, Gateway, Verb.ResolveAlias, $"?version=@{Alias}", "alias_not_found", "version_inactive");

    /// <summary>
    /// Resolves; <c>none</c> is the code that says that nothing is there, <c>refused</c> the one that says that it can't be reached, if there is one.
    /// </summary>
    private async Task Resolve(int model, HttpClient gateway, Verb verb, string query, string none, string? refused)
    {
        var calledAt = History.Now;
        var reply = await Call(gateway, HttpMethod.Get, $"/v1/models/{Uri.EscapeDataString(ModelName(model))}/resolve{query}");
        if (reply.Fate is Fate.Unknown or Fate.NotSent)
        {
            history.NoteFailure();
            return;
        }

        var isThere = reply.Status == HttpStatusCode.OK;
        var isRefused = !isThere && (string?)reply.Body!["code"] == refused;
        Assert.True(isThere || isRefused || (string?)reply.Body!["code"] == none, $"{reply.Status}: {reply.Body}");
        var ordinal = isThere ? Ordinal((string)reply.Body!["version_id"]!) : 0;
        history.Add(model, new Operation
        {
            Verb = verb,
            Ordinal = ordinal,
            Told = isRefused ? Told.Refused : Told.Done,
            CalledAt = calledAt,
            AnsweredAt = History.Now,
        });
    }

    /// <summary>Deploys and publishes. Repeated with its idempotency key it is one operation, however many attempts it takes.</summary>
    private async Task<string?> Deploy(int model, CancellationToken stop)
    {
        var calledAt = History.Now;
        var key = $"{number}-{_deployments++}";
        var verb = UsesAlias && random.Next(2) == 0 ? Verb.DeployClaiming : Verb.Deploy;
        var body = new JsonObject { ["model_name"] = ModelName(model), ["publish"] = true };
        if (verb == Verb.DeployClaiming)
        {
            body["aliases"] = new JsonArray(Alias);
        }

        while (true)
        {
            var reply = await Call(Gateway, HttpMethod.Post, "/v1/model_versions", body.DeepClone(), key);
            if (reply.Fate == Fate.Acknowledged)
            {
                var id = (string)reply.Body!["id"]!;
                history.Add(model, new Operation { Verb = verb, Ordinal = Ordinal(id), Told = Told.Done, CalledAt = calledAt, AnsweredAt = History.Now });
                return id;
            }

            Assert.True(reply.Fate != Fate.Refused, $"A deployment was refused: {reply.Status} {reply.Body}");
            history.NoteFailure();
            if (stop.IsCancellationRequested)
            {
                history.Add(model, new Operation { Verb = verb, Told = Told.Unknown, CalledAt = calledAt, AnsweredAt = History.DoubtfulUntil(History.Now) });
                return null;
            }
        }
    }

    private async Task Command(int model, Verb verb, string id, CancellationToken stop)
    {
        do
        {
            var calledAt = History.Now;
            var reply = await Send(model, verb, id);
            var operation = new Operation { Verb = verb, Ordinal = Ordinal(id), Told = Told.Done, CalledAt = calledAt, AnsweredAt = History.Now };
            switch (reply.Fate)
            {
                case Fate.Acknowledged:
                    history.Add(model, verb is Verb.SetAlias or Verb.RollbackAlias ? Moved(operation, reply.Body!) : operation);
                    return;
                case Fate.Refused:
                    Assert.True(IsRefusal(verb, (string?)reply.Body!["code"]), $"{verb}: {reply.Status} {reply.Body}");
                    history.Add(model, operation with { Told = Told.Refused });
                    return;
                case Fate.NotSent:
                    history.NoteFailure();
                    break;
                default:
                    history.Add(model, operation with { Told = Told.Unknown, AnsweredAt = History.DoubtfulUntil(History.Now) });
                    await LookAgain(id, stop);
                    break;
            }
        }
        while (!stop.IsCancellationRequested);
    }

    private Task<Outcome> Send(int model, Verb verb, string id)
    {
        var alias = $"/v1/models/{Uri.EscapeDataString(ModelName(model))}/aliases/{Alias}";
        return verb switch
        {
            Verb.Promote => Call(Gateway, HttpMethod.Post, $"/v1/model_versions/{id}/promote"),
            Verb.Activate => Call(Gateway, HttpMethod.Post, $"/v1/model_versions/{id}/activate"),
            Verb.Deactivate => Call(Gateway, HttpMethod.Post, $"/v1/model_versions/{id}/deactivate"),
            Verb.SetAlias => Call(Gateway, HttpMethod.Put, alias, new JsonObject { ["version"] = id }),
            Verb.RollbackAlias => Call(Gateway, HttpMethod.Post, alias + "/rollback"),
            _ => throw new InvalidOperationException($"{verb} is no command."),
        };
    }

    /// <summary>What the answer says of a move of the alias; where it stood already, it stays.</summary>
    private static Operation Moved(Operation operation, JsonNode answer)
    {
        var to = Ordinal((string)answer["alias"]!["version_id"]!);
        return operation with { Ordinal = to, From = answer["alias_change"] is { } change ? (string?)change["from"] is { } from ? Ordinal(from) : 0 : to };
    }

    /// <summary>Whether the state of a model can give a reason to refuse a command like this.</summary>
    private static bool IsRefusal(Verb verb, string? code) => verb switch
    {
        Verb.Promote or Verb.SetAlias => code == "version_inactive",
        Verb.RollbackAlias => code is "alias_not_found" or "no_previous_target",
        _ => false,
    };

    /// <summary>Looks at a version before a command on it is repeated, as the answer of unknown outcome says.</summary>
    private async Task LookAgain(string id, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested && (await Call(Gateway, HttpMethod.Get, $"/v1/model_versions/{id}")).Fate != Fate.Acknowledged)
        {
            history.NoteFailure();
        }
    }

    /// <summary>Whatever happens, a gateway foresees it: its only 5xx is <c>unavailable</c>.</summary>
    private async Task<Outcome> Call(HttpClient gateway, HttpMethod method, string path, JsonNode? body = null, string? idempotencyKey = null)
    {
        var reply = await gateway.Call(method, path, body, idempotencyKey);
        Assert.True(reply.Status is not >= HttpStatusCode.InternalServerError || (string?)reply.Body?["code"] == "unavailable", $"{method} {path}: {reply.Status} {reply.Body}");
        return reply;
    }

    private static int Ordinal(string versionId) => int.Parse(versionId[(versionId.IndexOf('-', StringComparison.Ordinal) + 1)..], null);
}
