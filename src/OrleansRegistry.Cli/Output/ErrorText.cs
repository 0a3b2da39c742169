using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Output;

/// <summary>Errors for people (rule K7): one line, the fields, the request's id, and what to do next.</summary>
internal static class ErrorText
{
    public static void Write(Terminal terminal, string detail, string code)
    {
        terminal.Error.WriteLine($"{Red(terminal, "error:")} {SafeText.Line(detail)} ({SafeText.Line(code)})");
        terminal.Error.Flush();
    }

    public static void Write(Terminal terminal, RegistryException error)
    {
        Write(terminal, error.Detail, error.Code);
        foreach (var (field, messages) in error.Errors)
        {
            terminal.Error.WriteLine($"  {SafeText.Line(field)}: {SafeText.Line(string.Join(" ", messages))}");
        }

        if (error is ModelErrorException { Body.Length: > 0 } model)
        {
            terminal.Error.WriteLine(
                $"  version {SafeText.Line(model.Number ?? "?")} ({SafeText.Line(model.VersionId ?? "?")})");
        }

        if (error is StartFailedException { LogTail: { } log })
        {
            foreach (var line in log.TrimEnd('\n').Split('\n'))
            {
                terminal.Error.WriteLine($"  {SafeText.Line(line)}");
            }
        }

        if (error.RequestId is { } id)
        {
            terminal.Error.WriteLine($"  request {SafeText.Line(id)}");
        }

        if (NextStep(error) is { } next)
        {
            terminal.Error.WriteLine($"  {next}");
        }

        terminal.Error.Flush();
    }

    /// <summary>What to do next; null for a code that only a newer registry knows.</summary>
    public static string? NextStep(RegistryException error) => error switch
    {
        OutcomeUnknownException { IdempotencyKey: { } key } =>
            $"Repeat the command with --idempotency-key {SafeText.Line(key)}: it makes no second version.",
        OutcomeUnknownException => "It may take effect for 30 more seconds. Look with `ork show` or `ork events` before you repeat it.",
        StartFailedException { Version: { Runtime: not null } failed } =>
            $"Mend the model and deploy it again, or try once more: ork activate {SafeText.Line(failed.Id)} --wait",
        StartFailedException failed => $"Mend the server, then: ork activate {SafeText.Line(failed.Version.Id)} --wait",
        ModelErrorException => "The registry has passed the model's own answer on. Look at the model's server.",
        ConnectionFailedException => "Is the registry running, and is the URL right? `ork context list` shows it.",
        TimedOutException => "Try again, or allow more time with --timeout.",
        InvalidAnswerException => "Is the URL the registry's? `ork context list` shows it.",
        _ => NextStep(error.Code),
    };

