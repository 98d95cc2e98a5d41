namespace Mmm.Shared.Settings.Hocon;

/// <summary>Bounds that keep any input, however odd, from taking the process down or hanging it. Far above what a configuration needs.</summary>
internal static class HoconLimits
{
    /// <summary>Characters of one file.</summary>
    public const int FileLength = 4 * 1024 * 1024;

    /// <summary>Nesting of objects and lists, path elements counted.</summary>
    public const int Depth = 64;

    /// <summary>Files read by includes, each inclusion counted.</summary>
    public const int Includes = 256;

    /// <summary>Substitutions that lead to one another.</summary>
    public const int SubstitutionChain = 100;

    /// <summary>Work of resolving substitutions: a configuration needs some thousands; doubling chains (a = ${a}${a} …) reach this in milliseconds.</summary>
    public const int ResolveSteps = 2_000_000;
}
