namespace OrleansRegistry.Gateway;

/// <summary>
/// Finds the field <c>model</c> of a body while the body passes by, part by part, and makes sure that there is one and
/// no second. Each byte is looked at once.
/// </summary>
internal abstract class BodyScanner
{
    /// <summary>The longest text of the field, in bytes.</summary>
    protected const int MaxModel = 8192;

    /// <summary>The field's name.</summary>
    protected const string Name = "model";

    /// <summary>The text of the field, once it was seen.</summary>
    public string? Model { get; protected set; }

    /// <summary>The place of the first byte that says the field's value, once it was seen.</summary>
    public long Start { get; protected set; }

    /// <summary>The place behind the last byte that says the field's value.</summary>
    public long End { get; protected set; }

    /// <summary>Looks at the next bytes. Answers why the body is refused, or null.</summary>
    public abstract RegistryError? Scan(ReadOnlySpan<byte> bytes);

    /// <summary>Says what is wrong when the body ends here, or null.</summary>
    public abstract RegistryError? AtEnd();

    /// <summary>A text as the body has it in place of the value.</summary>
    public abstract byte[] Write(string text);

    /// <summary>Why a body is refused that doesn't name its model.</summary>
    protected static RegistryError Missing() =>
        RegistryError.Invalid(Name, "is missing: it names the model to call, and perhaps the version, as name@1.2.0");

    /// <summary>Why a body is refused that names its model twice, in whatever case.</summary>
    protected static RegistryError Twice(string before, string name) => RegistryError.Invalid(
        Name, before == name ? "must not appear twice" : $"must not appear beside {(name == Name ? before : name)}");

    /// <summary>Why a body is refused whose model is too long.</summary>
    protected static RegistryError TooLong() => RegistryError.Invalid(Name, $"must be at most {MaxModel} bytes long");
}
