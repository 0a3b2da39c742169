using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansRegistry.FuzzTests;

/// <summary>
/// Makes requests that are malformed in one way or another, the same ones for the same seed. Those that are harmless have a body that no route can
/// take, or else an entity tag that no resource has, where they are no GET or HEAD: none of them may change anything.
/// </summary>
/// <param name="seed">Tells one series from another.</param>
/// <param name="routes">The routes to send them to.</param>
/// <param name="existing">Ids and names that lead somewhere.</param>
/// <param name="isHarmless">Whether no request may change anything; otherwise some are as they should be.</param>
internal sealed class RequestFuzzer(int seed, IReadOnlyList<ApiRoute> routes, IReadOnlyList<string> existing, bool isHarmless)
{
    private static readonly string[] Methods = ["GET", "GET", "GET", "POST", "POST", "PATCH", "DELETE", "PUT", "OPTIONS", "FROB"];

    private static readonly string[] Texts =
    [
        "", " ", "\0", "a\0b", "\ud800", "\udc00x", "\ufeff", "\ufffe", "\u202e", "é", "e\u0301", "😀", ".", "..", "../..", "%", "%00", "%2f", "/", "\\", "'", "\"",
        "';drop table registry_state;--", "null", "true", "-1", "0", "1e999", "1.2.3", "^1", "99999999999999999999", "0000000000", "0000000000-1",
        "0000000000-2147483648", "W/\"1\"", "\"1\"", "*", "k:v", "ready", "http://[", "http://u:p@h/#f", "text/event-stream", new string('x', 300), new string('é', 3000),
    ];

    private static readonly string[] Fields =
    [
        "model_name", "version_bump", "version", "base", "publish", "promote", "description", "labels", "artifact", "uri", "sha256", "size_bytes", "serving", "url",
        "health_url", "startup_timeout_seconds", "instance_type", "external_id", "from", "promote_to", "refuse_if_primary", "primary_policy", "on_unhealthy", "fall_back_seconds", "rates", "stage",
        "price_per_minute", "effective_from",
    ];

    private static readonly string[] Parameters =
    [
        "dry_run", "page_size", "page_token", "name", "q", "label", "order_by", "state", "external_id", "type", "after", "version", "promote_to", "refuse_if_primary",
        "drain_seconds", "wait", "timeout_seconds", "from", "to", "group_by", "unknown", "",
    ];

    private static readonly string[] Headers = ["If-Match", "If-None-Match", "Idempotency-Key", "Accept", "Last-Event-ID", "Content-Encoding", "Expect-Nothing"];

    private static readonly string[] ContentTypes = ["application/json", "application/merge-patch+json", "application/json; charset=utf-16", "text/plain", ";", ""];

    /// <summary>Fields without which no request is right.</summary>
    private static readonly string[] Names = ["model_name", "name", "role", "url"];

    private readonly Random _random = new(seed);

    /// <summary>The next request.</summary>
    public FuzzedRequest Next()
    {
        if (isHarmless && OneIn(10))
        {
            return Stale();
        }

        var route = Pick(routes);
        var method = OneIn(5) ? Pick(Methods) : route.Method;
        var path = new StringBuilder();
        foreach (var segment in route.Path.Split('/')[1..])
        {
            path.Append('/').Append(segment.StartsWith('{') ? Escape(OneIn(4) ? Text() : Pick(existing)) : segment);
        }

        for (var i = isHarmless || OneIn(2) ? _random.Next(4) : 0; i > 0; i--)
        {
            path.Append(path.ToString().Contains('?', StringComparison.Ordinal) ? '&' : '?').Append(OneIn(2) && route.Parameters.Count > 0 ? Pick(route.Parameters) : Pick(Parameters));
            path.Append('=').Append(Escape(OneIn(3) ? Pick(existing) : Text()));
        }

        var headers = Enumerable.Range(0, isHarmless || OneIn(2) ? _random.Next(3) : 0).Select(_ => (Pick(Headers), Header())).ToList();
        if (method is "GET" or "HEAD")
        {
            return Make(null, "");
        }

        if (OneIn(isHarmless ? 2 : 4))
        {
            return Make(Garbage(), Pick(ContentTypes));
        }

        if (isHarmless)
        {
            headers.RemoveAll(header => header.Item1 == "If-Match");
            headers.Add(("If-Match", "\"0\""));
        }

        return !isHarmless && route.Fields.Count == 0 ? Make(null, "") : Make(Json(isHarmless ? Poison(route) : Needed(route), FieldsOf(route)), OneIn(4) ? Pick(ContentTypes) : ContentTypes[0]);

        FuzzedRequest Make(byte[]? body, string contentType) => new(method, path.ToString(), headers, body is null ? default(ReadOnlyMemory<byte>?) : body, contentType) { Route = method == route.Method && IsAsWritten(path.ToString()) ? route : null };
    }

