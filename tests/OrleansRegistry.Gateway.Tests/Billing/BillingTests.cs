using System.Globalization;
using System.Text.Json.Nodes;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Billing;

/// <summary>Usage, rates and statements over HTTP, on a node of its own: rates are the workspace's.</summary>
public abstract class BillingTests(RegistryServer server)
{
    private const string Rates = "/v1/billing/rates";

    private readonly RegistryDriver _registry = server.Driver;

    [Fact]
    public async Task B1_usage_of_a_version_is_in_seconds_by_stage()
    {
        var version = await _registry.Deploy(RegistryDriver.NewName(), "\"instance_type\":\"cpu-1x2\"");
        await _registry.Do("publish", version["id"]!);
        await _registry.Do("deactivate", version["id"]!);

        var usage = (await _registry.Get($"/v1/model_versions/{version["id"]}/usage")).Is(200);

        var events = await _registry.All($"/v1/model_versions/{version["id"]}/events?type=usage.recorded");
        Assert.Equal(version["id"], usage["version_id"]);
        Assert.Equal("cpu-1x2", usage["instance_type"]);
        Assert.Null(usage["running_since"]);
        foreach (var stage in (string[])["draft", "published"])
        {
            Assert.Equal(events.Where(happened => (string)happened["data"]!["stage"]! == stage).Sum(Seconds), decimal.Parse(usage[stage + "_seconds"]!, CultureInfo.InvariantCulture));
        }

        Assert.Equal(events.Sum(Seconds), decimal.Parse(usage["total_seconds"]!, CultureInfo.InvariantCulture));
        (await _registry.Get("/v1/model_versions/0000000000-1/usage")).IsProblem(404, ErrorCode.VersionNotFound);
        (await _registry.Get("/v1/model_versions/x/usage")).IsProblem(404, ErrorCode.VersionNotFound);
    }

    [Fact]
    public async Task B2_usage_of_the_workspace_groups_the_same_time_in_every_way()
    {
        var name = RegistryDriver.NewName();
        var version = await _registry.Deploy(name, "\"instance_type\":\"grouped\"");
        await _registry.Do("deactivate", version["id"]!);
        await _registry.Delete("/v1/models/" + version["model_id"]);
        var total = (await _registry.Get($"/v1/model_versions/{version["id"]}/usage"))["total_seconds"];
        // From the day of the version on: the month may end while the test runs.
        var window = $"from={version["created_at"]![..10]}&to=2200-01-01";

        var models = await Usage(window);
        var versions = await Usage($"{window}&group_by=version");
        var types = await Usage($"{window}&group_by=instance_type");
        var days = await Usage($"from={version["created_at"]![..10]}&group_by=day");

        Assert.Equal(total, Item(models, "model_id", version["model_id"]!)?["active_seconds"]?.ToString() ?? "0");
        Assert.Equal(name, Item(models, "model_id", version["model_id"]!)?["model_name"]?.ToString() ?? name);
        Assert.Equal(total, Item(versions, "version_id", version["id"]!)?["active_seconds"]?.ToString() ?? "0");
        Assert.Equal(total, Item(types, "instance_type", "grouped")?["active_seconds"]?.ToString() ?? "0");
        Assert.Matches(@"^\d{4}-\d\d-\d\d$", days.FirstOrDefault()?["day"]?.ToString() ?? "2026-01-01");
    }

    [Fact]
    public async Task B2_pages_of_usage_are_of_one_instant_and_add_up()
    {
        // Versions that run on while the pages are read, of a model and of others.
        var name = RegistryDriver.NewName();
        var window = $"from={(await _registry.Deploy(name))["created_at"]![..10]}&to=2200-01-01";
        for (var i = 0; i < 3; i++)
        {
            await _registry.Deploy(name);
        }

        var first = (await _registry.Get($"/v1/billing/usage?{window}&group_by=version&page_size=3")).Is(200);
        await _registry.Deploy($"!{name}");
        var items = await Usage($"{window}&group_by=version", first);

        Assert.Distinct(items.Select(item => (string)item["version_id"]!));
        // The last one may have been made in the millisecond of the first page.
        Assert.InRange(items.Count(item => (string?)item["model_name"] == name), 3, 4);
        Assert.DoesNotContain(items, item => (string?)item["model_name"] == $"!{name}");
        (await _registry.Get($"/v1/billing/usage?{window}&group_by=model&page_token={first["next_page_token"]}")).IsInvalid("page_token");
        (await _registry.Get($"/v1/billing/usage?group_by=version&page_token={first["next_page_token"]}")).IsInvalid("page_token");
    }

