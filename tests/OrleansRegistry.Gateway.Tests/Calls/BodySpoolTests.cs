using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>The room on the disk for bodies that say late which model they are for (rule Q8).</summary>
public sealed class BodySpoolTests : IDisposable
{
    private const int Limit = 100;

    private readonly string _directory = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Q8_a_workspace_takes_a_quarter_of_the_room_and_all_together_no_more_than_there_is()
    {
        var spool = Spool(size: 400);
        using var first = spool.Open("a")!;
        Assert.True(await Write(first, 100));
        Assert.False(await Write(first, 1));
        using var second = spool.Open("a")!;
        Assert.False(await Write(second, 1));
        SpooledBody[] others = [.. ((string[])["b", "c", "d"]).Select(workspace => spool.Open(workspace)!)];
        foreach (var other in others)
        {
            Assert.True(await Write(other, 100));
        }

        using var last = spool.Open("e")!;
        Assert.False(await Write(last, 1));

        first.Dispose();
        first.Dispose();
        Assert.True(await Write(last, 100));
        foreach (var body in (SpooledBody[])[second, .. others, last])
        {
            body.Dispose();
        }

        Assert.Equal(0, spool.Taken);
    }

    [Fact]
    public async Task Q8_space_that_is_to_stay_free_is_not_taken()
    {
        var spool = Spool(size: 400, minFree: long.MaxValue / 2);
        using var body = spool.Open("a")!;

        Assert.False(await Write(body, 1));
        Assert.Equal(0, spool.Taken);
    }

    [Fact]
    public async Task Q8_what_is_stored_has_no_name_and_is_read_as_it_was_written()
    {
        var spool = Spool(size: 400);
        using var body = spool.Open("a")!;
        Assert.True(await Write(body, 60));
        Assert.Empty(Directory.GetFileSystemEntries(_directory));

        body.Rewind();
        var read = new byte[100];
        Assert.Equal(60, await body.Read(read, default));
        Assert.Equal(60, spool.Taken);
        Assert.Equal(0, await body.Read(read, default));

        // Read to its end, it takes no room any more, however long the call goes on.
        Assert.Equal(0, spool.Taken);
        Assert.Equal(new string('x', 60), Encoding.ASCII.GetString(read, 0, 60));
    }

    [Fact]
    public void A_directory_that_is_not_there_stores_nothing() =>
        Assert.Null(new BodySpool(new CallOptions { SpoolDirectory = Path.Combine(_directory, "none") }, NullLogger<BodySpool>.Instance).Open("a"));

    [Theory]
    [InlineData(1)]
    [InlineData(70)]
    [InlineData(5000)]
    public async Task Q8_a_body_that_names_its_model_late_is_stored_to_there_and_sent_whole_with_the_name_that_its_server_knows(int part)
    {
        var spool = Spool(size: 1 << 20);
        var body = Encoding.UTF8.GetBytes($$"""{"messages":"{{new string('x', 10 * Limit)}}","model":"iris","n":1,"rest":"{{new string('y', 30 * Limit)}}"}""");
        foreach (var renamed in (byte[]?[])[null, "\"org/a much longer name than iris\""u8.ToArray()])
        {
            var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
            var finding = ModelField.Find(pipe.Reader, new ModelScanner(), Limit, () => spool.Open("a"), default);
            foreach (var chunk in body.Chunk(part))
            {
                await pipe.Writer.WriteAsync(chunk);
            }

            await pipe.Writer.CompleteAsync();
            var seen = (await finding.WaitAsync(TimeSpan.FromSeconds(30))).Value!;
            Assert.Equal("iris", seen.Model);
            Assert.Equal(seen.Stored?.Length ?? 0, spool.Taken);
            await using var sent = new CallerBody(pipe.Reader, part == 70 ? null : body.Length, seen, renamed);
            using var reader = new StreamReader(sent);
            var expected = Encoding.UTF8.GetString(body);
            Assert.Equal(renamed is null ? expected : expected.Replace("\"iris\"", Encoding.UTF8.GetString(renamed), StringComparison.Ordinal), await reader.ReadToEndAsync());
            Assert.Equal(0, spool.Taken);
        }
    }

    [Theory]
    [InlineData("\"}")]
    [InlineData("\",\"model\":7}")]
    public async Task Q8_a_body_that_is_refused_gives_its_room_back(string end)
    {
        var spool = Spool(size: 1 << 20);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var finding = ModelField.Find(pipe.Reader, new ModelScanner(), Limit, () => spool.Open("a"), default);
        await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes($"{{\"messages\":\"{new string('x', 3 * Limit)}"));
        await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(end));
        await pipe.Writer.CompleteAsync();

        Assert.Equal(ErrorCode.ValidationFailed, (await finding.WaitAsync(TimeSpan.FromSeconds(30))).Error?.Code);
        Assert.Equal(0, spool.Taken);
    }

    private static Task<bool> Write(SpooledBody body, int length) =>
        body.TryWrite(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(new string('x', length))), default);

    private BodySpool Spool(long size, long minFree = 0) => new(
        new CallOptions { SpoolDirectory = _directory, SpoolBytes = size, MinFreeBytes = minFree }, NullLogger<BodySpool>.Instance);
}
