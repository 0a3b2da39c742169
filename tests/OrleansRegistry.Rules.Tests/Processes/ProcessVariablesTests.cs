namespace OrleansRegistry.Rules.Tests.Processes;

public sealed class ProcessVariablesTests
{
    [Theory]
    [InlineData("A")]
    [InlineData("_x9")]
    [InlineData("OLD_LD_PRELOAD")]
    public void A_name_of_letters_digits_and_underscores_is_taken(string name) =>
        Assert.Null(ProcessVariables.Problem(new Dictionary<string, string> { [name] = "x" }));

    [Theory]
    [InlineData("")]
    [InlineData("9A")]
    [InlineData("A-B")]
    [InlineData("A=B")]
    [InlineData("Ä")]
    [InlineData("REGISTRY_SOCKET_FD")]
    [InlineData("LD_PRELOAD")]
    [InlineData("LD_LIBRARY_PATH")]
    [InlineData("GCONV_PATH")]
    [InlineData("GLIBC_TUNABLES")]
    [InlineData("LOCPATH")]
    [InlineData("NLSPATH")]
    public void X15_Other_names_are_named_with_the_reason(string name) =>
        Assert.Equal(name, ProcessVariables.Problem(new Dictionary<string, string> { [name] = "x" })?.Name);

    [Fact]
    public void A_value_has_no_NUL() =>
        Assert.Equal("A", ProcessVariables.Problem(new Dictionary<string, string> { ["A"] = "x\0y" })?.Name);

    [Theory]
    [InlineData(64, 500, true)]
    [InlineData(65, 1, false)]
    [InlineData(64, 512, false)]
    public void There_are_at_most_64_and_32_KiB(int count, int length, bool taken) =>
        Assert.Equal(taken, ProcessVariables.Problem(
            Enumerable.Range(10, count).ToDictionary(n => $"V{n}", _ => new string('x', length))) is null);
}
