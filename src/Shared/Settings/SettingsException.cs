using System.Collections.Immutable;

namespace Mmm.Shared.Settings;

/// <summary>The configuration cannot be used. The message lists everything that is wrong with it, one problem per line.</summary>
public sealed class SettingsException(ImmutableArray<string> problems, ImmutableArray<string> warnings)
    : Exception(Compose(problems))
{
    /// <summary>Each as <c>file:line: key: what is wrong; allowed: …; did you mean …?</c></summary>
    public ImmutableArray<string> Problems { get; } = problems;

    /// <summary>See <see cref="LoadedSettings"/>.</summary>
    public ImmutableArray<string> Warnings { get; } = warnings;

    private static string Compose(ImmutableArray<string> problems) =>
        problems.Length == 1
            ? "The configuration has an error:\n  " + problems[0]
            : $"The configuration has {problems.Length} errors:\n  " + string.Join("\n  ", problems);
}
