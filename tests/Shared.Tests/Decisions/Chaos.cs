using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>Random faults, commands, lost and delayed messages and changes of coordinator, from a seed; then a healed world that must come to rest.</summary>
internal sealed class Chaos(int seed)
{
    private readonly Random _random = new(seed);
    private readonly List<(DateTimeOffset Due, Action End)> _ends = [];
    private readonly bool _many = seed % 4 == 3;
    private World _w = null!;
    private bool _operators;

    public World Run(double seconds)
    {
        var settings = Worlds.Settings with
        {
            AutoSetOnline = TimeSpan.FromSeconds(Pick(0, 5, 20)),
            FlapCount = Pick(1, 3, 30),
            InitialMode = Pick(ClusterMode.Active, ClusterMode.Manual, ClusterMode.Wait),
            WaitForOtherMaster = TimeSpan.FromSeconds(Pick(0, 10)),
            MasterConnectRetry = TimeSpan.FromSeconds(Pick(2, 60)),
        };
        ClusterTopology pair = Worlds.Topology(slaves: Pick(1, 2), prefer: Pick(null, "db1", "db2"), exclusive: Chance(0.5));
        _w = World.Running(_many ? Worlds.Many() : pair, settings, Pick(1, 3, 3, 5));
        foreach (ModelHost h in _w.Hosts.Values)
            h.ClockRate = Pick(0.99, 1, 1.01);
        foreach (ModelMonitor m in _w.Monitors)
            m.ClockRate = Pick(0.99, 1, 1.01);
        _operators = Chance(0.7);
        double loss = Pick(0, 0, 0.03, 0.15), slow = Pick(0, 200, 600);
        _w.Delay = () => Chance(loss) ? null : TimeSpan.FromMilliseconds(_random.NextDouble() * slow);
        _w.Duplicate = () => Chance(loss);
        DateTimeOffset end = _w.At + TimeSpan.FromSeconds(seconds);
        double rate = Pick(0.01, 0.03, 0.1);
        while (_w.At < end)
        {
            if (Chance(rate))
                Fault();
            if (_operators && Chance(rate / 2))
                Order();
            foreach (var over in _ends.Where(e => e.Due <= _w.At).ToList())
            {
                _ends.Remove(over);
                over.End();
            }

            _w.Advance();
        }

        return _w;
    }

    /// <summary>Faults end; an operator brings back what only operators may.</summary>
    public void Heal()
    {
        _w.Delay = () => TimeSpan.Zero;
        _w.Duplicate = () => false;
        foreach (ModelHost h in _w.Hosts.Values)
        {
            if (!h.Power)
                h.PowerOn();
            (h.Linked, h.CutOff, h.AgentHung, h.AgentStuck, h.FailAt, h.SqlBroken, h.IoBroken) = (true, false, false, false, null, false, false);
            if (h.Mysqld == MysqldState.Down)
                h.StartMysqld();
            if (h.Mysqld == MysqldState.NotAnswering)
                h.WakeMysqld();
            if (!h.AgentAlive)
                h.StartAgent();
        }

        foreach (ModelMonitor m in _w.Monitors)
        {
            (m.Silent, m.NetworkOk) = (false, true);
            m.Sees.Clear();
        }

        if (_w.CoordinatorDown)
            _w.NewCoordinator();
        _w.Run(20);
        _w.Say("set_active");
        // An operator looks once a second and takes back whoever waits.
        _w.Until(
            () =>
            {
                foreach (string host in _w.Hosts.Keys.Where(h => _w.StateOf(h) is HostState.AwaitingRecovery or HostState.AdminOffline || _w.Doc.Hosts[h].Flapping))
                    _w.Say("set_online", host);
                _w.Run(1);
                return Converged() is null;
            },
            300, $"rest (seed {seed}): {Converged()}");
        _w.Run(10);
        _w.Effects.Clear();
        _w.Run(5);
        Xunit.Assert.True(_w.Stores == 0 && !_w.Effects.Exists(e => e.Effect is SendOrder), $"seed {seed}: not at rest\n{_w.Describe()}");
    }

    /// <summary>What is missing for the healed world to be as configured; null = nothing.</summary>
    public string? Converged()
    {
        ClusterDocument d = _w.Doc;
        if (d.Hosts.FirstOrDefault(h => h.Value.State != HostState.Online) is { Key: { } host })
            return $"{host} is {d.Hosts[host].State}";
        if (d.Move is not null)
            return "a move runs";
        string[] writers = [.. _w.EffectiveWriters.Select(h => h.Name)];
        if (writers.Length != 1)
            return $"{writers.Length} effective writers";
        if (_w.WriterHolder != writers[0] || d.ActiveMaster?.Host != writers[0])
            return $"writer {writers[0]}, holder {_w.WriterHolder}, active master {d.ActiveMaster?.Host}";
        string? prefer = _w.Topology.Roles["writer"].Prefer;
        if (prefer is not null && prefer != writers[0])
            return "not on the preferred host";
        foreach (Host h in _w.Topology.Hosts.Values)
        {
            if (h.FollowsActiveMaster && _w.Hosts[h.Name].Source != (h.Name == writers[0] ? null : writers[0]))
                return $"{h.Name} follows {_w.Hosts[h.Name].Source}";
            if (_w.Hosts[h.Name].Writable && h.Name != writers[0])
                return $"{h.Name} is writable";
            if (!_w.Hosts[h.Name].Addresses.SequenceEqual(d.Slots.Where(s => s.Holder == h.Name).Select(s => s.Address)))
                return $"{h.Name} does not show what it holds";
        }

        var readers = _w.Topology.Hosts.Keys.Select(h => d.Slots.Count(s => s.Address.Role == "reader" && s.Holder == h)).ToList();
        return readers.Max() - readers.Min() > 1 || readers.Sum() != _w.Topology.Roles["reader"].Ips.Length ? "readers are not balanced" : null;
    }

