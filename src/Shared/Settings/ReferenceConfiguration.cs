namespace Mmm.Shared.Settings;

/// <summary>The built-in defaults, <c>hocon/mmm.reference.conf</c>.</summary>
public static class ReferenceConfiguration
{
    /// <summary>How error messages name it.</summary>
    public const string Name = "mmm.reference.conf";

    /// <summary>Its text.</summary>
    public static string Text()
    {
        using Stream stream = typeof(ReferenceConfiguration).Assembly.GetManifestResourceStream(Name)
            ?? throw new InvalidOperationException($"{Name} is missing from the assembly");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
