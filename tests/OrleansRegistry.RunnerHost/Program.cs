using System.Collections.Frozen;
using System.Text;
using OrleansRegistry;
using OrleansRegistry.Processes;
using OrleansRegistry.Runtime;

// RunnerHost ISOLATION DIRECTORY PACKAGE: serves a Python package, says "ready", and then answers each line, a body of
// /predict, by a line with the answer's. At the end of the input it stops the process.
var place = new RunnerPlace
{
    DataDirectory = args[1],
    RunDirectory = Path.Combine(args[1], "run"),
    HasDefaultPython = true,
    IsOnLoopback = true,
};
var options = new RuntimeOptions { Isolation = Enum.Parse<Isolation>(args[0]), Python = FrozenDictionary<string, string>.Empty };
await using var runner = await ProcessRunner.Create(options, place, TimeProvider.System);
if (runner.Off is { } off)
{
    Console.WriteLine(off);
    return 1;
}

var log = runner.CreateLog();
var process = runner.Start(new ProcessSpec { Package = args[2], Format = ArtifactFormat.Python, Environment = "default" }, log);
if (!await process.Ready)
{
    Console.WriteLine(string.Join('\n', log.Tail(50).Select(line => line.Text)));
    return 1;
}

Console.WriteLine("ready");
using SocketsHttpHandler handler = new() { ConnectCallback = (_, cancellationToken) => process.Connect(cancellationToken) };
using HttpClient client = new(handler);
while (await Console.In.ReadLineAsync() is { } line)
{
    using StringContent body = new(line, Encoding.UTF8, "application/json");
    using var answer = await client.PostAsync("http://process/predict", body);
    Console.WriteLine(await answer.Content.ReadAsStringAsync());
}

Console.WriteLine((await process.Stop()).Message);
return 0;
