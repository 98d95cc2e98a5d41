namespace Mmm.Shared.Settings.Hocon;

/// <summary>Gives the reader its files: the reader itself does no I/O.</summary>
public interface IHoconSource
{
    /// <summary>Finds a file. Never throws for an expected failure: that is an answer.</summary>
    /// <param name="name">As written by the operator; relative names are relative to the folder of <paramref name="includedFrom"/>.</param>
    /// <param name="includedFrom">Path of the including file as an earlier answer gave it; null for the first file.</param>
    HoconLookup Find(string name, string? includedFrom);
}

/// <summary>Answer of an <see cref="IHoconSource"/>.</summary>
public abstract record HoconLookup
{
    private HoconLookup()
    {
    }

    /// <summary>The file and its text.</summary>
    /// <param name="Path">Absolute and without symbolic detours, so that the same file has the same path.</param>
    /// <param name="Text">Decoded; a byte order mark may be left in.</param>
    /// <param name="ReadableByOthers">Every user of the machine may read it, so it is no place for passwords.</param>
    public sealed record Found(string Path, string Text, bool ReadableByOthers = false) : HoconLookup;

    /// <summary>There is no such file.</summary>
    /// <param name="Path">Where it was looked for.</param>
    public sealed record Missing(string Path) : HoconLookup;

    /// <summary>It is there, but cannot be read.</summary>
    /// <param name="Path">Where it is.</param>
    /// <param name="Reason">For people: what failed and what to do.</param>
    public sealed record Unreadable(string Path, string Reason) : HoconLookup;
}
