using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.Tokens;
using OrleansRegistry.Gateway.Tests.Infrastructure;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Gateway.Tests.Access;

/// <summary>Tokens of an OpenID Connect issuer beside keys.</summary>
public sealed class TokenTests(TokenTests.Server server) : IClassFixture<TokenTests.Server>
{
    private Issuer Issuer => server.Issuer;

    [Fact]
    public async Task A_token_acts_in_its_workspace_with_its_role_under_its_own_name()
    {
        var workspace = $"w{Guid.NewGuid():N}";
        (await server.Driver.Post("/v1/workspaces", $$"""{"name":"{{workspace}}"}""")).Is(201);
        var ann = server.DriverOf(Issuer.Token(claims: said => said["tenant"] = workspace));

        var version = (await ann.Deploy("A model")).Is(201);

        Assert.Equal("token:ann", version["created_by"]);
        Assert.Equal(["A model"], (await ann.All("/v1/models")).Select(model => (string)model["name"]!));
        (await server.Driver.Get("/v1/model_versions/" + version["id"])).IsProblem(404, ErrorCode.VersionNotFound);
        (await ann.Get("/v1/api_keys")).IsProblem(403, ErrorCode.Forbidden);
    }

    [Fact]
    public async Task Of_several_roles_the_highest_counts_and_of_several_keys_any()
    {
        await IsLetIn(Issuer.Token(claims: said => said["groups"] = "ml-viewers nothing ml-admins".Split(' ')), "/v1/api_keys");
        await IsLetIn(Issuer.Token(token => token.SigningCredentials = new SigningCredentials(Issuer.Ecdsa, SecurityAlgorithms.EcdsaSha256)), "/v1/models");
        (await server.DriverOf(Issuer.Token(claims: said => said["groups"] = "ml-viewers")).TryDeploy("A model")).IsProblem(403, ErrorCode.Forbidden);
    }

    [Fact]
    public async Task A_token_that_names_no_workspace_acts_in_the_one_of_the_settings() =>
        await IsLetIn(Issuer.Token(claims: said => said.Remove("tenant")), "/v1/models");

    [Fact]
    public async Task Tokens_of_others_for_others_and_at_other_times_are_refused()
    {
        var now = DateTime.UtcNow;
        await IsRefused(Issuer.Token(token => token.Issuer = "https://issuer.example"));
        await IsRefused(Issuer.Token(token => token.Audience = "another"));
        await IsRefused(Issuer.Token(token => token.Audience = null));
        await IsRefused(Issuer.Token(token => (token.NotBefore, token.Expires) = (now.AddHours(-2), now.AddHours(-1))));
        await IsRefused(Issuer.Token(token => token.NotBefore = now.AddMinutes(5)));
        await IsRefused(Issuer.Token(token => token.Expires = null));
    }

    [Fact]
    public async Task Tokens_without_a_role_a_subject_or_a_workspace_that_is_there_are_refused()
    {
        await IsRefused(Issuer.Token(claims: said => said.Remove("groups")));
        await IsRefused(Issuer.Token(claims: said => said["groups"] = "admin"));
        await IsRefused(Issuer.Token(claims: said => said.Remove("sub")));
        await IsRefused(Issuer.Token(claims: said => said["sub"] = new string('x', 201)));
        await IsRefused(Issuer.Token(claims: said => said["tenant"] = "nowhere"));
        await IsRefused(Issuer.Token(claims: said => said["tenant"] = "-"));
        await IsRefused(Issuer.Token(claims: said => said["tenant"] = "../default"));
    }

