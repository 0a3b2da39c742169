using System.Text;
using OrleansRegistry.Cli.Output;
using OrleansRegistry.Cli.Tests;
using OrleansRegistry.RestClient;
using OrleansRegistry.Testing;

[assembly: AssemblyFixture(typeof(Node))]
[assembly: AssemblyFixture(typeof(ServingNode))]

namespace OrleansRegistry.Cli.Tests;

/// <summary>The node that most tests of the project use, as a process of its own on SQLite.</summary>
public class Node : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("registry-ork-");
    private RegistryProcess? _process;
    private int _names;

    public Uri Url => _process!.Address;

    public RegistryRestClient Registry { get; private set; } = null!;

    /// <summary>What the node is told beside what all of them are.</summary>
    protected virtual IReadOnlyList<string> Arguments => [];

    public static string Key => NodeSettings.OperatorKey;

    /// <summary>A name that no other test uses, and that is no part of another one's.</summary>
    public string NewName() => $"model-{Interlocked.Increment(ref _names):0000}";

    /// <summary>A new file in a directory that goes with the node.</summary>
    public string NewFile() => Path.Combine(_directory.FullName, $"file-{Interlocked.Increment(ref _names)}");

    /// <summary>Runs a command on the node.</summary>
    internal Task<Run> Ork(params string[] arguments) => Ork(new Around(), arguments);

    /// <summary>Runs a command on the node with something special around it.</summary>
    internal async Task<Run> Ork(Around around, params string[] arguments)
    {
        var variables = new Dictionary<string, string>
        {
            ["ORK_URL"] = Url.AbsoluteUri,
            ["ORK_API_KEY"] = Key,
            ["ORK_CONFIG"] = Path.Combine(_directory.FullName, "nowhere", "config.json"),
            ["TERM"] = "xterm",
        };
        foreach (var (name, value) in around.Variables)
        {
            variables[name] = value;
        }

        using var output = new Watched(around.OnOutput);
        await using var error = new WatchedText(around.OnError) { NewLine = "\n" };
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(around.Input));
        var code = await Cli.Ork.Run(
            arguments,
            new Terminal
            {
                Output = output,
                Error = error,
                Input = input,
                IsOutputTerminal = around.IsTerminal,
                IsErrorTerminal = around.IsTerminal,
                IsInputTerminal = around.IsTerminal,
                Variable = name => variables.GetValueOrDefault(name) is { Length: > 0 } value ? value : null,
                Clock = around.Clock,
                ReadHidden = () => around.Hidden,
            },
            around.Cancelled);
        return new Run(code, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }

    public async ValueTask InitializeAsync()
    {
        (_process, var client) = await RegistryProcess.Start(
            new NodeSettings { DataDirectory = Path.Combine(_directory.FullName, "data"), Arguments = Arguments });
        client.Dispose();
        Registry = new RegistryRestClient(new RegistryRestClientOptions { Url = Url, ApiKey = Key });
    }

    public async ValueTask DisposeAsync()
    {
        Registry?.Dispose();
        if (_process is not null)
        {
            await _process.Kill();
            _process.Dispose();
        }

        _directory.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Tells of what is written.</summary>
    private sealed class WatchedText(Action<string>? told) : StringWriter
    {
        public override void Write(string? value)
        {
            base.Write(value);
            told?.Invoke(value ?? "");
        }

        public override void WriteLine(string? value) => Write(value + "\n");
    }

    /// <summary>Tells of what is written.</summary>
    private sealed class Watched(Action<string>? told) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            base.Write(buffer);
            told?.Invoke(Encoding.UTF8.GetString(buffer));
        }
    }
}

/// <summary>A node that runs models, for the tests of these.</summary>
public sealed class ServingNode : Node
{
    protected override IReadOnlyList<string> Arguments => ["--Registry:Runtime:Enabled=true"];
}

/// <summary>What is around a command beside the node.</summary>
internal sealed record Around
{
    public bool IsTerminal { get; init; }

    public string Input { get; init; } = "";

    public string? Hidden { get; init; }

    public Dictionary<string, string> Variables { get; init; } = [];

    public Action<string>? OnOutput { get; init; }

    public Action<string>? OnError { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public CancellationToken Cancelled { get; init; }
}

/// <summary>What became of a command.</summary>
internal sealed record Run(int Code, string Out, string Error)
{
    /// <summary>Its data, once it is clear that it has succeeded.</summary>
    public string Data
    {
        get
        {
            Assert.True(Code == 0, $"exit code {Code}: {Error}");
            return Out;
        }
    }
}
