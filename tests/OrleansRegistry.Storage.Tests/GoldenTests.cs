using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansRegistry.Access;
using OrleansRegistry.Artifacts;
using OrleansRegistry.Billing;
using OrleansRegistry.Models;
using OrleansRegistry.State;
using OrleansRegistry.Traffic;
using OrleansRegistry.Versions;
using OrleansRegistry.Webhooks;

namespace OrleansRegistry.Storage.Tests;

/// <summary>The stored JSON of every state. A difference is a question of compatibility: can this build read what the last one wrote?</summary>
public sealed class GoldenTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    [Fact]
    public void A_model_is_stored_as_its_golden_file_says() => Compare(Rows.Model(), "model.json");

    [Fact]
    public void A_version_is_stored_as_its_golden_file_says() => Compare(Rows.Version(), "version.json");

    [Fact]
    public void An_inactive_version_is_stored_as_its_golden_file_says() => Compare(Rows.InactiveVersion(), "version.inactive.json");

    [Fact]
    public void A_name_is_stored_as_its_golden_file_says() => Compare(new ModelNameState { ModelId = Rows.ModelId }, "name.json");

    [Fact]
    public void Traffic_is_stored_as_its_golden_file_says() => Compare(
        new TrafficState
        {
            Calls = 12,
            Errors = 3,
            LastCallAt = Rows.Noon,
            Series =
            [
                new TrafficSeries { Id = new Guid("018f0000-0000-7000-8000-000000000002"), Calls = 10, Errors = 2, Latencies = [7, 0, 1], ReportedAt = Rows.Noon },
            ],
            History = new TrafficHistory
            {
                Minutes = [new TrafficSlot { At = Rows.Noon.AddMilliseconds(-Rows.Noon.Millisecond), Calls = 10, Errors = 2, Latencies = [7, 0, 1] }],
            },
        },
        "traffic.json");

    [Fact]
    public void Rates_are_stored_as_their_golden_file_says() => Compare(Rows.Rates(), "rates.json");

    [Fact]
    public void A_statement_is_stored_as_its_golden_file_says() => Compare(Rows.Statement(), "billing.json");

    [Fact]
    public void A_webhook_is_stored_as_its_golden_file_says() => Compare(Rows.Webhook(), "webhook.json");

    [Fact]
    public void An_API_key_is_stored_as_its_golden_file_says() => Compare(Rows.Key(), "key.json");

    [Fact]
    public void A_workspace_is_stored_as_its_golden_file_says() => Compare(Rows.Workspace(), "workspace.json");

    [Fact]
    public void A_session_is_stored_as_its_golden_file_says() => Compare(Rows.Session(), "session.json");

    [Fact]
    public void An_artifact_is_stored_as_its_golden_file_says() => Compare(Rows.Artifact(), "artifact.json");

    [Fact]
    public void What_a_command_writes_is_as_its_golden_file_says() => Compare(
        Rows.Model() with
        {
            NotAfter = Rows.Noon,
            VersionWrites = [new VersionWrite { Key = "version/default/k7m2qx9p4d-1", Expect = 3, State = Rows.Version() }],
            Events = [Rows.Event(EventType.VersionPublished, "k7m2qx9p4d-1")],
        },
        "commit.json");

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"workspace\":\"default\"")]
    public void A_state_that_cannot_be_read_is_never_a_new_one(string payload)
    {
        Assert.Throws<StateCorruptException>(() => new StateSerializer().Deserialize<ModelState>(new BinaryData(payload)));
        Assert.Throws<StateCorruptException>(() => new StateSerializer().Deserialize<ModelVersionState>(new BinaryData(payload)));
        Assert.Throws<StateCorruptException>(() => new StateSerializer().Deserialize<ModelNameState>(new BinaryData(payload)));
        Assert.Throws<StateCorruptException>(() => new StateSerializer().Deserialize<RatesState>(new BinaryData(payload)));
        Assert.Throws<StateCorruptException>(() => new StateSerializer().Deserialize<StatementState>(new BinaryData(payload)));
        Assert.Throws<StateCorruptException>(() => new StateSerializer().Deserialize<WebhookRow>(new BinaryData(payload)));
        Assert.Throws<StateCorruptException>(() => new StateSerializer().Deserialize<ApiKeyState>(new BinaryData(payload)));
        Assert.Throws<StateCorruptException>(() => new StateSerializer().Deserialize<WorkspaceState>(new BinaryData(payload)));
        Assert.Throws<StateCorruptException>(() => new StateSerializer().Deserialize<ArtifactState>(new BinaryData(payload)));
    }

    private static void Compare<T>(T state, string file)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Golden", file);
        var stored = JsonNode.Parse(Rows.Json(state))!.ToJsonString(Indented) + "\n";
        Assert.True(File.Exists(path), $"Golden/{file} is missing. It would be:\n{stored}");
        Assert.Equal(File.ReadAllText(path), stored);
        Assert.Equal(stored, JsonNode.Parse(Rows.Json(new StateSerializer().Deserialize<T>(new BinaryData(stored))))!.ToJsonString(Indented) + "\n");
    }
}