    /// <summary>A request that nothing but its entity tag is wrong of, if the path names what its route is about.</summary>
    private FuzzedRequest Stale()
    {
        var route = Pick<ApiRoute>([.. routes.Where(route => route.Headers.Contains("If-Match") && route.Method is not ("GET" or "HEAD"))]);
        var path = string.Concat(route.Path.Split('/')[1..].Select(segment => $"/{(segment.StartsWith('{') ? Uri.EscapeDataString(Pick(existing)) : segment)}"));
        return new FuzzedRequest(route.Method, path, [("If-Match", "\"0\"")], "{}"u8.ToArray(), ContentTypes[0]) { Route = IsAsWritten(path) ? route : null };
    }

    /// <summary>Whether the server takes a path as it is written: segments that are empty or dots make it another one.</summary>
    private static bool IsAsWritten(string path) =>
        !path.Split('?')[0].Split('/')[1..].Any(segment => Uri.UnescapeDataString(segment) is "" or "." or "..");

    /// <summary>Nothing where the entity tag is refused; elsewhere a field that is.</summary>
    private static JsonObject Poison(ApiRoute route) =>
        route.Headers.Contains("If-Match") || route.Headers.Contains("Idempotency-Key") ? [] : new JsonObject { ["no_field_of_any_route"] = true };

    /// <summary>What a route can't do without, mostly as it should be.</summary>
    private JsonObject Needed(ApiRoute route)
    {
        var body = new JsonObject();
        foreach (var field in route.Fields.Where(Names.Contains))
        {
            body[field] = Likely(field) ?? Pick(existing);
        }

        return body;
    }

