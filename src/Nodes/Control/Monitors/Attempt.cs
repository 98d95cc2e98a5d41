namespace Mmm.Control.Monitors;

/// <summary>How one monitor took one request.</summary>
internal abstract record Attempt<T>(MonitorAddress Monitor)
{
    /// <summary>It answered.</summary>
    /// <param name="Monitor">Which.</param>
    /// <param name="Value">The answer.</param>
    /// <param name="Good">False: usable only if no other monitor has a better one (an old picture).</param>
    public sealed record Answered(MonitorAddress Monitor, T Value, bool Good) : Attempt<T>(Monitor);

    /// <summary>It did not.</summary>
    /// <param name="Monitor">Which.</param>
    /// <param name="Why">Kind of failure.</param>
    /// <param name="Sentence">For people.</param>
    public sealed record Failed(MonitorAddress Monitor, FailureKind Why, string Sentence) : Attempt<T>(Monitor);
}

/// <summary>Kinds of failure; where monitors fail in different ways, the greatest says most and is reported.</summary>
internal enum FailureKind
{
    /// <summary>No connection.</summary>
    Unreachable,

    /// <summary>Connected, but no whole answer in time.</summary>
    NoAnswer,

    /// <summary>Something answers that is no monitor of ours, or a much different release.</summary>
    NotUnderstood,

    /// <summary>503: it knows nothing yet, or the coordinator does not answer it.</summary>
    NoCoordinator,

    /// <summary>404.</summary>
    NotFound,

    /// <summary>405, 400 and 422: it does not take such a command, or cannot carry it out with what it finds.</summary>
    NotTaken,

    /// <summary>401 and 403.</summary>
    NotAuthorised,
}