    public static string? NextStep(string code) => code switch
    {
        "validation_failed" => "Correct what is named above. `--help` says what the command takes.",
        "invalid_selector" => "Use a number (1.2.0), a range (^1.2, ~1.4, 1.x) or a version's id.",
        "id_required" => "Name the version by the id that stands above.",
        "unauthenticated" => "Log in with `ork login`, or set ORK_API_KEY or ORK_API_KEY_FILE.",
        "forbidden" => "`ork whoami` shows your role. Ask an admin for a key of a higher one.",
        "model_not_found" => "`ork models` lists the models.",
        "version_not_found" => "`ork versions NAME` lists the versions.",
        "no_matching_version" => "`ork versions NAME --state published` lists the versions that a range can choose.",
        "alias_not_found" => "`ork alias list NAME` lists the aliases.",
        "alias_moved" => "Somebody has moved the alias. Look with `ork alias list NAME`, and decide anew.",
        "alias_empty" => "Point it to a version with `ork alias set NAME @ALIAS REF`, or name another version.",
        "alias_protected" => "Point the protected alias elsewhere, or delete it all the same with --release-aliases.",
        "no_previous_target" => "There is nothing to go back to. Point it with `ork alias set NAME @ALIAS REF`.",
        "too_many_aliases" => "Remove one with `ork alias remove NAME @ALIAS`.",
        "too_many_servers" => "Give active versions of the model fewer servers, or deactivate one with `ork deactivate REF`.",
        "no_server_left" => "Name old and new servers together, wait until the new ones are up, then leave out the old ones.",
        "no_rollout" => "Name a version, or an alias of `ork alias list NAME`.",
        "version_unhealthy" => "Start its servers again, or say --force.",
        "version_referenced" => "Point elsewhere what refers to the version, as it stands above.",
        "webhook_not_found" => "`ork webhooks list` lists the webhooks.",
        "api_key_not_found" => "`ork keys list` lists the keys by their prefixes.",
        "workspace_not_found" => "`ork workspaces list` lists the workspaces.",
        "not_found" => "The registry has no such route. `ork server` shows its version.",
        "method_not_allowed" => "The route does not take this method. The registry's /scalar page lists what it takes.",
        "payload_too_large" => "Send less at once.",
        "unsupported_media_type" => "Send JSON.",
        "artifact_not_found" => "`ork show REF` names the artifact of a version. Upload it first, if it is a new one.",
        "artifacts_off" => "The registry keeps no artifacts. Ask the operator for a place for them.",
        "file_missing" => "Upload the files that are named above, then try again.",
        "offset_mismatch" => "Go on with the upload where the registry says.",
        "upload_in_progress" => "Another request writes this file. Wait until it has ended.",
        "digest_mismatch" => "The bytes were damaged on their way. Upload the file again.",
        "range_not_satisfiable" => "Ask for bytes that the file has.",
        "storage_full" => "Delete what is not used, or ask the operator for a larger disk.",
        "runtime_off" => "The registry runs no models. Serve it yourself and say --url, or ask the operator.",
        "no_environment" =>
            "`ork environments` shows what there is. Make the model with that; or, if it also runs with that, say so "
            + "with --python and in requirements.txt; or deploy it as ONNX; or ask the operator for an environment.",
        "no_capacity" => "Deactivate a version that is not used: `ork versions NAME`, `ork traffic REF`.",
        "version_inactive" => "Bring it back with `ork activate REF --wait`.",
        "version_active" => "Nothing is to be done: it is active. To serve it elsewhere, deactivate it first.",
        "not_routable" => "Only a version that is ready can be the primary. Wait with `ork activate REF --wait`, or look with `ork show REF`.",
        "version_exists" => "Choose another --version, or leave it out to take the next number.",
        "is_primary" => "Promote another version first, or name it with --promote-to.",
        "primary_moved" => "Somebody has moved the primary. Look with `ork show NAME`, and decide anew.",
        "no_previous_primary" => "There is nothing to go back to. Promote a version with `ork promote REF`.",
        "no_primary" => "Promote a version with `ork promote REF`, or name one: NAME@VERSION.",
        "not_servable" => "The version has no server. Give it one with `ork activate REF --url URL`.",
        "too_many_active_versions" => "Deactivate versions that are not used: `ork versions NAME`, `ork traffic REF`.",
        "too_many_webhooks" => "Delete a webhook first.",
        "quota_exceeded" => "Delete what is not used, or ask the operator for more.",
        "workspace_exists" => "Choose another name.",
        "api_key_ended" => "Make a new key with `ork keys create`.",
        "month_open" => "Close the month later: one hour after its end.",
        "unrated" => "Set the missing rate with `ork rates put`.",
        "version_deleted" => "A deleted version does not come back. Deploy a new one.",
        "model_deleted" => "A deleted model does not come back. Deploying its name makes a new one.",
        "history_removed" => "Events that old are not kept. Read from a later one.",
        "revision_mismatch" => "It has changed meanwhile. Read it again, and decide anew.",
        "idempotency_key_reused" => "The key belongs to another deployment. Use a new one, or leave it out.",
        "rate_limited" => "Wait a little, then try again.",
        "state_corrupt" => "A stored row can't be read. Tell the operator, with the request's id.",
        "internal_error" => "Tell the operator, with the request's id.",
        "backend_unreachable" => "Is the model's server running? `ork show REF` shows its address.",
        "backend_timeout" => "The model's server took too long. Look at it, then try again.",
        "version_starting" => "Wait until it is ready: `ork activate REF --wait` or `ork show REF`.",
        "serving_failed" => "Its start has failed. Mend the server, then: ork activate REF --wait",
        "unavailable" => "The registry can't answer now. Try again.",
        "loop_detected" => "The serving URL leads back to the registry. Serve the version elsewhere.",
        _ => null,
    };

    private static string Red(Terminal terminal, string text) => terminal.IsRich ? $"\u001b[31m{text}\u001b[0m" : text;
}
