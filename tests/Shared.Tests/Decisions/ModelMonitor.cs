using System.Collections.Immutable;
using Mmm.Shared.Checks;
using Mmm.Shared.Leases;
using Mmm.Shared.Ledger;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Messages.LeaseProtocol;
using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>A monitor node: its vantage pings and connects, its granter grants leases, on its own clock.</summary>
internal sealed class ModelMonitor(string name, World world)
{
    private readonly Dictionary<(string Host, CheckKind Kind), DateTimeOffset> _failingSince = [];
    private long _seq, _agesSeq;
    private TimeSpan _now;
    private LeaseGranter _granter = Start(name, world, TimeSpan.Zero).Adopt(DecisionId.None, NothingHeld);

    private static ImmutableDictionary<string, ImmutableArray<RoleAddress>> NothingHeld => ImmutableDictionary<string, ImmutableArray<RoleAddress>>.Empty;

    public string Name { get; } = name;

    /// <summary>Dead or paused: says nothing.</summary>
    public bool Silent { get; set; }

    /// <summary>Its granter answers nobody; it looks all the same.</summary>
    public bool GranterSilent { get; set; }

    public bool NetworkOk { get; set; } = true;

    public string? Fingerprint { get; set; }

    public long Incarnation { get; set; } = 1;

    /// <summary>What it sees whatever the truth: its own way to a host is cut, or the server answers 1040.</summary>
    public Dictionary<(string Host, CheckKind Kind), Outcome> Sees { get; } = [];

    /// <summary>What it adds to the OK of a host's mysql check.</summary>
    public (string Host, string Sentence)? Remark { get; set; }

    /// <summary>How fast its monotonic clock runs.</summary>
    public double ClockRate { get; set; } = 1;

    public void Pass(TimeSpan step) => _now += step * ClockRate;

    public VantageReport Look() => new("C1", Name, Incarnation, ++_seq, NetworkOk,
        [.. world.Topology.Hosts.Values.Select(h => new ServerSight(h.Name, Sight(h, CheckKind.Ping), Sight(h, CheckKind.Mysql)))], Fingerprint);

    public Ages LeaseAges() => new("C1", Name, Incarnation, ++_agesSeq, _granter.Ready, _granter.Ages(_now), _granter.Generation, (long)(_now - _granter.GenerationSince).TotalMilliseconds);

    /// <summary>A new process: it remembers no grant, and knows what the ledger holds.</summary>
    public void Restart()
    {
        Incarnation++;
        _granter = Start(Name, world, _now).Knowing(world.StoredVoters.CertainGeneration, _now).Adopt(world.StoredId, world.Held);
    }

    public Granted? Receive(Renew request)
    {
        if (Silent || GranterSilent)
            return null;
        (_granter, Granted reply) = _granter.Take(request, _now);
        return reply;
    }

    public void Receive(VotersDecided decided)
    {
        if (!Silent && !GranterSilent)
            _granter = _granter.Knowing(decided.Generation, _now);
    }

    public Withdrawn? Receive(Withdraw request)
    {
        if (Silent || GranterSilent)
            return null;
        (_granter, Withdrawn? reply) = _granter.Take(request, _now);
        return reply;
    }

    private static LeaseGranter Start(string name, World world, TimeSpan now) =>
        LeaseGranter.Start(world.Topology, name, new LeaseTerms(world.Settings.LeaseTtl), now);

    private CheckSight Sight(Host h, CheckKind kind)
    {
        ModelHost host = world.Hosts[h.Name];
        bool there = host.Power && host.MonitorsReach;
        bool ok = there && (kind == CheckKind.Ping || host.Mysqld == MysqldState.Up);
        Outcome outcome = Sees.TryGetValue((h.Name, kind), out Outcome forced) ? forced : ok ? Outcome.Ok : Outcome.Failing;
        if (outcome != Outcome.Failing)
        {
            _failingSince.Remove((h.Name, kind));
            return new CheckSight(outcome, 0, false, outcome != Outcome.Ok ? "Too many connections! 1040" : kind == CheckKind.Mysql && Remark is { } remark && remark.Host == h.Name ? remark.Sentence : "");
        }

        _failingSince.TryAdd((h.Name, kind), world.At);
        bool refused = kind == CheckKind.Mysql && there && host.Mysqld == MysqldState.Down;
        return new CheckSight(outcome, (long)(world.At - _failingSince[(h.Name, kind)]).TotalMilliseconds, refused,
            kind == CheckKind.Ping ? $"Could not ping {h.Ip}" : $"Connect error (host = {h.Ip}:3306, user = mmm)! refused");
    }
}
