using System.Collections.Immutable;

namespace Mmm.Shared.Hooks;

/// <summary>HOCON: <c>events = [ … ]</c>. Which events are told.</summary>
/// <param name="Patterns">Hook names and codes, or beginnings of them with <c>*</c> behind.</param>
public sealed record HookFilter(ImmutableArray<string> Patterns)
{
    /// <summary>What <see cref="IsPattern"/> takes, for messages.</summary>
    public const string Allowed = "a hook name or code such as failover_finished, or its beginning with * behind it";

    /// <summary>By the name that it is told under: an event that has a hook name too is not told twice for one of them.</summary>
    public bool Wants(HookEvent e) => Wants(e.Event);

    /// <summary>By the name alone.</summary>
    public bool Wants(string name) => Patterns.Any(p => Matches(p, name));

    /// <summary>Whether a pattern stands for a name.</summary>
    public static bool Matches(string pattern, string name) => pattern.EndsWith('*') ? name.StartsWith(pattern[..^1], StringComparison.Ordinal) : name == pattern;

    /// <summary>Whether it can be meant; that nothing is told under it is not known here, as codes come with new versions.</summary>
    public static bool IsPattern(string text) =>
        text.Length > 0 && (text.EndsWith('*') ? text[..^1] : text).All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');

    public bool Equals(HookFilter? other) => other is not null && Patterns.SequenceEqual(other.Patterns);

    public override int GetHashCode() => Patterns.Length;
}
