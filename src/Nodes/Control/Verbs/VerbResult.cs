using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Mmm.Control.Verbs;

/// <summary>What a verb has to say.</summary>
/// <param name="Text">For the standard output.</param>
/// <param name="ExitCode">One of <see cref="ExitCodes"/>.</param>
/// <param name="Json">The same for <c>--json</c>.</param>
/// <param name="Aside">Sentence for the standard error; null = none.</param>
internal sealed record VerbResult(string Text, int ExitCode, Func<string> Json, string? Aside = null)
{
    public static VerbResult Of<T>(string text, int exitCode, T value, JsonTypeInfo<T> type, string? aside = null) =>
        new(text, exitCode, () => JsonSerializer.Serialize(value, type), aside);
}