    [Theory]
    [InlineData("from=yesterday", "from")]
    [InlineData("from=2026-03-01T00:00:00", "from")]
    [InlineData("from=2026-03-01T00:00:00.0001Z", "from")]
    [InlineData("from=1969-12-31", "from")]
    [InlineData("to=2026-02-30", "to")]
    [InlineData("from=2026-03-02&to=2026-03-01", "to")]
    [InlineData("from=2020-01-01&to=2026-03-01&group_by=day", "to")]
    [InlineData("group_by=stage", "group_by")]
    [InlineData("from=x&to=x", "from", "to")]
    public async Task E3_a_window_that_is_none_is_refused_by_name(string query, params string[] fields) =>
        (await _registry.Get("/v1/billing/usage?" + query)).IsInvalid(fields);

    [Theory]
    [InlineData("from=2026-03-01&to=2026-03-01")]
    [InlineData("from=2026-03-01T01:00:00%2B01:00&to=2026-03-01T00:00:00.000Z")]
    public async Task A_window_without_length_holds_nothing(string query)
    {
        var usage = (await _registry.Get("/v1/billing/usage?" + query)).Is(200);
        Assert.Equal(("2026-03-01T00:00:00.000Z", "0", "0.000000000"), (usage["from"], usage["total_seconds"], usage["total_amount"]));
    }

    [Fact]
    public async Task Rates_are_put_as_a_whole_under_an_entity_tag()
    {
        var before = (await _registry.Get(Rates)).Is(200);
        var put = (await Put(
            """{"stage":"published","price_per_minute":"0.0125","effective_from":"2026-01-01"},{"instance_type":"a.b","stage":"draft","price_per_minute":"10","effective_from":"2026-01-01T02:00:00.001+02:00"}""",
            ("If-Match", before.ETag))).Is(200);

        Assert.NotEqual(before.ETag, put.ETag);
        Assert.Equal("USD", put["currency"]);
        Assert.Equal(RegistryServer.Operator, put["updated_by"]);
        Assert.Equal(
            """[{"instance_type":null,"stage":"published","price_per_minute":"0.0125","effective_from":"2026-01-01T00:00:00.000Z"},{"instance_type":"a.b","stage":"draft","price_per_minute":"10","effective_from":"2026-01-01T00:00:00.001Z"}]""",
            put.Body!["rates"]!.ToJsonString());
        Assert.Equal(put.Text, (await _registry.Get(Rates)).Text);
        Assert.Equal(304, (await _registry.Get(Rates, ("If-None-Match", put.ETag))).Status);

        (await Put("", ("If-Match", before.ETag))).IsProblem(412, ErrorCode.RevisionMismatch);
        var dry = await _registry.Send(HttpMethod.Put, Rates + "?dry_run=true", Json("""{"rates":[]}"""));
        Assert.Equal(("true", "[]"), (dry.Header("Dry-Run"), dry.Body!["rates"]!.ToJsonString()));
        Assert.Equal(put.Text, (await _registry.Get(Rates)).Text);
        Assert.Equal(put.ETag, (await Put(put.Body["rates"]!.ToJsonString()[1..^1])).ETag);
    }

