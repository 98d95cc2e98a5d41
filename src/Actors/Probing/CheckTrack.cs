using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Actors.Probing;

/// <summary>Outcome of one run of a check.</summary>
/// <param name="Outcome">Unknown when the run says nothing of the server's health.</param>
/// <param name="Message">For people, without the verdict, MMM's wording where MMM has one; empty where MMM says plain <c>OK</c>.</param>
/// <param name="Refused">mysql check: the server's kernel refused the connection.</param>
public sealed record CheckReading(Outcome Outcome, string Message, bool Refused = false)
{
    /// <summary>MMM's plain <c>OK</c>.</summary>
    public static readonly CheckReading Fine = new(Outcome.Ok, "");

    /// <summary>MMM's <c>ERROR: Timeout</c>.</summary>
    public static readonly CheckReading TimedOut = new(Outcome.Failing, "Timeout");

    public static CheckReading Failing(string message) => new(Outcome.Failing, message);

    public static CheckReading Unknown(string message) => new(Outcome.Unknown, message);
}

/// <summary>
/// What an observer knows of one check: the last outcome, and since when it has failed without a success between. Times are the
/// observer's monotonic clock, handed in.
/// </summary>
public sealed class CheckTrack
{
    private CheckReading? _last;
    private TimeSpan _failingSince;
    private bool _unknownSinceFailing;
    private string _notYet = CheckSight.NotYet.Message;

    public bool IsFailing => _last?.Outcome == Outcome.Failing;

    /// <summary>Takes the outcome of a run in; true when it differs from the last one in what a decision could go by.</summary>
    /// <param name="reading">The outcome.</param>
    /// <param name="since">From when it holds: the start of the run, for an unanswered server was silent for all of it.</param>
    public bool Record(CheckReading reading, TimeSpan since)
    {
        bool changed = _last is null || _last.Outcome != reading.Outcome || _last.Refused != reading.Refused;

        // An unknown run between two failing ones is no success: the failure goes on.
        if (reading.Outcome == Outcome.Failing && !(IsFailing || _unknownSinceFailing))
            _failingSince = since;
        _unknownSinceFailing = reading.Outcome == Outcome.Unknown && (IsFailing || _unknownSinceFailing);
        _last = reading;
        return changed;
    }

    /// <summary>Forgets everything measured; the next failure counts from its own start.</summary>
    /// <param name="why">Shown until the next run.</param>
    public void Forget(string why)
    {
        _last = null;
        _unknownSinceFailing = false;
        _notYet = why;
    }

    public CheckSight Sight(TimeSpan now)
    {
        if (_last is null)
            return CheckSight.NotYet with { Message = _notYet };
        long failingFor = IsFailing ? Math.Max(0, (long)(now - _failingSince).TotalMilliseconds) : 0;
        return new CheckSight(_last.Outcome, failingFor, _last.Refused, _last.Message);
    }
}
