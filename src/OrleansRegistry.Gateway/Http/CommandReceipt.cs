using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansRegistry.Gateway;

/// <summary>
/// What a request says of its command, apart from the command itself. As the first parameter of a handler it is made before the body
/// is read, so that the deadline counts from the receipt (rule E1).
/// </summary>
internal sealed class CommandReceipt : IBindableFromHttpContext<CommandReceipt>
{
    private readonly HttpRequest _request;
    private readonly DateTimeOffset _receivedAt;

    private CommandReceipt(HttpRequest request, DateTimeOffset receivedAt) => (_request, _receivedAt) = (request, receivedAt);

    /// <summary>Whether the command is only tried.</summary>
    public bool IsDryRun => CommonParameters.DryRun.In(_request) is ["true"];

    /// <summary>Notes the receipt of a request.</summary>
    public static ValueTask<CommandReceipt?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var clock = context.RequestServices.GetRequiredService<TimeProvider>();
        return ValueTask.FromResult<CommandReceipt?>(new CommandReceipt(context.Request, clock.GetUtcNow()));
    }

    /// <summary>The context of a command whose body, if it has one, says why.</summary>
    public CommandContext By(RequestCaller caller, IRequestBody body) =>
        By(caller) with { Comment = CommandComment.Normalize(body.Comment) };

    /// <summary>
    /// The context of a command without a body, on behalf of a caller. Tags that are not valid are refused where the
    /// route reads them, and so are comments.
    /// </summary>
    public CommandContext By(RequestCaller caller) => CommandContext.For(caller.Actor, caller.Role, _receivedAt) with
    {
        ActorName = caller.KeyName,
        Comment = CommandComment.Normalize(CommonParameters.Comment.ValueIn(_request)),
        DryRun = IsDryRun,
        IfMatch = CommonParameters.IfMatch.In(_request) is { Count: > 0 } header ? [.. (EntityTags.Parse(header) ?? []).Select(EntityTags.Stored)] : [],
    };
}
