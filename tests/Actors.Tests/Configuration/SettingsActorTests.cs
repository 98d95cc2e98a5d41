using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit;
using Mmm.Actors.Configuration;
using Mmm.Actors.Tests.Coordinator;
using Mmm.Shared.Settings;
using Xunit;

namespace Mmm.Actors.Tests.Configuration;

/// <summary>What happens on a node when its configuration is read again; the file is scripted.</summary>
public sealed class SettingsActorTests : TestKit
{
    private readonly RunningSettings _running = new(OneMasterPair.Settings(0, 0));
    private readonly TestProbe _vantage;
    private readonly TestProbe _hooks;
    private readonly List<string> _order = [];
    private readonly IActorRef _settings;
    private Func<LoadedSettings> _file;
    private IActorRef _registered = ActorRefs.Nobody;

    public SettingsActorTests()
        : base("akka.loglevel = WARNING\nakka.stdout-loglevel = OFF")
    {
        _file = () => new LoadedSettings(_running.Now, []);
        _vantage = CreateTestProbe();
        _hooks = CreateTestProbe();
        var parts = NodeParts.Start(
            Sys,
            new NodePart("vantage", c => c.TouchesClusters, () => Part(_vantage, "vantage made"), a => _registered = a, LetGo),
            new NodePart("hooks", c => c.Touches("monitor.hooks"), () => _running.Now.Monitor.Hooks is null ? null : Part(_hooks, "hooks made")));
        _settings = Sys.ActorOf(SettingsActor.Props(_running, NodeKind.Monitor, () => _file(), parts, TimeProvider.System), "settings");
    }

    [Fact]
    public void A_part_whose_settings_changed_is_another_actor_under_the_same_name_when_the_answer_comes()
    {
        IActorRef before = _vantage.ExpectMsg<IActorRef>();
        _file = () => With(c => c with { MaxBacklog = TimeSpan.FromSeconds(77) });
        Sys.EventStream.Subscribe(TestActor, typeof(SettingsTaken));

        _settings.Tell(new SettingsActor.Reload("me"), TestActor);

        Assert.Equal(["cluster C1.max_backlog"], ExpectMsg<SettingsTaken>().Change.Live);
        Assert.Equal(["cluster C1.max_backlog"], ExpectMsg<SettingsActor.Reloaded>().Change.Live);
        Assert.Equal(TimeSpan.FromSeconds(77), _running.Now.Clusters["C1"].MaxBacklog);
        IActorRef after = _vantage.ExpectMsg<IActorRef>();
        Assert.NotEqual(before, after);
        Assert.Equal((before.Path.ToStringWithoutAddress(), after), (after.Path.ToStringWithoutAddress(), _registered));
        Assert.Equal(["vantage made", "let go", "vantage made"], _order);
        _hooks.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public void A_part_comes_and_goes_with_its_section()
    {
        _file = () => new LoadedSettings(_running.Now with { Monitor = _running.Now.Monitor with { Hooks = new HookSettings("/hook", new([]), TimeSpan.FromSeconds(1)) } }, []);
        Reload();
        IActorRef hooks = _hooks.Watch(_hooks.ExpectMsg<IActorRef>());

        _file = () => new LoadedSettings(_running.Now with { Monitor = _running.Now.Monitor with { Hooks = null } }, []);
        Reload();

        _hooks.ExpectTerminated(hooks);
        _vantage.ExpectMsg<IActorRef>();
        _vantage.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public void A_file_that_is_not_valid_changes_nothing_and_every_fault_of_it_is_told()
    {
        MmmSettings before = _running.Now;
        _vantage.ExpectMsg<IActorRef>();
        Sys.EventStream.Subscribe(_hooks.Ref, typeof(SettingsTaken));
        _file = () => throw new SettingsException(["/f:1: a", "/f:2: b"], []);

        EventFilter.Error(contains: "/f:2: b").ExpectOne(() => _settings.Tell(new SettingsActor.Reload("me"), TestActor));

        Assert.Equal(["/f:1: a", "/f:2: b"], ExpectMsg<SettingsActor.Refused>().Problems);
        Assert.Same(before, _running.Now);
        _vantage.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        _hooks.ExpectNoMsg(TimeSpan.FromMilliseconds(10));

        _file = () => With(c => c with { MaxBacklog = TimeSpan.FromSeconds(78) });
        Assert.NotEmpty(Reload().Change.Live);
    }

    [Fact]
    public void What_needs_a_restart_is_remembered_until_the_file_says_otherwise()
    {
        _file = () => new LoadedSettings(_running.Now with { Monitor = _running.Now.Monitor with { StateDir = "/elsewhere" } }, ["/f:3: odd"]);
        Assert.Equal(["/f:3: odd"], Reload().Warnings);
        _settings.Tell(SettingsActor.GetState.Instance, TestActor);
        Assert.Equal(["monitor.state_dir"], ExpectMsg<SettingsActor.State>().Waiting);

        _file = () => new LoadedSettings(_running.Now, []);
        Reload();
        _settings.Tell(SettingsActor.GetState.Instance, TestActor);
        Assert.Empty(ExpectMsg<SettingsActor.State>().Waiting);
    }

    /// <summary>Whoever has changed the file before asking sees it read: a reading that began earlier is not the answer.</summary>
    [Fact]
    public void Who_asks_during_a_reading_is_answered_by_another_one()
    {
        using var go = new ManualResetEventSlim();
        using var reading = new ManualResetEventSlim();
        _file = () =>
        {
            reading.Set();
            go.Wait(TimeSpan.FromSeconds(10), CancellationToken.None);
            return With(c => c with { MaxBacklog = TimeSpan.FromSeconds(77) });
        };
        _settings.Tell(new SettingsActor.Reload("one"), TestActor);
        Assert.True(reading.Wait(TimeSpan.FromSeconds(10), CancellationToken.None));
        _settings.Tell(new SettingsActor.Reload("two"), TestActor);
        _file = () => With(c => c with { MaxBacklog = TimeSpan.FromSeconds(78) });
        go.Set();

        ExpectMsg<SettingsActor.Reloaded>();
        Assert.NotEmpty(ExpectMsg<SettingsActor.Reloaded>().Change.Live);
        Assert.Equal(TimeSpan.FromSeconds(78), _running.Now.Clusters["C1"].MaxBacklog);
    }

    private SettingsActor.Reloaded Reload()
    {
        _settings.Tell(new SettingsActor.Reload("me"), TestActor);
        return ExpectMsg<SettingsActor.Reloaded>();
    }

    private LoadedSettings With(Func<ClusterSettings, ClusterSettings> change)
    {
        MmmSettings now = _running.Now;
        return new LoadedSettings(now with { Clusters = now.Clusters.SetItem("C1", change(now.Clusters["C1"])) }, []);
    }

    private Props Part(TestProbe told, string what)
    {
        lock (_order)
            _order.Add(what);
        return Akka.Actor.Props.Create(() => new Teller(told.Ref));
    }

    private Task LetGo()
    {
        lock (_order)
            _order.Add("let go");
        return Task.CompletedTask;
    }

    private sealed class Teller : ReceiveActor
    {
        public Teller(IActorRef told)
        {
            told.Tell(Self);
            ReceiveAny(_ => { });
        }
    }
}
