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
    public async Task A_caller_with_a_token_is_told_who_they_are_and_that_tokens_are_taken()
    {
        var expires = DateTimeOffset.UtcNow.AddMinutes(10);
        var token = server.DriverOf(Issuer.Token(
            token => token.Expires = expires.UtcDateTime, said => (said["groups"], said["tenant"]) = ("ml-viewers", "default")));

        var me = (await token.Get("/v1/me")).Is(200);

        Assert.Equal(("token:ann", null, null, "viewer", "default", null), (me["subject"], me["key_prefix"], me["key_name"], me["role"], me["workspace"], me["models"]));
        Assert.Equal(expires.ToUnixTimeSeconds(), ((DateTimeOffset)me.Body!["expires_at"]!).ToUnixTimeSeconds());
        Assert.Equal("""["artifacts","oidc"]""", (await token.Get("/v1/server")).Is(200).Body!["features"]!.ToJsonString());
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
        await IsRefused(Issuer.Token(token => token.Issuer = "https://issuer.example"), "The token is from another issuer.");
        await IsRefused(Issuer.Token(token => token.Audience = "another"), "The token is for another audience.");
        await IsRefused(Issuer.Token(token => token.Audience = null), "The token is for another audience.");
        await IsRefused(Issuer.Token(token => (token.NotBefore, token.Expires) = (now.AddHours(-2), now.AddHours(-1))), "The token has expired.");
        await IsRefused(Issuer.Token(token => token.NotBefore = now.AddMinutes(5)), "The token is not valid yet.");
        await IsRefused(Issuer.Token(token => token.Expires = null), "The token has no expiry (claim exp).");
    }

    [Fact]
    public async Task A1_tokens_that_name_no_caller_are_refused_with_403_and_told_why()
    {
        await IsForbidden("role", said => said.Remove("groups"), said => said["groups"] = "admin", said => said["groups"] = Array.Empty<string>());
        await IsForbidden(
            "subject",
            said => said.Remove("sub"), said => said["sub"] = "", said => said["sub"] = new string('x', 201));
        await IsForbidden("workspace", said => said["tenant"] = "nowhere", said => said["tenant"] = "-", said => said["tenant"] = "../default", said => said["tenant"] = "");
    }

    [Fact]
    public async Task A1_a_token_that_names_more_than_one_workspace_acts_in_none_of_them() => await IsForbidden(
        "one workspace",
        said => said["tenant"] = "default nowhere".Split(' '),
        said => said["tenant"] = "nowhere default".Split(' '),
        said => said["tenant"] = "default default".Split(' '),
        said => said["tenant"] = Array.Empty<string>(),
        said => said["tenant"] = new Dictionary<string, object> { ["default"] = 1 },
        said => said["tenant"] = 5);

    [Fact]
    public async Task A3_a_subject_is_held_to_the_rule_of_names()
    {
        await IsForbidden("control characters", said => said["sub"] = "ann\nbob", said => said["sub"] = "ann\u202ebob", said => said["sub"] = "ann\u2028", said => said["sub"] = "a\0");
        await IsLetIn(Issuer.Token(claims: said => said["sub"] = "Änne עדה"), "/v1/models");
    }

    [Fact]
    public async Task Tokens_with_a_signature_of_somebody_else_or_none_are_refused()
    {
        var good = Issuer.Token();
        var parts = good.Split('.');
        using var other = RSA.Create(2048);
        await IsRefused(Issuer.Token(token => token.SigningCredentials = new SigningCredentials(new RsaSecurityKey(other) { KeyId = "rsa" }, SecurityAlgorithms.RsaSha256)), "The token's signature is not the issuer's.");
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

        await IsRefused("x.y.z", "This is neither an API key nor a token that can be read.");
        await IsLetIn(good, "/v1/models");
        (await server.DriverOf(null).Get("/v1/models", ("Authorization", "Api-Key " + good))).IsProblem(401, ErrorCode.Unauthenticated);
    }

    [Fact]
    public async Task A1_a_token_whose_subject_is_no_text_is_refused_and_told_why()
    {
        foreach (var subject in (object[])["ann bob".Split(' '), Array.Empty<string>(), new Dictionary<string, object> { ["name"] = "ann" }, true])
        {
            await IsRefused(Issuer.Token(claims: said => said["sub"] = subject), "The token must name one subject, as a text in the claim sub.");
        }
    }

    [Fact]
    public async Task A_token_that_needs_an_extension_is_refused()
    {
        foreach (var needed in (object[])["b64".Split(' '), "exp".Split(' '), Array.Empty<string>(), "b64"])
        {
            await IsRefused(
                Issuer.Token(token => token.AdditionalHeaderClaims = new Dictionary<string, object> { ["crit"] = needed }),
                "The token needs an extension that is not known (crit).");
        }
    }

    [Fact]
    public async Task Keys_are_taken_as_before() => (await server.Driver.Get("/v1/models")).Is(200);

    private async Task IsLetIn(string token, string path) => (await server.DriverOf(token).Get(path)).Is(200);

    private async Task IsRefused(string token, string? why = null)
    {
        var reply = (await server.DriverOf(token).Get("/v1/models")).IsProblem(401, ErrorCode.Unauthenticated);
        Assert.Equal(why ?? reply["detail"], reply["detail"]);
        Assert.Equal($"Bearer error=\"invalid_token\", error_description=\"{reply["detail"]}\"", reply.Header("WWW-Authenticate"));
    }

    private async Task IsForbidden(string why, params Action<IDictionary<string, object>>[] claims)
    {
        foreach (var change in claims)
        {
            var reply = (await server.DriverOf(Issuer.Token(claims: change)).Get("/v1/models")).IsProblem(403, ErrorCode.Forbidden);
            Assert.Contains(why, reply["detail"], StringComparison.Ordinal);
            Assert.Equal($"Bearer error=\"insufficient_scope\", error_description=\"{reply["detail"]}\"", reply.Header("WWW-Authenticate"));
        }
    }

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
    public async Task A2_a_new_key_of_the_issuer_counts_from_its_first_token_on_and_the_old_one_no_more()
    {
        List<string> old = [];
        for (var turn = 0; turn < 3; turn++)
        {
            var token = server.Issuer.Token();
            (await server.DriverOf(token).Get("/v1/models")).Is(200);
            old.Add(token);
            // A stranger's key, which is looked for in vain, uses nothing up.
            using var other = RSA.Create(2048);
            var stranger = server.Issuer.Token(said => said.SigningCredentials = new SigningCredentials(
                new RsaSecurityKey(other) { KeyId = $"stranger {turn}" }, SecurityAlgorithms.RsaSha256));
            var refused = (await server.DriverOf(stranger).Get("/v1/models")).IsProblem(401, ErrorCode.Unauthenticated);
            Assert.Equal("The token is signed with a key that the issuer does not have.", refused["detail"]);
            server.Issuer.Rotate();
        }

        (await server.DriverOf(server.Issuer.Token()).Get("/v1/models")).Is(200);
        foreach (var token in old)
        {
            (await server.DriverOf(token).Get("/v1/models")).IsProblem(401, ErrorCode.Unauthenticated);
        }
    }
}

/// <summary>A node whose issuer is away.</summary>
public sealed class AbsentIssuerTests(AbsentIssuerTests.Server server) : IClassFixture<AbsentIssuerTests.Server>
{
    [Fact]
    public async Task While_the_issuer_is_away_its_tokens_are_answered_503_and_keys_are_taken()
    {
        await using var issuer = await Issuer.Start();
        var reply = (await server.DriverOf(issuer.Token()).Get("/v1/models")).IsProblem(503, ErrorCode.Unavailable);
        Assert.Equal("The keys of the token issuer can't be fetched now.", reply["detail"]);
        Assert.Null(reply.Header("WWW-Authenticate"));
        Assert.DoesNotContain(server.Warnings, line => line.Contains("Exception", StringComparison.Ordinal));
        (await server.Driver.Get("/v1/models")).Is(200);
    }

    /// <summary>A node that trusts an issuer which nobody is.</summary>
    public sealed class Server : SqliteServer
    {
        protected override IReadOnlyList<string> Settings =>
            ["--Registry:Auth:Oidc:Authority=http://127.0.0.1:1", "--Registry:Auth:Oidc:Audience=registry", "--Registry:Auth:Oidc:Workspace=default"];
    }
}
