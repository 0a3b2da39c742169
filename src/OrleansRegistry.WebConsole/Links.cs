namespace OrleansRegistry.WebConsole;

/// <summary>The addresses of pages.</summary>
internal static class Links
{
    public const string Root = "/console";
    public const string SignIn = Root + "/sign-in";
    public const string SignOut = Root + "/sign-out";
    public const string Events = Root + "/events";
    public const string Sessions = Root + "/sessions";
    public const string Live = Root + "/live";

    public static string Model(string modelId, string tab = "") => $"{Root}/models/{modelId}{tab}";

    public static string Version(string modelId, string number) => $"{Model(modelId)}/versions/{Uri.EscapeDataString(number)}";

    public static string Command(string modelId, string number, string command) => $"{Version(modelId, number)}/{command}";

    /// <summary>An address of the console that a request names to go back to, or the first page.</summary>
    public static string Local(string? address) =>
        address is not null && (address == Root || address.StartsWith(Root + "/", StringComparison.Ordinal) || address.StartsWith(Root + "?", StringComparison.Ordinal))
        && !address.AsSpan().ContainsAny('\\', '\r', '\n') && Uri.TryCreate(address, UriKind.Relative, out _)
            ? address
            : Root;
}
