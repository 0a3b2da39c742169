using CsCheck;
using OrleansRegistry.Reference;
using Semver;

namespace OrleansRegistry.Models;

/// <summary>Rules N1 to N4: which number a deployment gets.</summary>
public sealed class VersionNumberingTests
{
    private static readonly Gen<SemVersion> Numbers =
        from major in Gen.Int[0, 3]
        from minor in Gen.Int[0, 3]
        from patch in Gen.Int[0, 3]
        from prerelease in Gen.OneOfConst("", "", "rc.1", "rc.2", "rc.10", "alpha", "2", "rc.x-1")
        select SemVersion.ParsedFrom(major, minor, patch, prerelease);

    [Theory]
    [InlineData(null, VersionBump.Minor, "0.1.0")]
    [InlineData(null, VersionBump.Major, "1.0.0")]
    [InlineData(null, VersionBump.Patch, "0.0.1")]
    [InlineData("1.4.2", VersionBump.Minor, "1.5.0")]
    [InlineData("1.4.2", VersionBump.Major, "2.0.0")]
    [InlineData("1.4.2", VersionBump.Patch, "1.4.3")]
    [InlineData("2.0.0-rc.1", VersionBump.Patch, "2.0.1")]
    [InlineData("2.0.0-rc.1", VersionBump.Minor, "2.1.0")]
    [InlineData("2.0.0-rc.1", VersionBump.Major, "3.0.0")]
    [InlineData("999999998.7.7", VersionBump.Major, "999999999.0.0")]
    [InlineData("999999999.0.0", VersionBump.Major, null)]
    [InlineData("0.999999999.0", VersionBump.Minor, null)]
    [InlineData("0.0.999999999", VersionBump.Patch, null)]
    [InlineData("0.999999999.999999999", VersionBump.Major, "1.0.0")]
    public void N2_next_number(string? last, VersionBump bump, string? expected) =>
        Assert.Equal(expected, VersionNumbering.Next(last is null ? null : VersionNumbering.Parse(last), bump)?.ToString());

    [Fact]
    public void N2_the_next_number_is_a_release_above_the_last_with_lower_parts_zero() =>
        Gen.Select(Numbers, Gen.Enum<VersionBump>()).Sample((last, bump) =>
        {
            var next = VersionNumbering.Next(last, bump)!;
            return VersionNumbering.IsAbove(next, last) && !next.IsPrerelease
                && (bump == VersionBump.Patch || next.Patch.IsZero) && (bump != VersionBump.Major || next.Minor.IsZero);
        });

    [Fact]
    public void N1_every_deployment_makes_a_new_version_of_the_model()
    {
        var model = new TestModel();

        Assert.Equal(["0.1.0", "0.2.0", "0.3.0"], Enumerable.Range(0, 3).Select(_ => model.Number(new Command.Deploy())));
        Assert.Equal((4, 3), (model.State.NextOrdinal, model.State.VersionCount));
        Assert.Single(model.Events, happened => happened.Type == EventType.ModelCreated);
    }

    [Theory]
    [InlineData("deleted")]
    [InlineData("failed")]
    public void N2_counts_from_the_highest_number_ever_given(string condition)
    {
        var model = new TestModel();
        model.Draft("1.0.0");
        var highest = model.Draft("3.1.4", TestModel.SlowServer);
        _ = condition == "deleted" ? model.Delete(highest) : model.Fail(highest);
        model.Draft("2.0.0");

        Assert.Equal("3.2.0", model.Number(new Command.Deploy()));
        Assert.Equal("4.0.0", model.Number(new Command.Deploy { Bump = VersionBump.Major }));
        Assert.Equal("4.0.1", model.Number(new Command.Deploy { Bump = VersionBump.Patch }));
    }

    [Fact]
    public void N2_the_release_after_a_prerelease_is_given_by_version()
    {
        var model = new TestModel();
        model.Draft("2.0.0-rc.1");

        Assert.Equal("2.0.0", model.Number(new Command.Deploy { Version = "2.0.0" }));
    }

    [Theory]
    [InlineData("1", VersionBump.Minor)]
    [InlineData("1.4", VersionBump.Patch)]
    [InlineData("0.0", VersionBump.Patch)]
    public void N3_default_bump_of_a_line(string line, VersionBump expected) =>
        Assert.Equal(expected, VersionNumbering.DefaultBump(ReleaseLine.Parse(line)));

    [Theory]
    [InlineData("1.4", "1.4.3")]
    [InlineData("1", "1.6.0")]
    [InlineData("2", "2.1.0")]
    [InlineData("0.9", "0.9.10")]
    [InlineData("1.3", ErrorCode.ValidationFailed)]
    [InlineData("3", ErrorCode.ValidationFailed)]
    public void N3_base_continues_a_line_that_has_a_number(string line, string expected)
    {
        var model = new TestModel();
        foreach (var number in (string[])["0.9.9", "1.4.0", "1.4.2", "1.5.0", "2.0.0"])
        {
            model.Draft(number);
        }

        model.Delete(3);
        Assert.Equal(expected, model.Number(new Command.Deploy { Base = line }));
    }

    [Fact]
    public void N3_a_new_model_has_no_line()
    {
        var model = new TestModel();

        Assert.Equal(ErrorCode.ValidationFailed, model.Number(new Command.Deploy { Base = "0" }));
    }

    [Theory]
    [InlineData("1.4.3", "1.4.3")]
    [InlineData("1.4.3-rc.1", "1.4.3-rc.1")]
    [InlineData("1.3.0", "1.3.0")]
    [InlineData("0.0.0", "0.0.0")]
    [InlineData("1.4.2", ErrorCode.VersionExists)]
    [InlineData("1.4.1", ErrorCode.ValidationFailed)]
    [InlineData("1.4.2-rc.1", ErrorCode.ValidationFailed)]
    [InlineData("2.0.0-rc.1", ErrorCode.VersionExists)]
    [InlineData("2.0.0-beta", ErrorCode.ValidationFailed)]
    [InlineData("2.0.0", "2.0.0")]
    [InlineData("999999999.999999999.999999999", "999999999.999999999.999999999")]
    public void N4_an_explicit_number_is_above_every_number_of_its_own_line(string number, string expected)
    {
        var model = new TestModel();
        model.Draft("1.4.0");
        model.Draft("1.4.2");
        model.Draft("2.0.0-rc.1");
        model.Delete(2);

        Assert.Equal(expected, model.Number(new Command.Deploy { Version = number }));
    }

    [Fact]
    public void N4_a_number_below_the_highest_is_not_the_latest()
    {
        var model = new TestModel();
        model.Draft("2.0.0");
        model.Draft("1.0.0");

        Assert.Equal("2.0.0", model.State.LatestVersion);
        Assert.Equal((true, false), (model[1].WasHighest, model[2].WasHighest));
    }

    [Fact]
    public void Order_of_numbers_agrees_with_the_reference() =>
        Gen.Select(Numbers, Numbers).Sample((a, b) =>
            VersionNumbering.IsAbove(a, b) == ReferenceNumber.Parse(a.ToString()).IsAbove(ReferenceNumber.Parse(b.ToString())));

    [Fact]
    public void A_line_contains_the_numbers_with_its_parts() =>
        Numbers.Sample(number => ReleaseLine.Of(number).Contains(number)
            && ReleaseLine.Parse($"{number.Major}").Contains(number)
            && !ReleaseLine.Parse($"{number.Major + 1}").Contains(number)
            && !ReleaseLine.Parse($"{number.Major}.{number.Minor + 1}").Contains(number));
}
