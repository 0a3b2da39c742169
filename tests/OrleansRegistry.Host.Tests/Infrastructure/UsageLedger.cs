using System.Globalization;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests.Infrastructure;

/// <summary>
/// The active time of an owner's versions, added up by hand from nothing but the versions as they were answered. Between two looks at a
/// version at most one command changed it, so that its instants say when. None of these versions has a serving spec: they run while active.
/// </summary>
internal sealed class UsageLedger
{
    private static readonly string[] Stages = ["draft", "published"];

    private readonly Dictionary<string, Account> _accounts = [];

    /// <summary>Versions that are not known to be deleted, of other models than this one.</summary>
    public IReadOnlyList<string> Unsure(string? modelId) =>
        [.. _accounts.Where(account => account.Value.State != "deleted" && account.Value.ModelId != modelId).Select(account => account.Key)];

    /// <summary>Notes a version as it was answered.</summary>
    public void Observe(JsonNode version)
    {
        var id = (string)version["id"]!;
        if (!_accounts.TryGetValue(id, out var account))
        {
            _accounts[id] = account = new Account { ModelId = (string)version["model_id"]!, Since = Instant(version, "created_at") };
        }

        var state = (string)version["state"]!;
        if (state == account.State)
        {
            return;
        }

        // Deployed and published at once is one instant: the draft ends where it begins.
        var at = state switch
        {
            "inactive" => Instant(version, "deactivated_at"),
            "deleted" => Instant(version, "deleted_at"),
            _ when account.State == "inactive" => Instant(version, "activated_at"),
            "published" => Instant(version, "published_at"),
            _ => account.Since!.Value,
        };
        if (account.Since is { } since)
        {
            account.Milliseconds[account.Stage] += at - since;
        }

        account.State = state;
        account.Stage = (string)version["stage"]!;
        account.Since = state is "draft" or "published" ? at : null;
    }

    /// <summary>Compares all accounts with what is billed.</summary>
    public async Task Verify(HttpClient client)
    {
        var billed = await client.ReadPages("/v1/billing/usage?from=2020-01-01&group_by=version");
        var asOf = Assert.Single(billed.Select(page => Instant(page, "as_of")).Distinct());
        var seconds = billed.SelectMany(page => page["items"]!.AsArray()).ToDictionary(item => (string)item!["version_id"]!, item => (decimal)item!["active_seconds"]!);
        foreach (var (id, account) in _accounts)
        {
            Assert.Equal((id, account.Total(asOf)), (id, (long)(seconds.GetValueOrDefault(id) * 1000)));
        }
    }

    /// <summary>Compares each account by itself, stage by stage.</summary>
    public async Task VerifyStages(HttpClient client)
    {
        foreach (var (id, account) in _accounts)
        {
            var usage = await client.Read($"/v1/model_versions/{id}/usage");
            Assert.Equal(account.Since, usage["running_since"] is null ? null : Instant(usage, "running_since"));
            var running = account.Since is { } since ? Instant(usage, "as_of") - since : 0;
            foreach (var stage in Stages)
            {
                Assert.Equal(
                    (id, account.Milliseconds[stage] + (stage == account.Stage ? running : 0)), (id, (long)((decimal)usage[stage + "_seconds"]! * 1000)));
            }
        }
    }

    private static long Instant(JsonNode node, string field) =>
        DateTimeOffset.Parse((string)node[field]!, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();

    private sealed class Account
    {
        public required string ModelId { get; init; }

        public Dictionary<string, long> Milliseconds { get; } = Stages.ToDictionary(stage => stage, _ => 0L);

        public string State { get; set; } = "";

        public string Stage { get; set; } = "draft";

        public long? Since { get; set; }

        public long Total(long asOf) => Milliseconds.Values.Sum() + (Since is { } since ? asOf - since : 0);
    }
}
