using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansRegistry.RestClient;

/// <summary>A route of the OpenAPI document.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Method">The method.</param>
/// <param name="Path">The path, with names in braces.</param>
/// <param name="HasPages">Whether its answer comes in pages.</param>
internal sealed record Operation(string Name, HttpMethod Method, string Path, bool HasPages = false);

/// <summary>An operation with its arguments, and what may be done when it fails.</summary>
internal sealed class RegistryRequest
{
    private readonly StringBuilder _query = new();
    private readonly List<(string Name, string Value)> _headers = [];
    private readonly string _path;
    private readonly bool _hasQuery;

    /// <param name="operation">The route.</param>
    /// <param name="values">What stands in the braces of its path.</param>
    /// <exception cref="ArgumentException">A value is empty or means another path.</exception>
    public RegistryRequest(Operation operation, params ReadOnlySpan<(string Name, string Value)> values)
    {
        Operation = operation;
        _path = operation.Path;
        _hasQuery = _path.Contains('?', StringComparison.Ordinal);
        foreach (var (name, value) in values)
        {
            // Servers and proxies take "." and ".." for steps, also when they are encoded.
            if (value is null or "" or "." or "..")
            {
                throw new ArgumentException($"{name} is \"{value}\", and must be a name or an id.", name);
            }

            _path = _path.Replace($"{{{name}}}", Uri.EscapeDataString(value), StringComparison.Ordinal);
        }
    }

    public Operation Operation { get; }

    public RequestBody? Body
    {
        get;
        init
        {
            field = value;
            Wait("drain_seconds", value?.Seconds("drain_seconds"));
        }
    }

    public CallContent? Content { get; init; }

    /// <summary>Whether it goes on to a model's server.</summary>
    public bool IsCall { get; init; }

    /// <summary>Whether it is safe to repeat (rule C1). A call is not, but for what is only asked about a
    /// model.</summary>
    public bool IsRepeatable
    {
        get => IsDryRun || (IsCall ? IsRead : field);
        init;
    } = true;

    /// <summary>Whether it changes something.</summary>
    public bool IsCommand => !IsRead && !IsCall && !IsDryRun;

    /// <summary>Whether it is a request that only asks.</summary>
    public bool IsRead => Operation.Method == HttpMethod.Get || Operation.Method == HttpMethod.Head;

    /// <summary>Whether a command only says what it would do.</summary>
    public bool IsDryRun { get; private set; }

    /// <summary>How much longer than usual the answer may be silent, because the registry waits for
    /// something.</summary>
    public TimeSpan Patience { get; private set; }

    /// <summary>How long the answer may be silent; null for the client's own timeout.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The media type that is asked for.</summary>
    public string? Accept { get; init; }

    /// <summary>The key under which a deployment can be repeated.</summary>
    public string? IdempotencyKey => _headers.FirstOrDefault(header => header.Name == "Idempotency-Key").Value;

    /// <summary>Asked when a repetition is refused although the request before may have been done: the answer when it
    /// was, or null.</summary>
    public Func<RegistryException, Task<JsonElement?>>? Settle { get; init; }

    /// <summary>Path and query.</summary>
    public string Target => _path + _query;

    public RegistryRequest With(RequestParameters? parameters)
    {
        parameters?.AddTo(this);
        return this;
    }

    public RegistryRequest Add(string name, string? value)
    {
        if (value is not null)
        {
            _query.Append(_query.Length == 0 && !_hasQuery ? '?' : '&').Append(name).Append('=').Append(
                Uri.EscapeDataString(value));
        }

        return this;
    }

    public void Add(string name, long? value)
    {
        Wait(name, value);
        Add(name, value?.ToString(CultureInfo.InvariantCulture));
    }

    public void Add(string name, bool? value)
    {
        IsDryRun |= name == "dry_run" && value == true;
        Add(name, value switch { null => null, true => "true", false => "false" });
    }

    public void Add(string name, IReadOnlyList<string>? values)
    {
        foreach (var value in values ?? [])
        {
            Add(name, value);
        }
    }

    /// <exception cref="ArgumentException">The value can't stand in a header.</exception>
    public RegistryRequest AddHeader(string name, string? value)
    {
        if (value is not null)
        {
            if (value.Length == 0 || value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            {
                throw new ArgumentException($"{name} must be printable ASCII text.", name);
            }

            _headers.Add((name, value));
        }

        return this;
    }

    public void AddHeader(string name, long? value)
    {
        Wait(name, value);
        AddHeader(name, value?.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The same request for a page of a list. A list that has no pages is asked as it is.</summary>
    public RegistryRequest OfPage(int size, string? token)
    {
        var page = new RegistryRequest(Operation with { Path = Target }) { Timeout = Timeout };
        if (Operation.HasPages)
        {
            page.Add("page_size", size);
            page.Add("page_token", token);
        }

        return page;
    }

    /// <summary>The message for one try.</summary>
    public HttpRequestMessage ToHttp(Uri root)
    {
        var message = new HttpRequestMessage(Operation.Method, root.AbsoluteUri.TrimEnd('/') + Target)
        {
            Content = Body is not null ? CallContent.Json(Body.ToJson()).ToHttp() : Content?.ToHttp(),
        };
        if (Accept is not null)
        {
            message.Headers.TryAddWithoutValidation("Accept", Accept);
        }

        foreach (var (name, value) in _headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        return message;
    }

    private void Wait(string name, long? seconds)
    {
        if (name is "drain_seconds" or "timeout_seconds" or "Model-Wait")
        {
            Patience += TimeSpan.FromSeconds(seconds ?? 0);
        }
    }
}