    [Theory]
    [InlineData("""{"stage":"draft","price_per_minute":0.5,"effective_from":"2026-01-01"}""", "rates[0].price_per_minute")]
    [InlineData("""{"stage":"draft","price_per_minute":"-1","effective_from":"2026-01-01"}""", "rates[0].price_per_minute")]
    [InlineData("""{"stage":"draft","price_per_minute":"1e3","effective_from":"2026-01-01"}""", "rates[0].price_per_minute")]
    [InlineData("""{"stage":"draft","price_per_minute":"01","effective_from":"2026-01-01"}""", "rates[0].price_per_minute")]
    [InlineData("""{"stage":"draft","price_per_minute":"0.0000000001","effective_from":"2026-01-01"}""", "rates[0].price_per_minute")]
    [InlineData("""{"stage":"draft","price_per_minute":"1000000000","effective_from":"2026-01-01"}""", "rates[0].price_per_minute")]
    [InlineData("""{"stage":"draft","price_per_minute":null,"effective_from":null}""", "rates[0].effective_from", "rates[0].price_per_minute")]
    [InlineData("""{"stage":"Draft","price_per_minute":"1","effective_from":"2026-01-01"}""", "rates[0].stage")]
    [InlineData("""{"stage":"draft","price_per_minute":"1","effective_from":"soon"}""", "rates[0].effective_from")]
    [InlineData("""{"instance_type":"","stage":"draft","price_per_minute":"1","effective_from":"2026-01-01"}""", "rates[0].instance_type")]
    [InlineData("""{"instance_type":"a b","stage":"draft","price_per_minute":"1","effective_from":"soon"}""", "rates[0].effective_from", "rates[0].instance_type")]
    [InlineData("""{"price":1}""", "rates[0].effective_from", "rates[0].price", "rates[0].price_per_minute", "rates[0].stage")]
    [InlineData("""{"stage":"draft","price_per_minute":"1","effective_from":"2026-01-01"},{"stage":"draft","price_per_minute":"2","effective_from":"2026-01-01T00:00:00Z"}""", "rates[1].effective_from")]
    [InlineData("1,null", "rates[0]", "rates[1]")]
    public async Task E3_rates_that_are_none_are_refused_by_name(string rates, params string[] fields)
    {
        var before = (await _registry.Get(Rates)).Text;
        (await Put(rates)).IsInvalid(fields);
        Assert.Equal(before, (await _registry.Get(Rates)).Text);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"rates":null}""")]
    [InlineData("""{"rates":{}}""")]
    [InlineData("""{"rates":"none"}""")]
    public async Task E3_rates_must_be_a_list(string body) => (await _registry.Send(HttpMethod.Put, Rates, Json(body))).IsInvalid("rates");

    [Fact]
    public async Task B5_the_present_month_is_open_and_can_not_be_closed()
    {
        var version = await _registry.Deploy(RegistryDriver.NewName());
        var month = version["created_at"]![..7];

        var statement = (await _registry.Get($"/v1/billing/statements/{month}")).Is(200);
        Assert.Equal(("false", null, month), (statement["closed"], statement["closed_at"], statement["month"]));
        var listed = await _registry.All("/v1/billing/statements", pageSize: 1);
        Assert.Contains(listed, item => (string)item["month"]! == month && !(bool)item["closed"]!);
        (await _registry.Post($"/v1/billing/statements/{month}/close")).IsProblem(409, ErrorCode.MonthOpen);
        (await _registry.Post("/v1/billing/statements/2199-12/close")).IsProblem(409, ErrorCode.MonthOpen);
    }

    [Fact]
    public async Task B5_a_month_before_the_first_version_is_empty_and_closes_once()
    {
        var closed = (await _registry.Post("/v1/billing/statements/2001-05/close")).Is(200);

        Assert.Equal(("true", "2001-06-01T00:00:00.000Z", "0.00", RegistryServer.Operator), (closed["closed"], closed["as_of"], closed["total_amount"], closed["closed_by"]));
        Assert.Equal(closed.Text, (await _registry.Post("/v1/billing/statements/2001-05/close")).Is(200).Text);
        var read = (await _registry.Get("/v1/billing/statements/2001-05")).Is(200).Body!.AsObject();
        Assert.Empty(read["lines"]!.AsArray());
        Assert.Null(read["next_page_token"]);
        read.Remove("lines");
        read.Remove("next_page_token");
        Assert.True(JsonNode.DeepEquals(closed.Body, read));
        Assert.Equal("true", (await _registry.Post("/v1/billing/statements/2001-06/close?dry_run=true")).Is(200).Header("Dry-Run"));
        Assert.Equal("false", (await _registry.Get("/v1/billing/statements/2001-06")).Is(200)["closed"]);
        Assert.Contains(await _registry.All("/v1/billing/statements"), item => (string)item["month"]! == "2001-05" && (bool)item["closed"]!);
    }

    [Fact]
    public async Task B5_pages_of_a_statement_are_of_one_instant_and_add_up()
    {
        // Versions that run on while the pages are read.
        var name = RegistryDriver.NewName();
        var month = "";
        for (var i = 0; i < 4; i++)
        {
            month = (await _registry.Deploy(name))["created_at"]![..7];
        }

        var path = $"/v1/billing/statements/{month}";
        var first = (await _registry.Get($"{path}?page_size=3")).Is(200);
        await _registry.Deploy($"!{name}");
        var (page, lines) = (first, first.Body!["lines"]!.AsArray().Select(line => line!).ToList());
        while (page["next_page_token"] is { } token)
        {
            page = (await _registry.Get($"{path}?page_size=3&page_token={token}")).Is(200);
            Assert.InRange(page.Body!["lines"]!.AsArray().Count, 1, 3);
            Assert.Equal(
                (first["as_of"], first["total_milliseconds"], first["total_amount"]), (page["as_of"], page["total_milliseconds"], page["total_amount"]));
            lines.AddRange(page.Body!["lines"]!.AsArray().Select(line => line!));
        }

        Assert.Equal(long.Parse(first["total_milliseconds"]!, CultureInfo.InvariantCulture), lines.Sum(line => (long)line["active_milliseconds"]!));
        Assert.Distinct(lines.Select(line => $"{line["version_id"]} {line["stage"]}"));
        // The last one may have been made in the millisecond of the first page.
        Assert.InRange(lines.Count(line => (string?)line["model_name"] == name), 3, 4);
        Assert.DoesNotContain(lines, line => (string?)line["model_name"] == $"!{name}");
        (await _registry.Get($"/v1/billing/statements/2001-01?page_token={first["next_page_token"]}")).IsInvalid("page_token");
        (await _registry.Get($"{path}?page_token=x")).IsInvalid("page_token");
    }

    [Theory]
    [InlineData("2026-13")]
    [InlineData("2026-3")]
    [InlineData("0001-01")]
    [InlineData("9999-12")]
    [InlineData("march")]
    public async Task E3_a_month_that_is_none_is_refused(string month)
    {
        (await _registry.Get("/v1/billing/statements/" + month)).IsInvalid("month");
        (await _registry.Post($"/v1/billing/statements/{month}/close")).IsInvalid("month");
    }

    [Theory]
    [InlineData("text/csv", "text/csv")]
    [InlineData("application/json;q=0.5, text/csv", "text/csv")]
    [InlineData("text/csv;q=0.5, application/json", "application/json")]
    [InlineData("text/csv;q=0", "application/json")]
    [InlineData("*/*", "application/json")]
    [InlineData(";;;", "application/json")]
    public async Task A_statement_comes_as_the_caller_prefers(string accept, string contentType)
    {
        var reply = (await _registry.Get("/v1/billing/statements/2002-01", ("Accept", accept))).Is(200);

        Assert.Equal((contentType, "Accept"), (reply.ContentType, reply.Header("Vary")));
        Assert.Equal(contentType == "text/csv", reply.Text.StartsWith("BilledCost,", StringComparison.Ordinal));
    }

    private Task<Reply> Put(string rates, params (string Name, string Value)[] headers) =>
        _registry.Send(HttpMethod.Put, Rates, Json($$"""{"rates":[{{rates}}]}"""), headers);

    /// <summary>The items of all pages, each of which has the same totals, to which the items add up.</summary>
    private async Task<List<JsonNode>> Usage(string query, Reply? first = null)
    {
        first ??= (await _registry.Get($"/v1/billing/usage?{query}&page_size=200")).Is(200);
        var (page, items) = (first, first.Body!["items"]!.AsArray().Select(item => item!).ToList());
        while (page["next_page_token"] is { } token)
        {
            page = (await _registry.Get($"/v1/billing/usage?{query}&page_size=200&page_token={token}")).Is(200);
            Assert.Equal((first["as_of"], first["total_seconds"], first["total_amount"]), (page["as_of"], page["total_seconds"], page["total_amount"]));
            items.AddRange(page.Body!["items"]!.AsArray().Select(item => item!));
        }

        Assert.Equal(decimal.Parse(first["total_seconds"]!, CultureInfo.InvariantCulture), items.Sum(item => (decimal)item["active_seconds"]!));
        return items;
    }

    private static StringContent Json(string text) => new(text, System.Text.Encoding.UTF8, "application/json");

    private static decimal Seconds(JsonNode happened) => (decimal)(
        DateTimeOffset.Parse((string)happened["data"]!["ended_at"]!, CultureInfo.InvariantCulture)
        - DateTimeOffset.Parse((string)happened["data"]!["started_at"]!, CultureInfo.InvariantCulture)).TotalMilliseconds / 1000m;

    private static JsonNode? Item(IEnumerable<JsonNode> items, string field, string value) => items.SingleOrDefault(item => (string?)item[field] == value);
}

public sealed class SqliteBillingTests(SqliteServer server) : BillingTests(server), IClassFixture<SqliteServer>;

[Trait("Database", "PostgreSQL")]
public sealed class PostgresBillingTests(PostgresServer server) : BillingTests(server), IClassFixture<PostgresServer>;
