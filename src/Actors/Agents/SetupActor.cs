using Akka.Actor;
using Mmm.Shared.Agents;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Agents;

/// <summary>
/// <c>/user/agent/setup</c>: asks the local mysqld how it is set up, when it has come up and every 10 s. Receives <see cref="MysqldNow"/> from its parent; tells it
/// <see cref="SetupSeen"/>. A server that cannot be asked is asked again 10 s later.
/// </summary>
#pragma warning disable CA1001 // PostStop is where an actor lets go of what it owns.
internal sealed class SetupActor : ReceiveActor, IWithTimers
#pragma warning restore CA1001
{
    /// <summary>Parent -> this, after every look.</summary>
    public sealed record MysqldNow(FoundMysqld Found);

    /// <summary>This -> parent. Null = not known.</summary>
    public sealed record SetupSeen(ServerSetup? Setup);

    private sealed record AskDue;

    private sealed record Asked(ServerSetup? Setup);

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly IMysqlServer _mysql;
    private readonly ILocalWatch _watch;
    private FoundMysqld _found = FoundMysqld.Nothing;
    private bool _asking;

    public SetupActor(IMysqlServer mysql, ILocalWatch watch)
    {
        (_mysql, _watch) = (mysql, watch);
        Receive<MysqldNow>(HandleMysqldNow);
        Receive<AskDue>(_ => Ask());
        Receive<Asked>(HandleAsked);
        Receive<Akka.Actor.Status.Failure>(f => throw new InvalidOperationException("asking mysqld for its set-up ended in a way that it should not", f.Cause));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IMysqlServer mysql, ILocalWatch watch) => Akka.Actor.Props.Create(() => new SetupActor(mysql, watch));

    protected override void PreStart() => Timers.StartPeriodicTimer("ask", new AskDue(), s_interval);

    protected override void PostStop()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private void HandleMysqldNow(MysqldNow now)
    {
        bool cameUp = now.Found.State == AgentProtocol.MysqldState.Up && _found.State != AgentProtocol.MysqldState.Up;
        _found = now.Found;
        if (cameUp)
            Ask();
    }

    private void Ask()
    {
        if (_asking || _found.State != AgentProtocol.MysqldState.Up)
            return;
        _asking = true;
        AskAsync(_mysql, _watch, _found, _stop.Token).PipeTo(Self);
    }

    private void HandleAsked(Asked asked)
    {
        _asking = false;
        Context.Parent.Tell(new SetupSeen(asked.Setup));
    }

    private static async Task<Asked> AskAsync(IMysqlServer mysql, ILocalWatch watch, FoundMysqld found, CancellationToken cancel)
    {
        try
        {
            ServerSetup setup = await mysql.SetupAsync(cancel);
            return new Asked(
                found is { Version: { } version, DataFolder: { } folder } && watch.FindProcess(found.PidFile) is { } process ? setup with { AtStart = watch.StartOptionsOf(process, version, folder) } : setup);
        }
        catch (Exception e) when (e is MysqlServerException or OperationCanceledException)
        {
            return new Asked(null);
        }
    }
}
