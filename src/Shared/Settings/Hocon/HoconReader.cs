using System.Collections.Immutable;

namespace Mmm.Shared.Settings.Hocon;

/// <summary>A configuration that was read, merged and resolved.</summary>
/// <param name="Root">All of it.</param>
/// <param name="Warnings">Legal, but probably not meant; each as <c>file:line: key: …</c>.</param>
/// <param name="ReadableByOthers">Files among those read that every user of the machine may read.</param>
public sealed record HoconDocument(HoconObject Root, ImmutableArray<string> Warnings, ImmutableHashSet<string> ReadableByOthers);

/// <summary>
/// Reads HOCON as its specification describes it (lightbend/config, HOCON.md), strictly and without I/O of its own. What differs, on purpose:
/// the root is an object; only files can be included, <c>file("…")</c> too is relative to the including file, a file is included once per
/// place and not inside lists; a missing optional include is a warning.
/// </summary>
public static class HoconReader
{
    /// <summary>Reads a file over defaults.</summary>
    /// <param name="file">Its name, as the source knows it.</param>
    /// <param name="source">Where files come from.</param>
    /// <param name="environment">Value of an environment variable, or null.</param>
    /// <param name="defaults">Name and text of what the file is merged over; may be null.</param>
    /// <param name="overrides">Key expressions and values over everything, for example from the command line; may be null.</param>
    /// <exception cref="HoconException">Anything that is wrong with the text; nothing else is thrown.</exception>
    public static HoconDocument ReadFile(
        string file,
        IHoconSource source,
        Func<string, string?> environment,
        (string Name, string Text)? defaults = null,
        IReadOnlyDictionary<string, string>? overrides = null)
    {
        var loader = new HoconLoader(source, file);
        if (defaults is { } d)
            loader.AddText(d.Name, d.Text);
        loader.AddFile(file);
        foreach ((string key, string value) in overrides ?? ImmutableDictionary<string, string>.Empty)
            loader.AddValue(key, value, "command line");
        return Finish(loader, environment);
    }

    /// <summary>Reads a text that includes nothing.</summary>
    /// <exception cref="HoconException">Anything that is wrong with the text; nothing else is thrown.</exception>
    public static HoconDocument ReadText(string name, string text, Func<string, string?>? environment = null)
    {
        var loader = new HoconLoader(new NoFiles(), name);
        loader.AddText(name, text);
        return Finish(loader, environment ?? (_ => null));
    }

    private static HoconDocument Finish(HoconLoader loader, Func<string, string?> environment)
    {
        HoconObject root = new HoconBuilder(new HoconResolver(loader.Root, environment)).Build(loader.Root);
        return new HoconDocument(root, [.. loader.Warnings], [.. loader.ReadableByOthers]);
    }

    private sealed class NoFiles : IHoconSource
    {
        public HoconLookup Find(string name, string? includedFrom) => new HoconLookup.Missing(name);
    }
}
