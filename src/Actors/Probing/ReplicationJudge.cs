using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Actors.Probing;

/// <summary>What rep_threads and rep_backlog say of one reading. Pure; messages are MMM's.</summary>
public static class ReplicationJudge
{
    /// <param name="Threads">rep_threads.</param>
    /// <param name="Backlog">rep_backlog.</param>
    /// <param name="Channel">The channel they are about; null when there is none or it could not be read.</param>
    public sealed record Judgement(CheckReading Threads, CheckReading Backlog, ReplicationChannel? Channel);

    /// <param name="reading">What the server said.</param>
    /// <param name="topology">Tells the cluster's own channel from others.</param>
    /// <param name="maxBacklog">rep_backlog fails above this.</param>
    /// <param name="connectingFor">How long the IO thread has been connecting; zero when it is not, or has only begun.</param>
    /// <param name="patience">How long connecting counts as running: the trap period. MMM lets it count for ever.</param>
    public static Judgement Judge(ReplicationReading reading, ClusterTopology topology, TimeSpan maxBacklog, TimeSpan connectingFor, TimeSpan patience)
    {
        if (reading.Problem is { } problem)
            return new Judgement(CheckReading.Unknown(problem), CheckReading.Unknown(problem), null);
        if (ChannelOf(reading, topology) is not { } channel)
            return new Judgement(CheckReading.Failing("Replication is not set up"), CheckReading.Failing("Replication is not set up"), null);
        return new Judgement(Threads(channel, connectingFor, patience), Backlog(channel, maxBacklog), channel);
    }

    /// <summary>The IO thread neither runs nor has given up.</summary>
    public static bool IsConnecting(ReplicationChannel channel) => channel.SqlState == "Yes" && channel.IoState is not ("Yes" or "No");

    /// <summary>The channels the reading is about; null when nothing was read or none is set up.</summary>
    public static ReplicationChannel? Channel(ReplicationReading reading, ClusterTopology topology) => reading.Problem is null ? ChannelOf(reading, topology) : null;

    /// <summary>The channel that follows one of the cluster's hosts; else the default one, else the first: a server may also replicate from elsewhere.</summary>
    private static ReplicationChannel? ChannelOf(ReplicationReading reading, ClusterTopology topology) =>
        reading.Channels.FirstOrDefault(c => topology.Hosts.Values.Any(h => h.Ip == c.Source || h.Name == c.Source))
        ?? reading.Channels.FirstOrDefault(c => c.Name.Length == 0)
        ?? reading.Channels.FirstOrDefault();

    private static CheckReading Threads(ReplicationChannel channel, TimeSpan connectingFor, TimeSpan patience)
    {
        if (IsConnecting(channel))
        {
            string message = $"IO thread has been connecting to {channel.Source} for {connectingFor.TotalSeconds:0} s{Because(channel)}";
            return connectingFor < patience ? new CheckReading(Outcome.Ok, message) : CheckReading.Failing(message);
        }

        return channel.IoState == "Yes" && channel.SqlState == "Yes"
            ? CheckReading.Fine
            : CheckReading.Failing($"Replication is broken (IO thread: {channel.IoState}, SQL thread: {channel.SqlState}{Because(channel)})");
    }

    private static CheckReading Backlog(ReplicationChannel channel, TimeSpan maxBacklog) => channel.SecondsBehind switch
    {
        long seconds when channel.Disproved is { } reported && seconds <= maxBacklog.TotalSeconds => new CheckReading(
            Outcome.Ok, $"Backlog is at most {seconds} s: the server reports {reported} s, but has executed what {channel.Source} had {seconds} s ago (a wall clock was stepped)"),
        null => CheckReading.Unknown("Backlog is unknown: the server reports NULL"),
        0 => new CheckReading(Outcome.Ok, "Backlog is null"),
        long seconds when seconds > maxBacklog.TotalSeconds => CheckReading.Failing($"Backlog is too big ({seconds} s, max_backlog is {maxBacklog.TotalSeconds:0} s)"),
        long seconds => new CheckReading(Outcome.Ok, $"Backlog is {seconds} s"),
    };

    private static string Because(ReplicationChannel channel) => channel.Error is { Length: > 0 } error ? $"; {error}" : "";
}
