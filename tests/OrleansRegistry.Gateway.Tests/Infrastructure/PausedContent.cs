using System.Net;

namespace OrleansRegistry.Gateway.Tests.Infrastructure;

/// <summary>A body that waits in its middle.</summary>
internal sealed class PausedContent(byte[] bytes, int pauseAt) : HttpContent
{
    private readonly TaskCompletionSource _paused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task IsPaused => _paused.Task;

    public void GoOn() => _goOn.SetResult();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.WriteAsync(bytes.AsMemory(0, pauseAt));
        await stream.FlushAsync();
        _paused.SetResult();
        await _goOn.Task;
        await stream.WriteAsync(bytes.AsMemory(pauseAt));
    }

    protected override bool TryComputeLength(out long length)
    {
        length = bytes.Length;
        return true;
    }
}
