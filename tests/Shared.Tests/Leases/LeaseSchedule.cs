using System.Collections.Immutable;
using Mmm.Shared.Leases;
using Mmm.Shared.Ledger;
using static Mmm.Shared.Messages.LeaseProtocol;
using static Mmm.Shared.Tests.Leases.LeaseCases;

namespace Mmm.Shared.Tests.Leases;

/// <summary>
/// One host and its granters, each by a clock of its own (1 % fast or slow), over a network that loses, doubles, delays and reorders; granters forget
/// everything now and then. At some moment a decision takes the writer's address. From a seed.
/// </summary>
internal sealed class LeaseSchedule
{
    private readonly Random _random;
    private readonly List<(double Due, Action Deliver)> _net = [];
    private readonly LeaseGranter[] _granters;
    private readonly double[] _rates;
    private readonly double _hostRate, _loss, _slow;
    private readonly Dictionary<int, double> _over = [];
    private LeaseHolder _holder;
    private double _ms;
    private Withdraw? _withdraw;

    public LeaseSchedule(int seed)
    {
        _random = new Random(seed);
        int monitors = Pick(1, 3, 3, 5);
        (_hostRate, _loss, _slow) = (Rate(), Pick(0, 0.1, 0.4), Pick(1, 100, 2000));
        _rates = [.. Enumerable.Range(0, monitors).Select(_ => Rate())];
        _granters = [.. Enumerable.Range(0, monitors).Select(i => Granter(0, $"m{i + 1}"))];
        _holder = Holder(monitors, failsafe: false, keep: false);
    }

    /// <summary>How often the host had a lease on the address when somebody looked.</summary>
    public int Held { get; private set; }

    /// <summary>The granters have confirmed and what they had granted has run out.</summary>
    public bool Over { get; private set; }

    /// <summary>The address was still covered although it was over; null = never.</summary>
    public string? Run()
    {
        double taken = 1000 + (_random.NextDouble() * 6000);
        Take(Id(3), Writer);
        for (_ms = 0; _ms < taken + 20_000; _ms += 10)
        {
            Deliver();
            Send(_holder.Tick(HostTime));
            if (_random.Next(300) == 0)
                Restart(_random.Next(_granters.Length));
            if (_ms >= taken)
                Withdrawn();
            bool has = _holder.Left(Writer, HostTime) > TimeSpan.Zero;
            Held += has ? 1 : 0;
            Over = _over.Values.Count(o => o <= _ms) >= (_granters.Length / 2) + 1;
            if (has && Over)
                return $"at {_ms} ms the host still had {_holder.Left(Writer, HostTime).TotalMilliseconds} ms";
        }

        return null;
    }

    private TimeSpan HostTime => T(_ms * _hostRate);

    private TimeSpan Time(int granter) => T(_ms * _rates[granter]);

    private void Take(DecisionId order, params Topology.RoleAddress[] claims) => Send(_holder.Take(order, claims, HostTime));

    /// <summary>The decision is stored from here on; the granters are told until they confirm.</summary>
    private void Withdrawn()
    {
        _withdraw ??= Withdraw(Id(5));
        for (int i = 0; i < _granters.Length && _ms % 250 == 0; i++)
        {
            int granter = i;
            if (!_over.ContainsKey(granter))
                Post(() => Confirm(granter));
        }
    }

    private void Confirm(int granter)
    {
        (_granters[granter], Withdrawn? reply) = _granters[granter].Take(_withdraw!, Time(granter));
        // The coordinator waits by the true time; granters and the host are up to 1 % off it.
        Post(() => _over.TryAdd(granter, _ms + Math.Max(0, TtlMs - reply!.AgeMs) + Terms.Margin.TotalMilliseconds));
    }

    private void Restart(int granter)
    {
        LeaseGranter started = LeaseGranter.Start(Cluster, $"m{granter + 1}", Terms, Time(granter));
        _granters[granter] = _withdraw is { } w ? started.Adopt(w.Id, LeaseCases.Held()) : started.Adopt(Id(3), LeaseCases.Held(("db1", [Writer])));
    }

    private void Send(HolderStep step)
    {
        _holder = step.Next;
        foreach (Renew request in step.Asks.OfType<Renew>())
        {
            for (int i = 0; i < _granters.Length; i++)
            {
                int granter = i;
                Post(() =>
                {
                    (_granters[granter], Granted reply) = _granters[granter].Take(request, Time(granter));
                    Post(() => _holder = _holder.Take(reply));
                });
            }
        }
    }

    private void Post(Action deliver)
    {
        for (int copies = _random.NextDouble() < _loss / 2 ? 2 : 1; copies > 0; copies--)
        {
            if (_random.NextDouble() >= _loss)
                _net.Add((_ms + (_random.NextDouble() * _slow), deliver));
        }
    }

    private void Deliver()
    {
        foreach ((double Due, Action Deliver) message in _net.Where(m => m.Due <= _ms).OrderBy(m => m.Due).ToImmutableArray())
        {
            _net.Remove(message);
            message.Deliver();
        }
    }

    private double Rate() => Pick(0.99, 1, 1.01);

    private TOne Pick<TOne>(params TOne[] of) => of[_random.Next(of.Length)];
}
