using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using CsCheck;

namespace OrleansRegistry.Gateway.Tests.Calls;

public sealed class ModelFieldTests
{
    private const int Limit = 4096;

    [Theory]
    [InlineData("""{"model":"iris"}""", "iris")]
    [InlineData("""  {"messages":[{"model":"no"},{"a":{"model":"no"}}],"model":"iris@^1.2","n":1}""", "iris@^1.2")]
    [InlineData("""{"mod\u0065l":"m\u00fc"}""", "mü")]
    [InlineData("""{"\u006d\u006f\u0064\u0065\u006c":"iris"}""", "iris")]
    [InlineData("""{"models":"no","mode":"no","model ":"no","":"no","model":"iris"}""", "iris")]
    [InlineData("""{"a\\":"\\\"model\":","b":[],"c":{},"d":-1.5e+3,"e":null,"model":"\"\\\/"}""", "\"\\/")]
    [InlineData("\ufeff{\"model\":\"iris\"}\r\n\t ", "iris")]
    [InlineData("{\"model\":\"iris\",\"rest\":{\"model\":\"no", "iris")]
    public async Task The_model_field_of_the_object_counts(string body, string model) => Assert.Equal(model, (await Find(body)).Value!.Model);

    [Theory]
    [InlineData("", "body")]
    [InlineData("[]", "body")]
    [InlineData("\"model\"", "body")]
    [InlineData("nonsense", "body")]
    [InlineData("{", "body")]
    [InlineData("{\"\\ud800\":1}", "body")]
    [InlineData("""{"model":"ir""", "body")]
    [InlineData("""{"a":1,}""", "body")]
    [InlineData("""{"a" 1}""", "body")]
    [InlineData("""{"a":[1}""", "body")]
    [InlineData("""{"a":1]""", "body")]
    [InlineData("""{'model':'iris'}""", "body")]
    [InlineData("""{model:"iris"}""", "body")]
    [InlineData("""{/* "model":"no", */"model":"iris"}""", "body")]
    [InlineData("\ufeff\ufeff{\"model\":\"iris\"}", "body")]
    [InlineData("{}", "model")]
    [InlineData("""{"messages":[{"model":"no"}]}""", "model")]
    [InlineData("""{"model":7}""", "model")]
    [InlineData("""{"model":null}""", "model")]
    [InlineData("""{"model":""}""", "model")]
    [InlineData("""{"model":{"model":"no"}}""", "model")]
    [InlineData("""{"model":"\ud800"}""", "model")]
    [InlineData("""{"model":"\x"}""", "model")]
    [InlineData("""{"model":"first","model":"second"}""", "model")]
    [InlineData("""{"model":"first","mod\u0065l":"second"}""", "model")]
    [InlineData("""{"model":"first","Model":"second"}""", "model")]
    [InlineData("""{"MODEL":7,"model":"second"}""", "model")]
    [InlineData("""{"model":"first","\u004dodel":null}""", "model")]
    [InlineData("""{"Model":"first"}""", "model")]
    [InlineData("""{"model":"iris","a":"b" "model":"second"}""", "body")]
    [InlineData("""{"model":"iris"}{"model":"second"}""", "body")]
    [InlineData("""{"model":"iris","rest":not json}""", "body")]
    [InlineData("""{"nan":NaN,"model":"iris"}""", "body")]
    [InlineData("""{"model":"iris","x":01}""", "body")]
    [InlineData("""{"model":"iris","x":truth}""", "body")]
    [InlineData("""{"model":"iris","x":tru}""", "body")]
    [InlineData("""{"model":"iris","x":-}""", "body")]
    [InlineData("""{"model":"iris","x":1.}""", "body")]
    [InlineData("""{"model":"iris","x":"\q"}""", "body")]
    [InlineData("""{"model":"iris","x":"\u12g4"}""", "body")]
    [InlineData("{\"model\":\"iris\",\"x\":\"a\nb\"}", "body")]
    public async Task A_body_that_does_not_name_one_model_is_refused_by_field(string body, string field)
    {
        var error = (await Find(body)).Error!;

        Assert.Equal(ErrorCode.ValidationFailed, error.Code);
        Assert.Equal(field, Assert.Single(error.Fields).Field);
    }

    [Theory]
    [InlineData("""{"model":"first","Model":"second"}""")]
    [InlineData("""{"Model":"first","model":"second"}""")]
    [InlineData("""{"Model":"first","Model":"first","model":"second"}""")]
    public async Task A_second_name_that_differs_in_case_only_is_named(string body) =>
        Assert.Equal("must not appear beside Model", Assert.Single((await Find(body)).Error!.Fields).Message);

    [Theory]
    [InlineData("{\"model\":\"\u00ff\"}", "model")]
    [InlineData("{\"\u00ff\":1}", "body")]
    public async Task Bytes_that_are_no_text_are_refused_by_field(string bytes, string field) =>
        Assert.Equal(field, Assert.Single((await Find(Encoding.Latin1.GetBytes(bytes))).Error!.Fields).Field);

