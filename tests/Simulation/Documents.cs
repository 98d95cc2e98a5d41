using Mmm.Shared.Decisions;

namespace Mmm.Simulation;

/// <summary>
/// Documents as the keepers hold them here: in front of the text stands the path of decisions that led to it, so that it can be seen whether
/// one descends from another.
/// </summary>
internal static class Documents
{
    public static string Write(string path, ClusterDocument document) => $"{path}|{DocumentJson.Write(document)}";

    public static string PathOf(string text) => text[..text.IndexOf('|', StringComparison.Ordinal)];

    public static ClusterDocument Read(string text) => DocumentJson.Read(text[(text.IndexOf('|', StringComparison.Ordinal) + 1)..]);

    /// <summary>The decision at the end of <paramref name="later"/> was made knowing that of <paramref name="earlier"/>.</summary>
    public static bool Descends(string later, string earlier) =>
        later.StartsWith(earlier, StringComparison.Ordinal) && (later.Length == earlier.Length || later[earlier.Length] == '.');
}
