namespace OrleansRegistry.Models;

/// <summary>How much there may be.</summary>
public sealed class ModelOptionsTests
{
    [Fact]
    public void L6_a_model_may_have_a_thousand_active_versions_unless_told_otherwise() =>
        Assert.Equal(1000, new ModelOptions().ActiveVersionsPerModel);
}
