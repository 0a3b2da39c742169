namespace OrleansRegistry.WebConsole;

/// <summary>The addresses of pages.</summary>
internal static class Links
{
    public const string Root = "/console";
    public const string SignIn = Root + "/sign-in";
    public const string Issuer = SignIn + "/issuer";
    public const string Callback = SignIn + "/callback";
    public const string SignOut = Root + "/sign-out";
    public const string Events = Root + "/events";
    public const string Sessions = Root + "/sessions";
    public const string Billing = Root + "/billing";
    public const string Rates = Billing + "/rates";
    public const string Access = Root + "/access";
    public const string Webhooks = Access + "/webhooks";
    public const string Workspaces = Root + "/workspaces";
    public const string Deploy = Root + "/deploy";
    public const string Environments = Root + "/environments";
    public const string Live = Root + "/live";

    public static string Model(string modelId, string tab = "") => $"{Root}/models/{modelId}{tab}";

    public static string Version(string modelId, string number, string tab = "") =>
        $"{Model(modelId)}/versions/{Uri.EscapeDataString(number)}{tab}";

    public static string Command(string modelId, string number, string command) => $"{Version(modelId, number)}/{command}";

    public static string Alias(string modelId, string alias, string command = "") => Model(modelId, $"/aliases/{Uri.EscapeDataString(alias)}{command}");

    public static string Month(string month, string what = "") => $"{Billing}/{month}{what}";

    public static string Key(string prefix, string command) => $"{Access}/{prefix}/{command}";

    public static string Webhook(string id, string command = "") => $"{Webhooks}/{id}{command}";

    /// <summary>An address of the console that a request names to go back to, or the first page.</summary>
    public static string Local(string? address) =>
        address is not null && (address == Root || address.StartsWith(Root + "/", StringComparison.Ordinal) || address.StartsWith(Root + "?", StringComparison.Ordinal))
        && !address.AsSpan().ContainsAnyExceptInRange('!', '~') && !address.Contains('\\', StringComparison.Ordinal) && Uri.TryCreate(address, UriKind.Relative, out _)
            ? address
            : Root;
}
