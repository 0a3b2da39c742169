namespace OrleansRegistry.Gateway.Tests.Calls;

public sealed class BackendAddressTests
{
    [Theory]
    [InlineData("http://h", "", "", "http://h/")]
    [InlineData("http://h:81/", "", "?a=1", "http://h:81/?a=1")]
    [InlineData("http://h/predict", "", "", "http://h/predict")]
    [InlineData("http://h/predict/", "", "", "http://h/predict/")]
    [InlineData("http://h/predict", "/a/b", "", "http://h/predict/a/b")]
    [InlineData("http://h/predict/", "/a", "", "http://h/predict/a")]
    [InlineData("http://h/predict", "/", "", "http://h/predict/")]
    [InlineData("http://h/p?key=1", "", "", "http://h/p?key=1")]
    [InlineData("http://h/p?key=1", "/r", "?a=%20b&c", "http://h/p/r?key=1&a=%20b&c")]
    [InlineData("http://h/p?", "", "?a=1", "http://h/p?a=1")]
    [InlineData("http://h/p?key=1", "", "?", "http://h/p?key=1")]
    [InlineData("http://h", "/a%2Fb%252F//c%41", "?x=%41+b", "http://h/a%2Fb%252F//c%41?x=%41+b")]
    [InlineData("https://h/ü", "/x", "", "https://h/%C3%BC/x")]
    public void Path_and_query_behind_predict_are_appended_byte_for_byte(string servingUrl, string rest, string query, string expected) =>
        Assert.Equal(expected, BackendAddress.Of(servingUrl, rest, query).AbsoluteUri);

    [Theory]
    [InlineData("http://h", "http://h/v2/models/my%20iris/infer?a=1")]
    [InlineData("http://h/predict", "http://h/v2/models/my%20iris/infer?a=1")]
    [InlineData("http://h/team/iris/", "http://h/team/iris/v2/models/my%20iris/infer?a=1")]
    [InlineData("http://h/team/iris?key=1", "http://h/team/v2/models/my%20iris/infer?a=1")]
    [InlineData("http://h/v2/models/resnet", "http://h/v2/models/resnet/infer?a=1")]
    [InlineData("http://h/v2/models/resnet/infer", "http://h/v2/models/resnet/infer?a=1")]
    [InlineData("http://h/t/v2/models/resnet/versions/3/infer", "http://h/t/v2/models/resnet/versions/3/infer?a=1")]
    [InlineData("http://h/v2/models/", "http://h/v2/models/v2/models/my%20iris/infer?a=1")]
    public void A_model_of_the_inference_protocol_is_beside_the_serving_url_or_the_one_it_names(string servingUrl, string expected) =>
        Assert.Equal(expected, BackendAddress.OfModel(servingUrl, "my iris", "/infer", "?a=1").AbsoluteUri);

    [Theory]
    [InlineData("a/b", "a%2Fb")]
    [InlineData("über%", "%C3%BCber%25")]
    [InlineData("x?y#z", "x%3Fy%23z")]
    [InlineData("a:b", "a%3Ab")]
    public void A_name_is_one_segment_of_the_path(string name, string segment) =>
        Assert.Equal($"http://h/v2/models/{segment}", BackendAddress.OfModel("http://h/predict", name, "", "").AbsoluteUri);
}
