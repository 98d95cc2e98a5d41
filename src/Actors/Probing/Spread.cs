namespace Mmm.Actors.Probing;

/// <summary>Spreads starts over a period without randomness, so that a thousand servers are not checked in the same millisecond.</summary>
public static class Spread
{
    /// <summary>A delay below <paramref name="period"/> that depends on <paramref name="key"/> alone.</summary>
    public static TimeSpan Of(string key, TimeSpan period)
    {
        // FNV-1a: string.GetHashCode differs between processes, and a differing start is harder to reason about in a log.
        uint hash = 2166136261;
        foreach (char c in key)
            hash = (hash ^ c) * 16777619;
        return period * (hash % 1000 / 1000.0);
    }
}
