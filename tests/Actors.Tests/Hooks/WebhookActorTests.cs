using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.TestKit.Xunit;
using Mmm.Actors.Hooks;
using Mmm.Shared.Hooks;
using Mmm.Shared.Settings;
using Xunit;

namespace Mmm.Actors.Tests.Hooks;

/// <summary>Order and bounds of what is posted, and that no secret is logged.</summary>
public sealed class WebhookActorTests : TestKit
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);

    private readonly ScriptedWebhook _webhook = new();

    public WebhookActorTests()
        : base(ConfigurationFactory.ParseString("akka.loglevel = INFO, akka.stdout-loglevel = OFF, akka.loggers = []")) => Sys.EventStream.Subscribe(TestActor, typeof(LogEvent));

    [Fact]
    public async Task The_next_is_posted_only_when_the_one_before_is_taken_or_given_up()
    {
        _webhook.Answers = name => name == "second" ? new WebhookOutcome(400, null) : new WebhookOutcome(204, null);
        IActorRef webhook = Start();
        foreach (string name in new[] { "first", "second", "third" })
            webhook.Tell(HookProcessTests.Event(name, "db1", name));
        _webhook.Gate.SetResult();

        await AwaitAssertAsync(() => Assert.Equal(["first", "second", "third"], _webhook.Posted), s_deadline);
        Assert.Equal("The webhook at https://h has not been told of second (second), and will not be: HTTP 400", (await WarningAsync()).Message.ToString());
    }

    [Fact]
    public async Task What_is_tried_again_keeps_its_place_and_every_line_of_the_log_is_without_secrets()
    {
        int times = 0;
        _webhook.Answers = name => name == "first" && ++times == 1 ? new WebhookOutcome(503, null, TimeSpan.FromMilliseconds(30)) : new WebhookOutcome(200, null);
        _webhook.Gate.SetResult();
        IActorRef webhook = Start();
        webhook.Tell(HookProcessTests.Event("first", "db1"));
        webhook.Tell(HookProcessTests.Event("second", "db1"));

        await AwaitAssertAsync(() => Assert.Equal(["first", "first", "second"], _webhook.Posted), s_deadline);
        var lines = new List<string>();
        await FishForMessageAsync<LogEvent>(
            l =>
            {
                lines.Add(l.Message.ToString()!);
                return lines[^1].Contains("took first", StringComparison.Ordinal);
            }, s_deadline);
        Assert.DoesNotContain(lines, l => l.Contains("hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Retries_that_are_used_up_are_told_with_their_number()
    {
        _webhook.Answers = _ => new WebhookOutcome(null, "ConnectionError", TimeSpan.FromMilliseconds(10));
        _webhook.Gate.SetResult();
        Start().Tell(HookProcessTests.Event("first", "db1"));

        await FishForMessageAsync<Warning>(w => w.Message.ToString()!.EndsWith("will not be: ConnectionError (3 attempts)", StringComparison.Ordinal), s_deadline);
        Assert.Equal(3, _webhook.Posted.Count());
    }

    [Fact]
    public async Task When_too_many_wait_the_oldest_go()
    {
        IActorRef webhook = Start(capacity: 2);
        for (int i = 1; i <= 6; i++)
            webhook.Tell(HookProcessTests.Event($"e{i}", "db1"));
        Assert.EndsWith("the oldest events that wait for it are dropped", (await WarningAsync()).Message.ToString(), StringComparison.Ordinal);
        _webhook.Gate.SetResult();
        Assert.EndsWith("3 events were dropped", (await WarningAsync()).Message.ToString(), StringComparison.Ordinal);
        await AwaitAssertAsync(() => Assert.Equal(["e1", "e5", "e6"], _webhook.Posted), s_deadline);
    }

    private IActorRef Start(int capacity = 1000) => Sys.ActorOf(WebhookActor.Props(
        new WebhookSettings(new Secret("https://u:hunter2@h/p?t=hunter2"), new Secret("hunter2-hunter2-hunter2"), new HookFilter(["*"]), TimeSpan.FromSeconds(1), 2), _webhook, capacity));

    private ValueTask<Warning> WarningAsync() => FishForMessageAsync<Warning>(_ => true, s_deadline);

    private sealed class ScriptedWebhook : IWebhook
    {
        private readonly ConcurrentQueue<string> _posted = new();

        public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Func<string, WebhookOutcome> Answers { get; set; } = _ => new WebhookOutcome(200, null);

        public IEnumerable<string> Posted => _posted;

        public async Task<WebhookOutcome> PostAsync(HookEvent e)
        {
            _posted.Enqueue(e.Event);
            await Gate.Task;
            return Answers(e.Event);
        }
    }
}
