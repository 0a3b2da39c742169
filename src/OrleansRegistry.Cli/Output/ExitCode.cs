using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Output;

/// <summary>The exit codes (rule K2).</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int Other = 1;
    public const int Usage = 2;
    public const int NotAllowed = 3;
    public const int NotFound = 4;
    public const int Refused = 5;
    public const int Unreachable = 6;
    public const int OutcomeUnknown = 7;
    public const int StartFailed = 8;
    public const int Interrupted = 130;

    public static int Of(RegistryException error) => error switch
    {
        OutcomeUnknownException => OutcomeUnknown,
        StartFailedException => StartFailed,
        ModelErrorException => Other,
        { Status: 401 or 403 } => NotAllowed,
        { Status: 404 or 410 } => NotFound,
        { Status: 429 or >= 500 or null } or InvalidAnswerException => Unreachable,
        _ => Refused,
    };
}
