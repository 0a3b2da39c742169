namespace OrleansRegistry.Gateway;

/// <summary>Makes the answers that several routes give.</summary>
internal static class Answers
{
    public static Answer<ModelView> Model(ModelView model, bool isDryRun = false) =>
        Answer<ModelView>.Of(model, EntityTag.OfRevision(model.Revision), isDryRun);

    public static Answer<VersionView> Version(VersionView version, bool isDryRun = false) => Answer<VersionView>.Of(version, TagOf(version), isDryRun);

    public static Answer<CommandAnswer> Command(Outcome<CommandAnswer> outcome, CommandReceipt receipt) =>
        outcome.TryGet(out var answer, out var error) ? Answer<CommandAnswer>.Of(answer, TagOf(answer.Version), receipt.IsDryRun) : error;

    public static string TagOf(VersionView version) => EntityTag.OfVersion(version.Revision, version.IsPrimary);
}
