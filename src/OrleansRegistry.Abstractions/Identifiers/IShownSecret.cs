namespace OrleansRegistry;

/// <summary>An answer that shows a secret. The audit tells of each (rule A9).</summary>
internal interface IShownSecret;
