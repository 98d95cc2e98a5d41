using System.Globalization;
using Mmm.Shared.Messages;

namespace Mmm.Shared.Agents;

/// <summary>How a server that takes over catches up with the old active master.</summary>
public abstract record CatchUpWay
{
    /// <summary>Wait until this position of the old master is applied.</summary>
    public sealed record To(AgentProtocol.BinlogPosition Position) : CatchUpWay;

    /// <summary>Wait until everything in the relay log is applied.</summary>
    /// <param name="Warning">Why that may be less than the old master had; null = it is all there is to know.</param>
    public sealed record RelayLogEnd(string? Warning) : CatchUpWay;

    /// <summary>Forced: go on without.</summary>
    public sealed record PassOver(string Warning) : CatchUpWay;

    /// <summary>Not caught up and not forced.</summary>
    public sealed record Refuse(string Sentence) : CatchUpWay;
}

/// <summary>Chooses the way from the order and the channel's state.</summary>
public static class CatchUpRule
{
    public static CatchUpWay Choose(AgentProtocol.CatchUpOrder order, FoundChannel? channel)
    {
        if (channel is null)
            return Unless(order.Force, $"no replication from {order.From} ({order.FromIp}) is configured, so nothing of it can be applied");
        if (channel.SourceIp != order.FromIp)
            return Unless(order.Force, $"the server replicates from {channel.SourceIp}, not from the old active master {order.From} ({order.FromIp})");
        if (!channel.SqlRunning)
            return Unless(order.Force, $"the applier (SQL thread) does not run: {channel.Error ?? "it was stopped"}");
        if (order.UpTo is null)
            return new CatchUpWay.RelayLogEnd(null);
        if (channel.IoRunning || BinlogPositions.Reaches(channel.Received, order.UpTo))
            return new CatchUpWay.To(order.UpTo);
        string missing = $"the IO thread is not connected to {order.From} ({channel.IoState}{(channel.Error is null ? "" : $": {channel.Error}")}) "
            + $"and only up to {channel.Received?.ToString() ?? "nothing"} was received of its {order.UpTo}";
        return order.Force ? new CatchUpWay.RelayLogEnd(missing + "; forced: going on with that") : new CatchUpWay.Refuse(missing);
    }

    private static CatchUpWay Unless(bool force, string why) =>
        force ? new CatchUpWay.PassOver(why + "; forced: going on without") : new CatchUpWay.Refuse(why);
}

/// <summary>Comparison of places in one server's binary log.</summary>
public static class BinlogPositions
{
    /// <summary>True when <paramref name="at"/> is at or behind <paramref name="goal"/> in the same series of files; false when they cannot be compared.</summary>
    public static bool Reaches(AgentProtocol.BinlogPosition? at, AgentProtocol.BinlogPosition goal)
    {
        if (at is null || !TrySplit(at.File, out string series, out long number) || !TrySplit(goal.File, out string goalSeries, out long goalNumber))
            return false;
        return series == goalSeries && (number > goalNumber || (number == goalNumber && at.Position >= goal.Position));
    }

    /// <summary>True when <paramref name="at"/> is behind <paramref name="goal"/> in the same series of files; false when it is not, or they cannot be compared.</summary>
    public static bool Passes(AgentProtocol.BinlogPosition? at, AgentProtocol.BinlogPosition goal) => at != goal && Reaches(at, goal);

    private static bool TrySplit(string file, out string series, out long number)
    {
        int dot = file.LastIndexOf('.');
        series = dot > 0 ? file[..dot] : "";
        number = 0;
        return dot > 0 && long.TryParse(file.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
