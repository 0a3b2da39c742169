namespace OrleansRegistry.Events;

/// <summary>The data of an event that says what something is called.</summary>
internal sealed record NameData(string Name);

/// <summary>The data of an event that says which fields were changed.</summary>
internal sealed record FieldsData(IReadOnlyList<string> Fields);
