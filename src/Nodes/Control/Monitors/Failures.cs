using System.Collections.Immutable;

namespace Mmm.Control.Monitors;

/// <param name="Monitor">Which.</param>
/// <param name="Why">Kind.</param>
/// <param name="Sentence">For people; goes on after the monitor's address.</param>
internal sealed record MonitorFailure(MonitorAddress Monitor, FailureKind Why, string Sentence);

/// <summary>What is said when no monitor had an answer.</summary>
internal static class Failures
{
    /// <param name="failures">One per monitor asked.</param>
    /// <param name="lookWith">Of a command: what shows whether it was carried out, as silence does not mean that nothing happened. Null = a read.</param>
    public static CliFailure Of(ImmutableArray<MonitorFailure> failures, string? lookWith)
    {
        string doubt = lookWith is not null && failures.Any(f => f.Why == FailureKind.NoAnswer)
            ? $" It is not known whether the command was carried out: look with '{lookWith}'."
            : "";
        FailureKind worst = failures.Max(f => f.Why);
        MonitorFailure telling = failures.First(f => f.Why == worst);
        return worst switch
        {
            FailureKind.NotAuthorised => new CliFailure(
                ExitCodes.NotAuthorised, "unauthorized",
                $"ERROR: Monitor {telling.Monitor} does not let you in: {telling.Sentence} Give mmm the token with --token-file, MMM_TOKEN or the configuration (monitor.http.token), or a certificate (tls in the configuration, MMM_TLS_CA, MMM_TLS_CERT, MMM_TLS_KEY)."),
            FailureKind.NotTaken => new CliFailure(ExitCodes.Refused, "refused", $"ERROR: Monitor {telling.Monitor} does not take the command: {telling.Sentence}"),
            FailureKind.NotFound => new CliFailure(ExitCodes.Refused, "not-found", $"ERROR: {telling.Sentence}"),
            FailureKind.NoCoordinator => new CliFailure(ExitCodes.NoCoordinator, "no-coordinator", $"ERROR: No coordinator: {telling.Sentence}{doubt}"),
            _ => new CliFailure(
                ExitCodes.NoMonitor, "no-monitor",
                $"ERROR: Can't connect to any monitor! {string.Join("; ", failures.Select(f => $"{f.Monitor} {f.Sentence}"))}. "
                + $"Name the monitors with --monitors HOST:PORT,…, MMM_MONITORS or --config FILE.{doubt}"),
        };
    }
}
