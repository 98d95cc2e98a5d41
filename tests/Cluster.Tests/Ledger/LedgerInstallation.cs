using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Mmm.Actors;
using Mmm.Actors.Ledger;
using Mmm.Actors.Serialization;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Xunit;

namespace Mmm.Cluster.Tests.Ledger;

/// <summary>Monitors with real keepers on loopback, each with its own state directory; nodes can be stopped and started again at their address.</summary>
internal sealed class LedgerInstallation : IAsyncDisposable
{
    public const string Cluster = "C1";

    private readonly string _root = Directory.CreateTempSubdirectory("mmm-ledger-").FullName;
    private readonly ActorSystem?[] _systems;
    private readonly ActorSystem _coordinators = System(0);
    private int _ledgers;

    private LedgerInstallation(int monitors)
    {
        _systems = [.. Enumerable.Range(0, monitors).Select(_ => System(0))];
        Monitors = [.. _systems.Select((s, i) => new MonitorMember($"mon{i + 1}", "127.0.0.1", ((ExtendedActorSystem)s!).Provider.DefaultAddress.Port!.Value, 0))];
    }

    public ImmutableArray<MonitorMember> Monitors { get; }

    public static LedgerInstallation Create(int monitors) => new(monitors);

    public static LedgerInstallation Running(int monitors)
    {
        var installation = new LedgerInstallation(monitors);
        for (int i = 0; i < monitors; i++)
            installation.StartKeeper(i);
        return installation;
    }

    public string StateDir(int monitor) => Path.Combine(_root, Monitors[monitor].Name);

    public string Database(int monitor) => Path.Combine(StateDir(monitor), "keeper.db");

    public void StartKeeper(int monitor, string? stateDir = null)
    {
        _systems[monitor] ??= System(Monitors[monitor].Port);
        var identity = new ProcessIdentity(Monitors[monitor].Name, TimeProvider.System.GetUtcNow().UtcTicks);
        _systems[monitor]!.ActorOf(KeeperActor.Props(identity, Monitors, [Cluster], stateDir ?? StateDir(monitor), TimeProvider.System), MonitorActors.Keeper);
    }

    public async Task Stop(int monitor)
    {
        await _systems[monitor]!.Terminate();
        _systems[monitor] = null;
    }

    public async Task Restart(int monitor)
    {
        await Stop(monitor);
        StartKeeper(monitor);
    }

    /// <summary>A new coordinator's ledger, on a node of its own.</summary>
    public LedgerClient NewCoordinator(string node = "mon1")
    {
        var identity = new ProcessIdentity(node, ++_ledgers);
        Props ledger = LedgerActor.Props(Cluster, Monitors, identity, TimeProvider.System);
        var inbox = Inbox.Create(_coordinators);
        return new LedgerClient(inbox, _coordinators.ActorOf(Akka.Actor.Props.Create(() => new Coordinator(ledger, inbox.Receiver)), $"coordinator-{_ledgers}"));
    }

    public async Task<LedgerProtocol.KeeperView> Status(int monitor)
    {
        var selection = _coordinators.ActorSelection($"akka.tcp://mmm@127.0.0.1:{Monitors[monitor].Port}/user/keeper");
        try
        {
            var status = await selection.Ask<LedgerProtocol.Status>(new LedgerProtocol.AskStatus(), TimeSpan.FromSeconds(1));
            return Assert.Single(status.Clusters);
        }
        catch (AskTimeoutException)
        {
            return new LedgerProtocol.KeeperView(Cluster, KeeperStanding.Unwritable, "no answer", Epoch.None, DecisionId.None, null);
        }
    }

    public async Task<LedgerProtocol.KeeperView> WaitForStatus(int monitor, Func<LedgerProtocol.KeeperView, bool> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            LedgerProtocol.KeeperView view = await Status(monitor);
            if (condition(view))
                return view;
            Assert.False(deadline.IsCancellationRequested, $"not within 20 s; the last was {view}");
            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _coordinators.Terminate();
        await Task.WhenAll(_systems.OfType<ActorSystem>().Select(s => s.Terminate()));
        // The keepers let go of their files a moment after their system has ended.
        await Eventually.True(
            () =>
            {
                try
                {
                    Directory.Delete(_root, recursive: true);
                    return true;
                }
                catch (IOException)
                {
                    return false;
                }
            },
            $"{_root} is removed");
    }

    /// <summary>Parent of a ledger, as the coordinator is: passes on what the test says to it, and what it says to the test.</summary>
    private sealed class Coordinator : ReceiveActor
    {
        public Coordinator(Props ledger, IActorRef test)
        {
            IActorRef child = Context.ActorOf(ledger, "ledger");
            ReceiveAny(m => (Sender.Equals(child) ? test : child).Tell(m));
        }
    }

    /// <summary>As a monitor speaks with others, but no member of any cluster.</summary>
    internal static ActorSystem System(int port, string logLevel = "OFF") => ActorSystem.Create("mmm", ConfigurationFactory.ParseString(
        WireSerialization.Hocon() + "\n" +
        $"""
        akka.loglevel = {logLevel}
        akka.loggers = ["Akka.Event.DefaultLogger"]
        akka.stdout-loglevel = OFF
        akka.actor.provider = remote
        akka.remote.dot-netty.tcp.hostname = 127.0.0.1
        akka.remote.dot-netty.tcp.port = {port}
        akka.remote.retry-gate-closed-for = 200ms
        akka.coordinated-shutdown.run-by-clr-shutdown-hook = off
        """));
}

/// <summary>What a coordinator says to its ledger and hears of it.</summary>
internal sealed class LedgerClient(Inbox inbox, IActorRef coordinator)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    public void Open(long above = 0) => inbox.Send(coordinator, new LedgerMessages.Open(above));

    public async Task<LedgerMessages.Opened> Opened()
    {
        Open();
        return await Expect<LedgerMessages.Opened>();
    }

    public void Store(long version, string document) => inbox.Send(coordinator, new LedgerMessages.Store(version, document));

    public async Task<DecisionId> Stored(long version, string document)
    {
        Store(version, document);
        return (await Expect<LedgerMessages.Stored>()).Id;
    }

    /// <summary>The next message of this kind, and as wanted; what comes before it is skipped, except an end of the reign.</summary>
    public async Task<T> Expect<T>(Func<T, bool>? wanted = null)
    {
        using var deadline = new CancellationTokenSource(s_patience);
        var heard = new List<object>();
        while (!deadline.IsCancellationRequested)
        {
            object message = await inbox.ReceiveAsync(s_patience);
            if (message is T expected && wanted?.Invoke(expected) != false)
                return expected;
            Assert.False(message is LedgerMessages.SteppedDown or LedgerMessages.Stored, $"{message} came, not {typeof(T).Name}");
            heard.Add(message);
        }

        throw new TimeoutException($"no {typeof(T).Name} as wanted; heard: {string.Join(", ", heard)}");
    }
}
