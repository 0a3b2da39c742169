using System.Text;

namespace OrleansRegistry.Cli.Output;

/// <summary>What a program has around it: streams, environment, clock. Tests have their own.</summary>
internal sealed class Terminal
{
    /// <summary>The bytes of standard output.</summary>
    public required Stream Output { get; init; }

    /// <summary>Standard error.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Standard input.</summary>
    public required Stream Input { get; init; }

    public bool IsOutputTerminal { get; init; }

    public bool IsErrorTerminal { get; init; }

    public bool IsInputTerminal { get; init; }

    /// <summary>A variable of the environment; null when it is empty or not set.</summary>
    public required Func<string, string?> Variable { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Reads a line that is not shown.</summary>
    public Func<string?> ReadHidden { get; init; } = static () => null;

    /// <summary>Whether a person can be asked (rule K3).</summary>
    public bool CanAsk => IsInputTerminal && IsErrorTerminal;

    /// <summary>Whether lines may be coloured and written over (rule K4).</summary>
    public bool IsRich => IsErrorTerminal && Variable("NO_COLOR") is null && Variable("TERM") is not ("dumb" or null);

    public static Terminal OfProcess()
    {
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        return new Terminal
        {
            Output = Console.OpenStandardOutput(),
            Error = Console.Error,
            Input = Console.OpenStandardInput(),
            IsOutputTerminal = !Console.IsOutputRedirected,
            IsErrorTerminal = !Console.IsErrorRedirected,
            IsInputTerminal = !Console.IsInputRedirected,
            Variable = static name => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null,
            ReadHidden = ReadKeys,
        };
    }

    /// <summary>Reads the next line of standard input.</summary>
    public string? ReadLine()
    {
        List<byte> line = [];
        for (int next; (next = Input.ReadByte()) is not (-1 or '\n');)
        {
            line.Add((byte)next);
        }

        return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
    }

    private static string? ReadKeys()
    {
        var line = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    return line.ToString();
                case ConsoleKey.Backspace:
                    line.Length = Math.Max(0, line.Length - 1);
                    break;
                default:
                    line.Append(key.KeyChar is '\0' ? "" : key.KeyChar);
                    break;
            }
        }
    }
}
