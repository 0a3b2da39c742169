using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace OrleansRegistry.Gateway.Tests.Infrastructure;

/// <summary>A file that a test uploads.</summary>
[SuppressMessage("Performance", "CA1819", Justification = "Nobody changes them.")]
public sealed class TestFile(byte[] bytes)
{
    /// <summary>Its bytes.</summary>
    public byte[] Bytes => bytes;

    /// <summary>Their SHA-256.</summary>
    public string Sha256 { get; } = Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>A file that no other test has.</summary>
    public static TestFile New(int length = 100) => new(RandomNumberGenerator.GetBytes(length));

    /// <summary>Asks which files are missing.</summary>
    public static Task<Reply> FindMissing(RegistryDriver registry, params IEnumerable<TestFile> files) => registry.Post(
        "/v1/artifacts/missing",
        new JsonObject { ["files"] = new JsonArray([.. files.Select(file => new JsonObject { ["sha256"] = file.Sha256, ["size"] = file.Bytes.Length })]) }.ToJsonString());

    /// <summary>Makes an artifact of files.</summary>
    public static Task<Reply> Create(RegistryDriver registry, string format, params IEnumerable<(string Path, TestFile File)> files) => registry.Post(
        "/v1/artifacts",
        new JsonObject
        {
            ["format"] = format,
            ["files"] = new JsonArray(
                [.. files.Select(file => new JsonObject { ["path"] = file.Path, ["sha256"] = file.File.Sha256, ["size"] = file.File.Bytes.Length })]),
        }.ToJsonString());

    /// <summary>Uploads a file and makes an artifact of it.</summary>
    public static async Task<string> CreateNew(RegistryDriver registry)
    {
        var file = New();
        (await file.Upload(registry)).Is(200);
        return (await Create(registry, "python", ("model.py", file))).Is(201)["digest"]!;
    }

    /// <summary>Sends bytes of it, all from an offset on by default.</summary>
    public async Task<Reply> Upload(RegistryDriver registry, int from = 0, int? to = null, bool withLength = true)
    {
        using var content = new ByteArrayContent(bytes, from, (to ?? bytes.Length) - from);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        (string, string)[] headers =
        [
            ("Upload-Offset", from.ToString(CultureInfo.InvariantCulture)),
            .. withLength ? [("Upload-Length", bytes.Length.ToString(CultureInfo.InvariantCulture))] : Array.Empty<(string, string)>(),
        ];
        return await registry.Send(HttpMethod.Patch, "/v1/artifacts/files/" + Sha256, content, headers);
    }
}
