namespace OrleansRegistry.Gateway;

/// <summary>Makes the answers that several routes give.</summary>
internal static class Answers
{
    public static Answer<ModelView> Model(ModelView model, bool isDryRun = false) =>
        Answer<ModelView>.Of(model, model.Etag, isDryRun);

    public static Answer<VersionView> Version(VersionView version, bool isDryRun = false) => Answer<VersionView>.Of(version, version.Etag, isDryRun);

    public static Answer<CommandAnswer> Command(Outcome<CommandAnswer> outcome, CommandReceipt receipt) =>
        outcome.TryGet(out var answer, out var error) ? Answer<CommandAnswer>.Of(answer, answer.Version.Etag, receipt.IsDryRun) : error;
}
