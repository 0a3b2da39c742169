using System.Globalization;
using OrleansRegistry.Cli.Output;
using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Commands;

/// <summary>Shows how far an upload or a download is (rule C5): a line that is written over, or one each ten seconds.</summary>
internal sealed class TransferMeter(Terminal terminal, string what) : IProgress<TransferProgress>, IDisposable
{
    private static readonly TimeSpan InLog = TimeSpan.FromSeconds(10);
    private long _shownAt = terminal.Clock.GetTimestamp();
    private int _shown = -1;

    public void Report(TransferProgress value)
    {
        var share = value.Total == 0 ? 100 : (int)(value.Done * 100 / value.Total);
        if (share == _shown || (!terminal.IsRich && terminal.Clock.GetElapsedTime(_shownAt) < InLog))
        {
            return;
        }

        (_shown, _shownAt) = (share, terminal.Clock.GetTimestamp());
        var line = string.Create(
            CultureInfo.InvariantCulture, $"{what}: {share} % of {value.Total / 1_000_000.0:0.#} MB");
        terminal.Error.Write(terminal.IsRich ? $"\r\u001b[K{line}" : line + "\n");
        terminal.Error.Flush();
    }

    /// <summary>Takes the line away.</summary>
    public void Dispose()
    {
        if (_shown >= 0 && terminal.IsRich)
        {
            terminal.Error.Write("\r\u001b[K");
            terminal.Error.Flush();
        }
    }
}
