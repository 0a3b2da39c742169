using System.Globalization;

namespace OrleansRegistry.SampleModelServer;

/// <summary>What can be set, by command line (<c>--Model=FILE</c>), environment or configuration.</summary>
internal sealed record SampleSettings
{
    private const int MaxStartDelaySeconds = 3600;

    /// <summary><c>--urls</c>: where the server listens. Default <c>http://127.0.0.1:9001</c>.</summary>
    public string Urls { get; private init; } = "http://127.0.0.1:9001";

    /// <summary><c>--Model</c>: the ONNX file to serve. Default the better one of the two that come with the server.</summary>
    public string Model { get; private init; } = Path.Combine(AppContext.BaseDirectory, "Models", "iris-1.0.onnx");

    /// <summary><c>--StartDelaySeconds</c>: how long the server says that it is still starting, at most an hour. Default 0.</summary>
    public TimeSpan StartDelay { get; private init; }

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="InvalidDataException">One is not valid.</exception>
    public static SampleSettings Read(IConfiguration configuration)
    {
        var defaults = new SampleSettings();
        return new SampleSettings
        {
            Urls = configuration[WebHostDefaults.ServerUrlsKey] is { Length: > 0 } urls ? urls : defaults.Urls,
            Model = configuration["Model"] is { Length: > 0 } model ? model : defaults.Model,
            StartDelay = configuration["StartDelaySeconds"] is { Length: > 0 } delay ? Seconds(delay) : defaults.StartDelay,
        };
    }

    private static TimeSpan Seconds(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds <= MaxStartDelaySeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw new InvalidDataException($"StartDelaySeconds is '{text}'; it must be a number from 0 to {MaxStartDelaySeconds}.");
}
