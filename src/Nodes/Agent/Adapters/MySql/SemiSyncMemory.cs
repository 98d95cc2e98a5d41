using Mmm.Shared.Agents;

namespace Mmm.Agent.Adapters.MySql;

/// <summary>What a look at semi-sync does not show: what has been tried of late, and the look before.</summary>
internal sealed class SemiSyncMemory(TimeProvider time)
{
    /// <summary>What was tried in vain is not tried again for so long: the rights, or the source's plugin, have to be mended first.</summary>
    private static readonly TimeSpan s_retry = TimeSpan.FromMinutes(1);

    private volatile Trouble? _trouble;
    private long _unacknowledged = long.MaxValue;

    /// <summary>When the receiver was last stopped, and has not been found acknowledging since; 0 = never.</summary>
    private long _receiverStopped;

    private sealed record Trouble(string Sentence, long Since);

    /// <summary>A setting was refused.</summary>
    public void Failed(string sentence) => _trouble = new Trouble(sentence, time.GetTimestamp());

    /// <summary>A setting was taken.</summary>
    public void Succeeded() => _trouble = null;

    /// <summary>When it starts again it asks its source for semi-sync.</summary>
    public void ReceiverStopped() => Interlocked.Exchange(ref _receiverStopped, time.GetTimestamp());

    /// <summary>A look, and what is remembered.</summary>
    public FoundSemiSync Found(SemiSyncLook look)
    {
        long before = Interlocked.Exchange(ref _unacknowledged, look.Unacknowledged);
        Trouble? trouble = _trouble;
        long stopped = Interlocked.Read(ref _receiverStopped);
        FoundSemiSync found = look.Found(look.Unacknowledged > before, stopped != 0 && IsOfLate(stopped), trouble is not null && IsOfLate(trouble.Since) ? trouble.Sentence : null);
        if (found.Replica is { Enabled: true, Active: false })
            return found;
        // It has been answered; or the server has been restarted since, and may connect before it is told to ask.
        Interlocked.CompareExchange(ref _receiverStopped, 0, stopped);
        return found with { Replica = found.Replica is { } replica ? replica with { Asked = false } : null };
    }

    private bool IsOfLate(long since) => time.GetElapsedTime(since) < s_retry;
}
