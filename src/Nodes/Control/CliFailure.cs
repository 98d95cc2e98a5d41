using Mmm.Shared.Api;

namespace Mmm.Control;

/// <summary>An expected failure: ends the command with a sentence and an exit code. Thrown where a result value would only be passed up.</summary>
/// <param name="exitCode">One of <see cref="ExitCodes"/>.</param>
/// <param name="kind">Short name, as in the API's problem URNs.</param>
/// <param name="sentence">What failed and what to do; begins with <c>ERROR: </c>.</param>
internal sealed class CliFailure(int exitCode, string kind, string sentence) : Exception(sentence)
{
    public int ExitCode { get; } = exitCode;

    public string Kind { get; } = kind;

    /// <summary>It may pass by itself: no monitor answers, or no coordinator does.</summary>
    public bool IsOutage => ExitCode is ExitCodes.NoMonitor or ExitCodes.NoCoordinator;

    /// <summary>The same for <c>--json</c>.</summary>
    public ProblemReading Problem => new($"urn:mmm:problem:{Kind}", "mmm has no answer", 0, Message);
}
