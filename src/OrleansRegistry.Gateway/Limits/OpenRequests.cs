using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace OrleansRegistry.Gateway;

/// <summary>What callers have open at this gateway: calls, streams, commands and searches, by key, by workspace and by model.</summary>
internal sealed class OpenRequests
{
    /// <summary>Bodies of one caller that may be held at a time to find the model in them, each up to <c>MaxBufferedBytes</c>.</summary>
    private const int MaxSearches = 16;

    private readonly LimitOptions _options;
    private readonly ImmutableArray<Limit> _calls;
    private readonly ImmutableArray<Limit> _streams;
    private readonly ImmutableArray<Limit> _commands;
    private readonly ImmutableArray<Limit> _uploads;
    private readonly OpenCounter<(string Workspace, string ModelId)> _callsOfModel;
    private readonly OpenCounter<string> _searches = new(MaxSearches);

    /// <summary>Makes the counters.</summary>
    public OpenRequests(LimitOptions options)
    {
        _options = options;
        _callsOfModel = new(options.OpenCallsPerModel);
        _calls =
        [
            Limit.OfKey("calls", options.OpenCallsPerKey, nameof(options.OpenCallsPerKey)),
            Limit.OfWorkspace("calls", options.OpenCallsPerWorkspace, nameof(options.OpenCallsPerWorkspace)),
            // A connection may carry many calls at a time, but each of them may need a connection to a model's server.
            Limit.OfGateway("calls", options.Connections, nameof(options.Connections)),
        ];
        _streams =
        [
            Limit.OfKey("streams and waits", options.OpenStreamsPerKey, nameof(options.OpenStreamsPerKey)),
            Limit.OfWorkspace("streams and waits", options.OpenStreamsPerWorkspace, nameof(options.OpenStreamsPerWorkspace)),
        ];
        _commands = [Limit.OfKey("commands", options.OpenCommandsPerKey, nameof(options.OpenCommandsPerKey))];
        _uploads = [Limit.OfWorkspace("uploads", options.OpenUploadsPerWorkspace, nameof(options.OpenUploadsPerWorkspace))];
    }

    /// <summary>Takes a place for a request of a caller; it must be given back. False, with what is full, when there is none.</summary>
    internal bool TryEnter(RequestKind kind, RequestCaller caller, out OpenPlace place, [NotNullWhen(false)] out RegistryError? full)
    {
        var limits = kind switch
        {
            RequestKind.Short => [],
            RequestKind.Call => _calls,
            RequestKind.Stream => _streams,
            RequestKind.Upload => _uploads,
            RequestKind.Command or _ => _commands,
        };
        for (var taken = 0; taken < limits.Length; taken++)
        {
            if (!limits[taken].TryEnter(caller))
            {
                new OpenPlace(limits, taken, caller).Dispose();
                (place, full) = (default, limits[taken].Full);
                return false;
            }
        }

        (place, full) = (new OpenPlace(limits, limits.Length, caller), null);
        return true;
    }

    /// <summary>Takes a place among the open calls of a model, to be given back by <see cref="LeaveModel"/>.</summary>
    internal bool TryEnterModel(string workspace, string modelId) => _callsOfModel.TryEnter((workspace, modelId));

    /// <summary>Gives back a place among the open calls of a model.</summary>
    internal void LeaveModel(string workspace, string modelId) => _callsOfModel.Leave((workspace, modelId));

    /// <summary>The error of a model that is called too often at a time.</summary>
    internal RegistryError TooManyCalls() => Limit.Error("calls of this model", _options.OpenCallsPerModel, nameof(_options.OpenCallsPerModel));

    /// <summary>Takes a place among the bodies of a caller that are held until the model is found in them, to be given back by <see cref="LeaveSearch"/>.</summary>
    internal bool TryEnterSearch(RequestCaller caller) => _searches.TryEnter(caller.Name);

    /// <summary>Gives back a place among the bodies that are held.</summary>
    internal void LeaveSearch(RequestCaller caller) => _searches.Leave(caller.Name);

    /// <summary>The error of a caller who sends too many bodies at a time that say late which model they are for.</summary>
    internal static RegistryError TooManySearches() => new(
        ErrorCode.RateLimited, $"The limit of {MaxSearches} requests that are searched for their field model is reached; put the field first.");

    /// <summary>A limit on what somebody has open.</summary>
    internal sealed class Limit
    {
        private readonly OpenCounter<string> _open;
        private readonly Func<RequestCaller, string> _holder;

        private Limit(string what, int limit, string setting, Func<RequestCaller, string> holder) =>
            (_open, _holder, Full) = (new OpenCounter<string>(limit), holder, Error(what, limit, setting));

        /// <summary>The error of who has as much open as may be.</summary>
        public RegistryError Full { get; }

        public static Limit OfKey(string what, int limit, string setting) => new($"{what} of this key", limit, setting, caller => caller.Name);

        public static Limit OfWorkspace(string what, int limit, string setting) => new($"{what} of this workspace", limit, setting, caller => caller.Workspace);

        public static Limit OfGateway(string what, int limit, string setting) => new($"{what} of this gateway", limit, setting, _ => "");

        public static RegistryError Error(string what, int limit, string setting) =>
            new(ErrorCode.RateLimited, $"The limit of {limit} open {what} is reached (Registry:Limits:{setting}).");

        public bool TryEnter(RequestCaller caller) => _open.TryEnter(_holder(caller));

        public void Leave(RequestCaller caller) => _open.Leave(_holder(caller));
    }
}

/// <summary>What a request has taken of the limits; disposing gives it back.</summary>
internal readonly struct OpenPlace(ImmutableArray<OpenRequests.Limit> limits, int taken, RequestCaller caller) : IDisposable
{
    public void Dispose()
    {
        for (var i = 0; i < taken; i++)
        {
            limits[i].Leave(caller);
        }
    }
}
