using Mmm.Shared.Settings.Hocon;

namespace Mmm.Shared.Settings;

/// <summary>A typed value that still knows where it came from, for the rules that compare several.</summary>
/// <param name="Value">A stand-in when not <paramref name="Valid"/>.</param>
/// <param name="Origin">Where it is written.</param>
/// <param name="Path">Its key.</param>
/// <param name="Valid">False: already reported as wrong or missing, so that no rule reports a consequence of it.</param>
internal readonly record struct Setting<T>(T Value, HoconOrigin Origin, string Path, bool Valid)
{
    /// <summary>The key and where it stands, to name it in a message about another one.</summary>
    public string Where => $"{Path} ({Origin.FileAndLine})";
}