    private void Fault()
    {
        ModelHost h = _w.Hosts.Values.ElementAt(Chance(0.7) ? _random.Next(2) : _random.Next(_w.Hosts.Count));
        ModelMonitor m = _w.Monitors[_random.Next(_w.Monitors.Length)];
        CheckKind kind = Pick(CheckKind.Ping, CheckKind.Mysql);
        switch (_random.Next(18))
        {
            case 0 or 1 when h.Mysqld == MysqldState.Up: For(15, h.CrashMysqld, () => { if (h.Power && h.Mysqld == MysqldState.Down) h.StartMysqld(); }); break;
            case 2 when h.Mysqld == MysqldState.Up: For(15, h.HangMysqld, () => Wake(h)); break;
            case 3 when h.Power: For(20, h.PowerOff, () => { if (!h.Power) h.PowerOn(); }); break;
            case 4: For(15, () => h.Linked = false, () => h.Linked = true); break;
            case 5 when h.AgentAlive: For(15, h.StopAgent, () => { if (h.Power && !h.AgentAlive) h.StartAgent(); }); break;
            case 6: For(8, () => h.AgentHung = true, () => h.AgentHung = false); break;
            case 7: For(25, () => h.AgentStuck = true, () => h.AgentStuck = false); break;
            case 8 or 9: For(30, () => h.FailAt = Pick("catch_up", "read_only", "add_address", "remove_address", "repoint", "writable"), () => h.FailAt = null); break;
            case 10: For(30, () => h.SqlBroken = true, () => h.SqlBroken = false); break;
            case 11: For(30, () => h.IoBroken = true, () => h.IoBroken = false); break;
            case 12: For(10, () => m.Silent = true, () => m.Silent = false); break;
            case 13: For(10, () => m.NetworkOk = false, () => m.NetworkOk = true); break;
            case 14: For(10, () => m.Sees[(h.Name, kind)] = Pick(Outcome.Failing, Outcome.Unknown, Outcome.Ok), () => m.Sees.Remove((h.Name, kind))); break;
            case 15: For(5, () => _w.CoordinatorDown = true, _w.NewCoordinator); break;
            case 16: For(15, () => h.CutOff = true, () => h.CutOff = false); break;
            case 17: For(3, () => m.Silent = true, () => { m.Restart(); m.Silent = false; }); break;
        }
    }

    /// <summary>Its agent may have killed it in the meantime.</summary>
    private static void Wake(ModelHost h)
    {
        if (h.Mysqld == MysqldState.NotAnswering)
            h.WakeMysqld();
        else if (h is { Power: true, Mysqld: MysqldState.Down })
            h.StartMysqld();
    }

    /// <summary>A fault that ends after at most so many seconds.</summary>
    private void For(int seconds, Action begin, Action end)
    {
        begin();
        _ends.Add((_w.At + TimeSpan.FromSeconds(_random.NextDouble() * seconds), end));
    }

    private void Order()
    {
        string host = $"db{_random.Next(_w.Hosts.Count + 1)}", master = _many ? Pick("db1", "db2", "db3") : Pick("db1", "db2");
        switch (_random.Next(10))
        {
            case 0 or 1: _w.Say("set_online", host); break;
            case 2: _w.Say("set_offline", host); break;
            case 3 or 4 or 5: _w.Say("move_role", "writer", master); break;
            case 6: _w.Say("move_role", Pick("reader", "backup"), host); break;
            case 7: _w.Say("move_role", "--force", "writer", master); break;
            case 8: _w.Say(Pick("set_active", "set_active", "set_manual")); break;
            case 9:
                _w.Say("set_passive");
                _w.Run(_random.NextDouble());
                for (int i = _random.Next(4); i > 0; i--)
                    _w.Say("set_ip", Chance(0.5) ? _w.Topology.WriterAddress.Ip : _w.Topology.Addresses.ElementAt(_random.Next(_w.Topology.Addresses.Count())).Ip, Chance(0.5) ? master : host);
                For(5, () => { }, () => _w.Say(Pick("set_active", "set_manual")));
                break;
        }
    }

    private bool Chance(double p) => _random.NextDouble() < p;

    private T Pick<T>(params T[] of) => of[_random.Next(of.Length)];
}
