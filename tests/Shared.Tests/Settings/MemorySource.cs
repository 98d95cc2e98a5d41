using Mmm.Shared.Settings.Hocon;

namespace Mmm.Shared.Tests.Settings;

/// <summary>Files in memory, by absolute path; relative names are found beside the including file.</summary>
internal sealed class MemorySource : IHoconSource
{
    private readonly Dictionary<string, HoconLookup> _files = new(StringComparer.Ordinal);

    public List<string> Asked { get; } = [];

    public MemorySource Add(string path, string text, bool readableByOthers = false)
    {
        _files[path] = new HoconLookup.Found(path, text, readableByOthers);
        return this;
    }

    public MemorySource AddUnreadable(string path, string reason)
    {
        _files[path] = new HoconLookup.Unreadable(path, reason);
        return this;
    }

    public HoconLookup Find(string name, string? includedFrom)
    {
        string folder = includedFrom is null ? "/" : includedFrom[..(includedFrom.LastIndexOf('/') + 1)];
        string path = name.StartsWith('/') ? name : folder + name;
        Asked.Add(path);
        return _files.GetValueOrDefault(path) ?? new HoconLookup.Missing(path);
    }
}
