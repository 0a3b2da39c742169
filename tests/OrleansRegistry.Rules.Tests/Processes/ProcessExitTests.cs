using OrleansRegistry.Processes;

namespace OrleansRegistry.Rules.Tests.Processes;

public sealed class ProcessExitTests
{
    public static TheoryData<int, int?, int?, string?, string> Ends => new()
    {
        { (int)ExitCause.Ended, 3, null, null, "The process ended with exit code 3." },
        { (int)ExitCause.Ended, null, 11, null, "The process was ended by SIGSEGV." },
        { (int)ExitCause.Ended, null, 40, null, "The process was ended by signal 40." },
        { (int)ExitCause.Stopped, 0, null, null, "The process was stopped." },
        { (int)ExitCause.OutOfMemory, null, 9, "1,024 MiB", "The process was killed: it used more memory than its 1,024 MiB." },
        { (int)ExitCause.Hung, null, 9, "three times in a row", "The process was killed: its health did not answer three times in a row." },
        { (int)ExitCause.NotReady, null, 9, "300 s", "The process was killed: it was not ready within 300 s." },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public void X2_The_message_says_cause_and_exit_code(int cause, int? code, int? signal, string? limit, string message) =>
        Assert.Equal(message, new ProcessExit((ExitCause)cause, code, signal, TimeSpan.Zero, TimeSpan.Zero, limit).Message);
}
