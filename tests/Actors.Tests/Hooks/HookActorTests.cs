using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.TestKit.Xunit;
using Mmm.Actors.Hooks;
using Mmm.Shared.Hooks;
using Mmm.Shared.Settings;
using Xunit;

namespace Mmm.Actors.Tests.Hooks;

/// <summary>Order, one at a time, bounds, and what the log says; and both with a real program.</summary>
[Collection(Script.Collection)]
public sealed class HookActorTests : TestKit
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);

    private readonly ScriptedRunner _runner = new();

    public HookActorTests()
        : base(ConfigurationFactory.ParseString("akka.loglevel = INFO, akka.stdout-loglevel = OFF, akka.loggers = []")) => Sys.EventStream.Subscribe(TestActor, typeof(LogEvent));

    [Fact]
    public async Task Real_runs_come_one_after_the_other_in_order()
    {
        using var script = new Script("echo \"begin $1\" >> $DIR/log; sleep 0.02; echo \"end $1\" >> $DIR/log");
        IActorRef hooks = Sys.ActorOf(HookActor.Props(Settings(script.Path), new HookProcess(TimeProvider.System)));
        string[] names = [.. Enumerable.Range(1, 20).Select(i => $"e{i}")];
        foreach (string name in names)
            hooks.Tell(HookProcessTests.Event(name, "db1"));

        await AwaitAssertAsync(() => Assert.Equal(40, script.Lines("log").Length), s_deadline);
        Assert.Equal(names.SelectMany(n => new[] { $"begin {n}", $"end {n}" }), script.Lines("log"));
    }

    [Fact]
    public async Task Only_what_is_wanted_is_run()
    {
        IActorRef hooks = Start("role_*", "host_down");
        foreach (string name in new[] { "writer_moved", "role_added", "host_down", "host_up", "role_removed" })
            hooks.Tell(HookProcessTests.Event(name, "db1"));
        _runner.EndAll(Ok);
        await AwaitAssertAsync(() => Assert.Equal(["role_added", "host_down", "role_removed"], _runner.Began), s_deadline);
    }

    [Fact]
    public async Task When_too_many_wait_the_oldest_go_and_that_is_said_once_with_their_number_at_the_end()
    {
        IActorRef hooks = Sys.ActorOf(HookActor.Props(Settings("/hook"), _runner, capacity: 3));
        for (int i = 1; i <= 10; i++)
            hooks.Tell(HookProcessTests.Event($"e{i}", "db1"));
        // The first is running; of the nine others three fit.
        Assert.Equal("Hook /hook does not keep up: the oldest events that wait for it are dropped", (await WarningAsync()).Message.ToString());
        _runner.EndAll(Ok);

        Assert.Equal("Hook /hook keeps up again; 6 events were dropped", (await WarningAsync()).Message.ToString());
        await AwaitAssertAsync(() => Assert.Equal(["e1", "e8", "e9", "e10"], _runner.Began), s_deadline);
    }

    [Fact]
    public async Task A_program_that_is_missing_is_one_line_in_the_log_until_it_can_be_run()
    {
        IActorRef hooks = Start("*");
        _runner.EndAll(new HookEnd(HookEndKind.NotStarted, 0, "there is no such file"));
        for (int i = 1; i <= 5; i++)
            hooks.Tell(HookProcessTests.Event($"e{i}", "db1"));
        await AwaitAssertAsync(() => Assert.Equal(5, _runner.Began.Count()), s_deadline);
        _runner.EndAll(new HookEnd(HookEndKind.Exited, 2, "sad"));
        hooks.Tell(HookProcessTests.Event("e6", "db1"));

        Assert.Equal("Hook /hook cannot be run, and nothing is told until it can: there is no such file", (await FishForMessageAsync<Error>(_ => true, s_deadline)).Message.ToString());
        var later = new List<LogEvent>();
        await FishForMessageAsync<LogEvent>(
            l =>
            {
                later.Add(l);
                return l.Message.ToString()!.Contains("can be run again", StringComparison.Ordinal);
            }, s_deadline);
        Assert.DoesNotContain(later, l => l is Error);
        Assert.Contains(later, l => l.Message.ToString() == "Hook '/hook e6 db1' (1) failed with exit code 2: sad");
    }

    [Fact]
    public async Task A_timeout_is_told_and_a_runner_that_throws_stops_nothing()
    {
        IActorRef hooks = Start("*");
        _runner.EndAll(new HookEnd(HookEndKind.TimedOut, 0, ""));
        hooks.Tell(HookProcessTests.Event("slow", null));
        Assert.Equal("Hook '/hook slow ' (1) was ended: it took longer than 30 s", (await WarningAsync()).Message.ToString());

        _runner.Throws = true;
        hooks.Tell(HookProcessTests.Event("odd", null));
        await FishForMessageAsync<Error>(_ => true, s_deadline);
        _runner.Throws = false;
        hooks.Tell(HookProcessTests.Event("next", null));
        await AwaitAssertAsync(() => Assert.Equal(["slow", "odd", "next"], _runner.Began), s_deadline);
    }

    private static HookEnd Ok => new(HookEndKind.Exited, 0, "");

    private static HookSettings Settings(string command, params string[] events) => new(command, new HookFilter(events.Length == 0 ? ["*"] : [.. events]), TimeSpan.FromSeconds(30));

    private IActorRef Start(params string[] events) => Sys.ActorOf(HookActor.Props(Settings("/hook", events), _runner));

    private ValueTask<Warning> WarningAsync() => FishForMessageAsync<Warning>(_ => true, s_deadline);
}