    private byte[] Garbage()
    {
        switch (_random.Next(40))
        {
            case 0:
                return new byte[1024 * 1024 + 1 + _random.Next(100_000)];
            case < 5:
                var noise = new byte[1 + _random.Next(200)];
                _random.NextBytes(noise);
                return noise;
            case < 8:
                return Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"labels\":", 20 + _random.Next(2000))));
            case < 11:
                return Encoding.UTF8.GetBytes(Pick<string>(["null", "[]", "1", "\"x\"", " ", "{\"", "{]}", "{}{}", "{'a':1}", "{\"a\":\"\\ud8\"}"]));
            default:
                return Json(new JsonObject { ["no_field_of_any_route"] = true }, Fields);
        }
    }

    /// <summary>The fields that a route reads, mostly.</summary>
    private IReadOnlyList<string> FieldsOf(ApiRoute route) => route.Fields.Count > 0 && !OneIn(isHarmless ? 6 : 20) ? route.Fields : Fields;

    private byte[] Json(JsonObject body, IReadOnlyList<string> fields)
    {
        for (var i = _random.Next(3); i > 0; i--)
        {
            var field = Pick(fields);
            body[field] = Likely(field) ?? Value(0);
        }

        // Lone surrogates can't be written by the serializer, and a body that is cut off is no JSON.
        var text = body.ToJsonString();
        return Encoding.UTF8.GetBytes(OneIn(8) ? text.Replace("\"x\"", "\"\\udead\"", StringComparison.Ordinal) : OneIn(10) ? text[..^1] : text);
    }

    /// <summary>Half of the time a value of the type that the field has, so that the request is read to the end.</summary>
    private JsonNode? Likely(string field) => OneIn(2) ? null : field switch
    {
        "publish" or "promote" or "refuse_if_primary" => OneIn(2),
        "description" or "external_id" => "x",
        "labels" => new JsonObject { [Pick(Texts).Length > 20 ? "k" : "x"] = JsonNode.Parse(JsonSerializer.Serialize(Text())) },
        "artifact" => new JsonObject { ["uri"] = JsonNode.Parse(JsonSerializer.Serialize(Text())), ["size_bytes"] = _random.Next(-1, 5) },
        "serving" => new JsonObject { ["url"] = JsonNode.Parse(JsonSerializer.Serialize(Text())), ["startup_timeout_seconds"] = _random.Next(-1, 100_000) },
        "role" => Pick<string>(["viewer", "invoker", "deployer", "admin"]),
        "url" => "https://receiver.example/hook",
        "rates" => new JsonArray(new JsonObject { ["stage"] = "published", ["price_per_minute"] = Pick<string>(["0.01", "1e3", "-1", "0", "99999999999"]) }),
        "version_bump" => Pick<string>(["major", "MINOR", "patch"]),
        "primary_policy" => Pick<string>(["manual", "latest_published"]),
        "on_unhealthy" => Pick<string>(["stay", "fall_back"]),
        "fall_back_seconds" => _random.Next(-1, 100_000),
        "base" => Pick<string>(["0", "0.1", "1", "999999999", "01"]),
        _ => OneIn(2) ? Pick(existing) : JsonNode.Parse(JsonSerializer.Serialize(Text())),
    };

    private JsonNode? Value(int depth) => _random.Next(depth > 3 ? 6 : 9) switch
    {
        0 => null,
        1 => true,
        2 => _random.Next(-5, 100_000),
        3 => double.MaxValue,
        4 => JsonValue.Create(Pick(existing)),
        5 => JsonNode.Parse(JsonSerializer.Serialize(Text())),
        6 => new JsonArray(Value(depth + 1), Value(depth + 1)),
        _ => new JsonObject { [Pick(Fields)] = Value(depth + 1), ["x"] = "x" },
    };

    private string Text() => OneIn(4)
        ? string.Concat(Enumerable.Range(0, _random.Next(40)).Select(_ => (char)_random.Next(1, 0xD7FF)))
        : Pick(Texts);

    private string Header() => string.Concat(Text().Where(c => c is >= ' ' and <= '~'));

    /// <summary>A text in a path or query: escaped well, escaped as random bytes, or escaped twice.</summary>
    private string Escape(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text.Length > 300 ? text[..300] : text);
        return _random.Next(6) switch
        {
            0 => string.Concat(bytes.Select(_ => $"%{_random.Next(256):x2}")),
            1 => string.Concat(bytes.Select(one => $"%25{one:X2}")),
            2 => "%" + string.Concat(bytes.Where(one => char.IsAsciiLetterOrDigit((char)one)).Select(one => (char)one)),
            _ => string.Concat(bytes.Select(one => char.IsAsciiLetterOrDigit((char)one) || one is (byte)'-' ? $"{(char)one}" : $"%{one:X2}")),
        };
    }

    private bool OneIn(int count) => _random.Next(count) == 0;

    private T Pick<T>(IReadOnlyList<T> all) => all[_random.Next(all.Count)];
}

/// <summary>A request of a <see cref="RequestFuzzer"/>.</summary>
internal sealed record FuzzedRequest(string Method, string Path, IReadOnlyList<(string Name, string Value)> Headers, ReadOnlyMemory<byte>? Body, string ContentType)
{
    /// <summary>The route of the document that it goes to, or null when its method is another.</summary>
    public ApiRoute? Route { get; init; }

    /// <summary>Which one of the series it is.</summary>
    public int Number { get; init; }

    /// <summary>Whether its path holds a NUL.</summary>
    public bool HasNulInPath => Path.Split('?')[0].Contains("%00", StringComparison.Ordinal);

    /// <summary>The request as it is sent: the path is not tidied up.</summary>
    public HttpRequestMessage ToMessage(Uri server)
    {
        var uri = new Uri(server.GetLeftPart(UriPartial.Authority) + Path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var message = new HttpRequestMessage(new HttpMethod(Method), uri);
        foreach ((var name, var value) in Headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        if (Body is { } body)
        {
            message.Content = new ReadOnlyMemoryContent(body);
            message.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        }

        return message;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Method} {Path} {string.Join("; ", Headers)} {ContentType} {(Body is { } body ? Encoding.UTF8.GetString(body.Span[..int.Min(body.Length, 300)]) : "")}";
}
