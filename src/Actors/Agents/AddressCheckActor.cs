using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Mmm.Actors.Probing;
using Mmm.Shared.Topology;

namespace Mmm.Actors.Agents;

/// <summary>
/// <c>/user/agent/address-check</c>: asks every addresses.check_interval who answers for the role addresses that are not on this host. Receives <see cref="Shown"/>; tells its
/// parent <see cref="Looked"/>. It asks nobody before it knows what is on the host; after a restart it waits to be told again.
/// </summary>
internal sealed class AddressCheckActor : ReceiveActor, IWithTimers
{
    /// <summary>Parent -> this, at every change: the role addresses on this host.</summary>
    public sealed record Shown(ImmutableSortedSet<RoleAddress> Addresses);

    /// <summary>This -> parent.</summary>
    public sealed record Looked(AddressLooks Looks);

    private sealed record LookDue;

    private sealed record LookEnded(AddressLooks? Looks, string? Failure);

    /// <summary>Nobody waits for these answers, so a busy machine has time for its own.</summary>
    private static readonly TimeSpan s_window = TimeSpan.FromMilliseconds(300);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly AddressLooker _looker;
    private readonly AgentSetup _setup;
    private ImmutableSortedSet<RoleAddress>? _shown;
    private string? _failure;

    public AddressCheckActor(AddressLooker looker, AgentSetup setup)
    {
        _looker = looker;
        _setup = setup;
        Receive<Shown>(m => _shown = m.Addresses);
        Receive<LookDue>(_ => HandleLookDue());
        Receive<LookEnded>(HandleLookEnded);
        Receive<Akka.Actor.Status.Failure>(f => throw new InvalidOperationException("a look at the network ended in a way that it should not", f.Cause));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(AddressLooker looker, AgentSetup setup) => Akka.Actor.Props.Create(() => new AddressCheckActor(looker, setup));

    protected override void PreStart()
    {
        // Each host at its own moment of the interval: together they see more.
        if (_setup.Addresses.CheckInterval > TimeSpan.Zero)
            Timers.StartPeriodicTimer("look", new LookDue(), Spread.Of(_setup.Host.Name, _setup.Addresses.CheckInterval), _setup.Addresses.CheckInterval);
    }

    private void HandleLookDue()
    {
        RoleAddress[] missing = _shown is null ? [] : [.. _setup.Topology.Addresses.Where(a => !_shown.Contains(a))];
        if (missing.Length > 0)
            LookAsync(_looker, missing).PipeTo(Self);
    }

    private void HandleLookEnded(LookEnded ended)
    {
        if (ended.Failure != _failure)
        {
            _failure = ended.Failure;
            if (ended.Failure is null)
                _log.Info("The network can be asked again who answers for role addresses.");
            else
                _log.Warning("It is not known who answers for role addresses: {0}", ended.Failure);
        }

        if (ended.Looks is { } looks)
            Context.Parent.Tell(new Looked(looks));
    }

    private static async Task<LookEnded> LookAsync(AddressLooker looker, RoleAddress[] addresses)
    {
        try
        {
            return new LookEnded(await looker.LookAsync(addresses, s_window, first: false, CancellationToken.None), null);
        }
        catch (AddressException e)
        {
            return new LookEnded(null, e.Message);
        }
    }
}