    [Theory]
    [InlineData(ModelScanner.MaxDepth, true)]
    [InlineData(ModelScanner.MaxDepth + 1, false)]
    public async Task A_body_is_read_to_a_depth(int depth, bool isRead)
    {
        var found = await Find($$"""{"a":{{new string('[', depth - 1)}}{{new string(']', depth - 1)}},"model":"iris"}""");

        Assert.Equal(isRead, found.Error is null);
    }

    [Theory]
    [InlineData(Limit, true)]
    [InlineData(Limit + 1, false)]
    public async Task A_model_field_behind_the_limit_is_refused_where_there_is_no_room(int before, bool isFound)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var finding = Find(pipe.Reader);
        await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes("{\"prompt\":\"".PadRight(before, 'x')));
        if (isFound)
        {
            await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes("\",\"model\":\"iris\"}"));
        }

        Assert.Equal(isFound ? null : ErrorCode.PayloadTooLarge, (await finding.WaitAsync(TimeSpan.FromSeconds(30))).Error?.Code);
    }

    [Fact]
    public async Task An_endless_body_is_refused_at_the_limit()
    {
        var pipe = new Pipe();
        var finding = Find(pipe.Reader);
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
            var finding = Find(pipe.Reader);
            foreach (var chunk in bytes.Chunk(part))
            {
                await pipe.Writer.WriteAsync(chunk);
            }

            await pipe.Writer.CompleteAsync();

            Assert.Equal("my \"iris\" ü", (await finding).Value!.Model);
            using var reader = new StreamReader(pipe.Reader.AsStream());
            Assert.Equal(body, await reader.ReadToEndAsync());
        });

    [Fact]
    public void A_body_says_the_same_in_whatever_parts_it_is_scanned() => Gen
        .Select(Gen.String[Gen.Char["{}[]:,\" \\model1u0065n"], 0, 40], Gen.Int[1, 5])
        .Sample((text, part) =>
        {
            var bytes = Encoding.UTF8.GetBytes("{\"model\":\"iris\"," + text);
            (var whole, var parts) = (new ModelScanner(), new ModelScanner());

            var expected = whole.Scan(bytes);
            var found = bytes.Chunk(part).Select(chunk => parts.Scan(chunk)).FirstOrDefault(refusal => refusal is not null);

            Assert.Equal((expected?.Fields[0], whole.Model), (found?.Fields[0], parts.Model));
        });

    [Fact]
    public void A_body_is_refused_where_a_json_reader_refuses_it() => Gen
        .Select(Gen.String[Gen.Char["{}[]:,\" \\/utrfalsen0123-+.eE\n"], 0, 12], Gen.Int[1, 5])
        .Sample((value, part) => AssertAsRead(Encoding.UTF8.GetBytes($"{{\"model\":\"iris\",\"x\":{value}}}"), part), iter: 50_000);

    [Fact]
    public void A_body_is_refused_where_its_text_is_no_utf8() => Gen
        .Select(Gen.OneOfConst<byte>(0x61, 0x80, 0x9f, 0xa0, 0xbf, 0xc2, 0xc1, 0xe0, 0xe2, 0x82, 0xac, 0xed, 0xef, 0xf0, 0x90, 0xf4, 0x8f, 0xff).Array[0, 8], Gen.Int[1, 5])
        .Sample((bytes, part) => AssertAsRead([.. "{\"model\":\"iris\",\"x\":\""u8, .. bytes, .. "\"}"u8], part), iter: 50_000);

    [Theory]
    [InlineData("""{"model":"iris"}""", "\"iris\"")]
    [InlineData("""{"a":{"model":"no"}, "mod\u0065l" : "i\u0072is" ,"b":1}""", "\"i\\u0072is\"")]
    public void The_place_of_the_value_is_known_in_whatever_parts_it_came(string body, string value)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        for (var part = 1; part <= bytes.Length; part++)
        {
            var scanner = new ModelScanner();
            foreach (var chunk in bytes.Chunk(part))
            {
                Assert.Null(scanner.Scan(chunk));
            }

            Assert.Equal(value, Encoding.UTF8.GetString(bytes[(int)scanner.Start..(int)scanner.End]));
            Assert.Equal("\"org/\\\"x\\\\\"", Encoding.UTF8.GetString(scanner.Write("org/\"x\\")));
        }
    }

    private static void AssertAsRead(byte[] body, int part)
    {
        var scanner = new ModelScanner();
        var refusal = body.Chunk(part).Select(chunk => scanner.Scan(chunk)).FirstOrDefault(found => found is not null) ?? scanner.AtEnd();

        Assert.Equal(IsJson(body), refusal is null);
    }

    private static bool IsJson(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body));
            return true;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return false;
        }
    }

    private static Task<Outcome<SeenBody>> Find(string body) => Find(Encoding.UTF8.GetBytes(body));

    private static Task<Outcome<SeenBody>> Find(byte[] body) => Find(PipeReader.Create(new MemoryStream(body)));

    /// <summary>Where there is no room to store a body.</summary>
    private static Task<Outcome<SeenBody>> Find(PipeReader body) => ModelField.Find(body, new ModelScanner(), Limit, () => null, default);
}
