using System.IO.Pipelines;
using System.Text;
using CsCheck;

namespace OrleansRegistry.Gateway.Tests.Invocation;

public sealed class ModelFieldTests
{
    private const int Limit = 4096;

    [Theory]
    [InlineData("""{"model":"iris"}""", "iris")]
    [InlineData("""  {"messages":[{"model":"no"},{"a":{"model":"no"}}],"model":"iris@^1.2","n":1}""", "iris@^1.2")]
    [InlineData("""{"mod\u0065l":"m\u00fc"}""", "mü")]
    [InlineData("""{"model":"iris","rest":not json""", "iris")]
    [InlineData("""{"model":"first","model":"second"}""", "first")]
    public async Task The_first_model_field_of_the_object_counts(string body, string model) => Assert.Equal(model, (await Find(body)).Value);

    [Theory]
    [InlineData("", "body")]
    [InlineData("[]", "body")]
    [InlineData("\"model\"", "body")]
    [InlineData("nonsense", "body")]
    [InlineData("{", "body")]
    [InlineData("""{"model":"ir""", "body")]
    [InlineData("{}", "model")]
    [InlineData("""{"messages":[{"model":"no"}]}""", "model")]
    [InlineData("""{"model":7}""", "model")]
    [InlineData("""{"model":null}""", "model")]
    [InlineData("""{"model":""}""", "model")]
    [InlineData("""{"model":{"model":"no"}}""", "model")]
    public async Task A_body_that_names_no_model_is_refused_by_field(string body, string field)
    {
        var error = (await Find(body)).Error!;

        Assert.Equal(ErrorCode.ValidationFailed, error.Code);
        Assert.Equal(field, Assert.Single(error.Fields).Field);
    }

    [Fact]
    public async Task A_model_field_behind_the_limit_is_refused()
    {
        var body = $$"""{"prompt":"{{new string('x', Limit)}}","model":"iris"}""";

        Assert.Equal(ErrorCode.PayloadTooLarge, (await Find(body)).Error!.Code);
    }

    [Fact]
    public async Task An_endless_body_is_refused_at_the_limit()
    {
        var pipe = new Pipe();
        var finding = ModelField.Find(pipe.Reader, Limit, default);
        await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes("{\"prompt\":\"" + new string('x', Limit)));

        Assert.Equal(ErrorCode.PayloadTooLarge, (await finding.WaitAsync(TimeSpan.FromSeconds(30))).Error!.Code);
    }

    [Fact]
    public Task However_the_body_arrives_the_field_is_found_and_all_of_the_body_is_left() => Gen
        .Select(Gen.Int[0, 40], Gen.Int[1, 7], Gen.Int[0, 40])
        .SampleAsync(async (before, part, behind) =>
        {
            var body = $$"""{"before":["{{new string('ü', before)}}",{"model":1}],"model":"my \"iris\" ü","behind":"{{new string('b', behind)}}"}""";
            var bytes = Encoding.UTF8.GetBytes(body);
            var pipe = new Pipe();
            var finding = ModelField.Find(pipe.Reader, Limit, default);
            foreach (var chunk in bytes.Chunk(part))
            {
                await pipe.Writer.WriteAsync(chunk);
            }

            await pipe.Writer.CompleteAsync();

            Assert.Equal("my \"iris\" ü", (await finding).Value);
            using var reader = new StreamReader(pipe.Reader.AsStream());
            Assert.Equal(body, await reader.ReadToEndAsync());
        });

    private static async Task<Outcome<string>> Find(string body) =>
        await ModelField.Find(PipeReader.Create(new MemoryStream(Encoding.UTF8.GetBytes(body))), Limit, default);
}
