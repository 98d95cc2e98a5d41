using System.Collections.Immutable;
using System.Threading.Channels;
using Akka.Actor;
using Mmm.Actors;
using Mmm.Actors.History;
using Mmm.Cluster.Tests.Ledger;
using Mmm.Shared.History;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;

namespace Mmm.Cluster.Tests.History;

/// <summary>Monitors with chronicles on loopback, each with its own state directory; nodes can be stopped and started again at their address.</summary>
internal sealed class ChronicleInstallation : IAsyncDisposable
{
    public const string Cluster = "C1";
    public const int Capacity = 300;

    private static readonly Epoch s_reign = new(1, "mon1", "a");

    private readonly string _root = Directory.CreateTempSubdirectory("mmm-history-").FullName;
    private readonly ActorSystem?[] _systems;
    private readonly IActorRef[] _chronicles;
    private readonly ImmutableArray<MonitorMember> _monitors;

    public ChronicleInstallation(int monitors)
    {
        _systems = [.. Enumerable.Range(0, monitors).Select(_ => LedgerInstallation.System(0, "ERROR"))];
        _monitors = [.. _systems.Select((s, i) => new MonitorMember($"mon{i + 1}", "127.0.0.1", ((ExtendedActorSystem)s!).Provider.DefaultAddress.Port!.Value, 0))];
        _chronicles = new IActorRef[monitors];
        for (int i = 0; i < monitors; i++)
            Start(i);
    }

    public string StateDir(int monitor) => Path.Combine(_root, _monitors[monitor].Name);

    public string Database(int monitor) => Path.Combine(StateDir(monitor), "history.db");

    public void Start(int monitor)
    {
        _systems[monitor] ??= LedgerInstallation.System(_monitors[monitor].Port, "ERROR");
        _chronicles[monitor] = _systems[monitor]!.ActorOf(
            ChronicleActor.Props(_monitors[monitor].Name, _monitors, [Cluster], StateDir(monitor), Capacity), MonitorActors.Chronicle);
    }

    /// <summary>Completes with the next error that the monitor logs.</summary>
    public Task<string> NextError(int monitor)
    {
        var next = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _systems[monitor]!.EventStream.Subscribe(_systems[monitor]!.ActorOf(Props.Create(() => new ErrorListener(next))), typeof(Akka.Event.Error));
        return next.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    private sealed class ErrorListener : ReceiveActor
    {
        public ErrorListener(TaskCompletionSource<string> next) => Receive<Akka.Event.Error>(e => next.TrySetResult(e.Message.ToString()!));
    }

    public async Task Stop(int monitor)
    {
        await _systems[monitor]!.Terminate();
        _systems[monitor] = null;
        // The file is closed only after the actor has ended; SQLite removes its log then.
        await Eventually.True(() => !File.Exists(Database(monitor) + "-wal"), "the file is closed");
    }

    /// <summary>As a coordinator that only one monitor hears.</summary>
    public void Happens(int monitor, params int[] numbers) => Happens(monitor, Cluster, numbers);

    public void Happens(int monitor, string cluster, params int[] numbers) =>
        _chronicles[monitor].Tell(new HistoryProtocol.Happened(cluster, [.. numbers.Select(Event)]), ActorRefs.NoSender);

    public static HistoryEvent Event(int no) => new(new EventId(s_reign, no), DateTimeOffset.UnixEpoch.AddSeconds(no), no, "code", no % 2 == 0 ? null : "db1", $"event {no}", no % 3 == 0 ? $"op-{no}" : null);

    public async Task<ImmutableArray<HistoryEvent>> Read(int monitor, string cluster = Cluster) =>
        (await _chronicles[monitor].Ask<ChroniclePage>(new ChronicleActor.Read(cluster, new EventFilter(1000)), TimeSpan.FromSeconds(10))).Events;

    public Channel<HistoryEvent> Follow(int monitor, int waiting)
    {
        var channel = Channel.CreateBounded<HistoryEvent>(waiting);
        _chronicles[monitor].Tell(new ChronicleActor.Follow(Cluster, channel.Writer), ActorRefs.NoSender);
        return channel;
    }

    public async Task Has(int monitor, params int[] numbers)
    {
        string wanted = string.Join(' ', numbers), found = "";
        long begin = TimeProvider.System.GetTimestamp();
        while ((found = string.Join(' ', (await Read(monitor)).Select(e => e.Id.No))) != wanted)
        {
            if (TimeProvider.System.GetElapsedTime(begin) > TimeSpan.FromSeconds(40))
                throw new TimeoutException($"{_monitors[monitor].Name} should have '{wanted}' and has '{found}'");
            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ActorSystem? system in _systems.Where(s => s is not null))
            await system!.Terminate();
        Directory.Delete(_root, recursive: true);
    }
}
