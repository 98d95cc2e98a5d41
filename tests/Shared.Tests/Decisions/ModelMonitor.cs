using System.Collections.Immutable;
using Mmm.Shared.Checks;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>A monitor node's vantage: pings and connects, on its own clock.</summary>
internal sealed class ModelMonitor(string name, World world)
{
    private readonly Dictionary<(string Host, CheckKind Kind), DateTimeOffset> _failingSince = [];
    private long _seq;

    public string Name { get; } = name;

    /// <summary>Dead or paused: says nothing.</summary>
    public bool Silent { get; set; }

    public bool NetworkOk { get; set; } = true;

    public string? Fingerprint { get; set; }

    public long Incarnation { get; set; } = 1;

    /// <summary>What it sees whatever the truth: its own way to a host is cut, or the server answers 1040.</summary>
    public Dictionary<(string Host, CheckKind Kind), Outcome> Sees { get; } = [];

    public VantageReport Look() => new("C1", Name, Incarnation, ++_seq, NetworkOk,
        [.. world.Topology.Hosts.Values.Select(h => new ServerSight(h.Name, Sight(h, CheckKind.Ping), Sight(h, CheckKind.Mysql)))], Fingerprint);

    private CheckSight Sight(Host h, CheckKind kind)
    {
        ModelHost host = world.Hosts[h.Name];
        bool there = host.Power && host.Linked;
        bool ok = there && (kind == CheckKind.Ping || host.Mysqld == MysqldState.Up);
        Outcome outcome = Sees.TryGetValue((h.Name, kind), out Outcome forced) ? forced : ok ? Outcome.Ok : Outcome.Failing;
        if (outcome != Outcome.Failing)
        {
            _failingSince.Remove((h.Name, kind));
            return new CheckSight(outcome, 0, false, outcome == Outcome.Ok ? "" : "Too many connections! 1040");
        }

        _failingSince.TryAdd((h.Name, kind), world.At);
        bool refused = kind == CheckKind.Mysql && there && host.Mysqld == MysqldState.Down;
        return new CheckSight(outcome, (long)(world.At - _failingSince[(h.Name, kind)]).TotalMilliseconds, refused,
            kind == CheckKind.Ping ? $"Could not ping {h.Ip}" : $"Connect error (host = {h.Ip}:3306, user = mmm)! refused");
    }
}
