using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Actors.Probing;

/// <summary>
/// How far the binary log of a replica's source went at the last looks, by the observer's monotonic clock. A replica that has executed what its source had N
/// seconds ago is at most N seconds behind, whatever wall clocks make of it. Seconds_Behind_Master is the difference of two wall clocks, whose offset the
/// replica takes only when its IO thread connects: when either is stepped by an hour, a busy replica reports an hour.
/// </summary>
/// <param name="reach">max_backlog: what is older proves nothing.</param>
public sealed class SourceTrail(TimeSpan reach)
{
    /// <summary>At most so many marks: further apart when max_backlog is long.</summary>
    private const int Most = 120;

    private readonly LinkedList<(TimeSpan At, BinlogPosition End)> _marks = new();
    private readonly TimeSpan _apart = reach / Most;
    private string? _source;

    /// <summary>Takes in where the source's log ended.</summary>
    /// <param name="source">As the replica names it; a mark of another source is forgotten.</param>
    /// <param name="end">Where its next event will be written.</param>
    /// <param name="at">When the look began.</param>
    public void Mark(string source, BinlogPosition end, TimeSpan at)
    {
        // A log that begins anew (RESET MASTER) makes the old positions meaningless.
        if (source != _source || (_marks.First is { } newest && !Reaches(end, newest.Value.End)))
            Forget();
        _source = source;
        while (_marks.Last is { } oldest && at - oldest.Value.At > reach)
            _marks.RemoveLast();
        if (_marks.First is null || at - _marks.First.Value.At >= _apart)
            _marks.AddFirst((at, end));
    }

    public void Forget() => _marks.Clear();

    /// <summary>The channel, with what is known of its backlog in place of what the server reports when that is more and cannot be.</summary>
    public ReplicationChannel Corrected(ReplicationChannel channel, TimeSpan now)
    {
        if (channel is not { IoState: "Yes", SqlState: "Yes", SecondsBehind: long reported, Executed: { } executed } || channel.Source != _source)
            return channel;
        foreach ((TimeSpan at, BinlogPosition end) in _marks)
        {
            if (Reaches(executed, end))
                return (long)(now - at).TotalSeconds is var most && most < reported ? channel with { SecondsBehind = most, Disproved = reported } : channel;
        }

        return channel;
    }

    /// <summary>File names are a base name and a growing number with at least six digits.</summary>
    private static bool Reaches(BinlogPosition there, BinlogPosition end)
    {
        int byFile = there.File.Length != end.File.Length ? there.File.Length.CompareTo(end.File.Length) : string.CompareOrdinal(there.File, end.File);
        return byFile != 0 ? byFile > 0 : there.Position >= end.Position;
    }
}
