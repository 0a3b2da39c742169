using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansRegistry.Gateway.Tests.Calls;

public sealed class CallTargetTests
{
    [Theory]
    [InlineData("/v1/models/iris/predict", "", "")]
    [InlineData("/v1/models/iris/predict/", "/", "")]
    [InlineData("/v1/models/iris/predict/a%2Fb//c", "/a%2Fb//c", "")]
    [InlineData("/v1/models/a%2Fb/predict/x", "/x", "")]
    [InlineData("/v1/models/iris/predict?", "", "?")]
    [InlineData("/v1/models/iris/predict/x?q=%2F&q=a+b&&=", "/x", "?q=%2F&q=a+b&&=")]
    [InlineData("/v1/models/iris/predict/x#y?a#b", "/x%23y", "?a%23b")]
    [InlineData("http://host:80/v1/models/iris/predict/x?a=1", "/x", "?a=1")]
    [InlineData("/v1/models/iris/predict/v1.2/a...b/.hidden", "/v1.2/a...b/.hidden", "")]
    public void What_follows_the_route_is_kept_as_it_was_sent(string target, string rest, string query)
    {
        var read = Read(target);

        Assert.Equal((rest, query), (read!.Rest, read.Query));
        Assert.Empty(read.Selectors);
    }

    [Theory]
    [InlineData("?version=1.0.0", "", "1.0.0")]
    [InlineData("?version=%5E1.0&a=1", "?a=1", "^1.0")]
    [InlineData("?a=1&version=%3E%3D1+%3C2&b=2", "?a=1&b=2", ">=1 <2")]
    [InlineData("?vers%69on=1", "", "1")]
    [InlineData("?version", "", "")]
    [InlineData("?version=1&version=2", "", "1,2")]
    [InlineData("?Version=1&versions=2", "?Version=1&versions=2", "")]
    public void The_selector_is_taken_out_of_the_query(string query, string left, string selectors)
    {
        var read = Read("/v1/models/iris/predict/x" + query)!;

        Assert.Equal(left, read.Query);
        Assert.Equal(selectors, string.Join(',', read.Selectors));
    }

    [Fact]
    public void The_whole_query_is_kept_where_the_path_names_the_version() =>
        Assert.Equal("?version=1", Read("/v1/model_versions/k7m2qx9p4d-1/predict?version=1", takesSelector: false)!.Query);

    [Theory]
    [InlineData("/v1/models/iris/predict/../x")]
    [InlineData("/v1/models/iris/predict/a/..")]
    [InlineData("/v1/models/iris/predict/./x")]
    [InlineData("/v1/./models/iris/predict/x")]
    [InlineData("/v1/models/iris/predict/%2e%2E/x")]
    [InlineData("/v1/models/iris/predict/%252e%252e/x")]
    [InlineData("/v1/models/iris/predict/..%2fx")]
    [InlineData("/v1/models/iris/predict/..%5cx")]
    [InlineData("/v1/models/iris/predict/..\\x")]
    [InlineData("/v1/models/iris/predict/..;a=b/x")]
    [InlineData("http://host")]
    [InlineData("*")]
    public void A_path_that_climbs_is_refused_however_it_is_written(string target) => Assert.Null(Read(target));

    private static CallTarget? Read(string target, bool takesSelector = true)
    {
        var context = new DefaultHttpContext();
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = target;
        return CallTarget.Of(context.Request, segments: 4, takesSelector);
    }
}