    [Fact]
    public async Task Tokens_with_a_signature_of_somebody_else_or_none_are_refused()
    {
        var good = Issuer.Token();
        var parts = good.Split('.');
        using var other = RSA.Create(2048);
        await IsRefused(Issuer.Token(token => token.SigningCredentials = new SigningCredentials(new RsaSecurityKey(other) { KeyId = "rsa" }, SecurityAlgorithms.RsaSha256)));
        await IsRefused(Issuer.Token(token => token.SigningCredentials = null));
        await IsRefused($"{Encode("""{"alg":"none","typ":"JWT"}""")}.{parts[1]}.");
        await IsRefused($"{parts[0]}.{parts[1]}.");
        await IsRefused($"{parts[0]}.{Encode("""{"sub":"eve","groups":"ml-admins","aud":"registry"}""")}.{parts[2]}");
        // The issuer's public key, taken for a shared secret.
        foreach (var secret in (byte[][])[Encoding.UTF8.GetBytes(Issuer.PublicPem), Encoding.UTF8.GetBytes(Issuer.PublicPem + "\n"), Issuer.Rsa.Rsa.ExportSubjectPublicKeyInfo()])
        {
            var head = $"{Encode("""{"alg":"HS256","typ":"JWT","kid":"rsa"}""")}.{parts[1]}";
            await IsRefused($"{head}.{Base64UrlEncoder.Encode(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(head)))}");
        }

        await IsRefused("x.y.z");
        await IsLetIn(good, "/v1/models");
        (await server.DriverOf(null).Get("/v1/models", ("Authorization", "Api-Key " + good))).IsProblem(401, ErrorCode.Unauthenticated);
    }

    [Fact]
    public async Task Keys_are_taken_as_before() => (await server.Driver.Get("/v1/models")).Is(200);

    private async Task IsLetIn(string token, string path) => (await server.DriverOf(token).Get(path)).Is(200);

    private async Task IsRefused(string token) => (await server.DriverOf(token).Get("/v1/models")).IsProblem(401, ErrorCode.Unauthenticated);

    private static string Encode(string json) => Base64UrlEncoder.Encode(json);

    /// <summary>A node that trusts an issuer.</summary>
    public sealed class Server : SqliteServer, IAsyncDisposable
    {
        public Issuer Issuer { get; private set; } = null!;

        protected override IReadOnlyList<string> Settings =>
        [
            $"--Registry:Auth:Oidc:Authority={Issuer.Authority}",
            "--Registry:Auth:Oidc:Audience=registry",
            "--Registry:Auth:Oidc:RoleClaim=groups",
            "--Registry:Auth:Oidc:Roles:ml-viewers=viewer",
            "--Registry:Auth:Oidc:Roles:ml-deployers=deployer",
            "--Registry:Auth:Oidc:Roles:ml-admins=admin",
            "--Registry:Auth:Oidc:WorkspaceClaim=tenant",
            "--Registry:Auth:Oidc:Workspace=default",
        ];

        /// <inheritdoc/>
        protected override async Task<TestDatabase> CreateDatabase()
        {
            Issuer = await Issuer.Start();
            return await base.CreateDatabase();
        }

        async ValueTask IAsyncDisposable.DisposeAsync()
        {
            await DisposeAsync();
            await Issuer.DisposeAsync();
        }
    }
}

/// <summary>An issuer that changes its key while a node runs.</summary>
public sealed class KeyRotationTests(TokenTests.Server server) : IClassFixture<TokenTests.Server>
{
    [Fact]
    public async Task A_new_key_of_the_issuer_is_found_when_a_token_shows_it_and_the_old_one_is_forgotten()
    {
        var old = server.Issuer.Token();
        (await server.DriverOf(old).Get("/v1/models")).Is(200);

        server.Issuer.Rotate();

        // The first token of a new key asks for the issuer's keys, and may be refused until they are there.
        var caller = server.DriverOf(server.Issuer.Token());
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while ((await caller.Get("/v1/models")).Status != 200)
        {
            patience.Token.ThrowIfCancellationRequested();
        }

        (await server.DriverOf(old).Get("/v1/models")).IsProblem(401, ErrorCode.Unauthenticated);
    }
}

/// <summary>A node whose issuer is away.</summary>
public sealed class AbsentIssuerTests(AbsentIssuerTests.Server server) : IClassFixture<AbsentIssuerTests.Server>
{
    [Fact]
    public async Task While_the_issuer_is_away_its_tokens_are_answered_503_and_keys_are_taken()
    {
        await using var issuer = await Issuer.Start();
        (await server.DriverOf(issuer.Token()).Get("/v1/models")).IsProblem(503, ErrorCode.Unavailable);
        (await server.Driver.Get("/v1/models")).Is(200);
    }

    /// <summary>A node that trusts an issuer which nobody is.</summary>
    public sealed class Server : SqliteServer
    {
        protected override IReadOnlyList<string> Settings =>
            ["--Registry:Auth:Oidc:Authority=http://127.0.0.1:1", "--Registry:Auth:Oidc:Audience=registry", "--Registry:Auth:Oidc:Workspace=default"];
    }
}
