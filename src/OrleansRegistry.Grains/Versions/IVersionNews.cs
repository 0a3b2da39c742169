namespace OrleansRegistry.Versions;

/// <summary>Tells models that there is something new of their versions' processes. What it is, they ask for.</summary>
internal interface IVersionNews
{
    /// <summary>Tells a model. It never fails: who hears nothing asks sooner or later.</summary>
    void Tell(string workspace, string modelId);
}
