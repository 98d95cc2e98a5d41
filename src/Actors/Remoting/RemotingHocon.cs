using Mmm.Shared.Settings;

namespace Mmm.Actors.Remoting;

/// <summary>How connections between the product's processes are kept: the same on monitors and agents, since both ends of one must agree.</summary>
public static class RemotingHocon
{
    /// <summary>Akka's configuration of it.</summary>
    public static string Render() => AkkaHocon.Render(new Dictionary<string, object>
    {
        // Each side writes only on a connection that it has dialled itself. With Akka's default the one that was dialled is used both ways, and when both dial at once and one of
        // them gives its attempt up, it writes on the connection that the other has just stopped to read: everything is lost in that direction, for good, without a word
        // (seen after a host came back from a power cut: its agent was heard and heard nothing).
        ["akka.remote.use-passive-connections"] = false,
        // A connection whose other end is gone without a word (power cut, cable) is given up after this, and made anew. Akka waits for 2 minutes; the kernel's own retransmissions
        // double their pause, so that a peer that was away for a minute is reached up to a minute after its return.
        ["akka.remote.transport-failure-detector.heartbeat-interval"] = TimeSpan.FromSeconds(1),
        ["akka.remote.transport-failure-detector.acceptable-heartbeat-pause"] = TimeSpan.FromSeconds(6),
        // A failed connection is tried again after this; 5 s by default.
        ["akka.remote.retry-gate-closed-for"] = TimeSpan.FromMilliseconds(500),
    });
}
